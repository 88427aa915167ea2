"""What the gateway remembers: one use of an entry, pins, frequency, values (steps 12 to 15)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from audit import trace
from audit.entry import parse_entry
from audit.proof import parse_proof
from broker.envelope import Message
from broker.gateway.about import about
from broker.problems import Problem
from keys import base64url
from policies.ask import Frequency
from tests.broker.gateway.parties import AGENCY, HAS_ACCOUNT, POOR, RICH, Person, above
from tests.broker.gateway.world import World, reason, words

OTHER_KEY = b"\x41" * 32
OTHER_SUBJECT = base64url.encode(b"\x42" * 32)


# 12. first


def test_a_message_is_accepted_once(world: World) -> None:
    message = world.seal(world.access(world.give(Person())))
    assert "message" in world.post(message)[0]
    assert reason(world.post(message)[0]) == "replayed"


def test_of_one_message_sent_many_times_at_once_one_is_accepted(world: World) -> None:
    message = world.seal(world.access(world.give(Person())))
    with ThreadPoolExecutor(8) as pool:
        items = list(pool.map(lambda _: _take(world, message), range(16)))
    assert sorted(items) == ["answered"] + ["replayed"] * 15


def test_of_many_questions_at_once_only_the_allowed_number_is_answered(world: World) -> None:
    grant = world.give(Person(), frequency=Frequency("month", 3))
    messages = [world.seal(world.access(grant)) for _ in range(12)]
    with ThreadPoolExecutor(8) as pool:
        items = list(pool.map(lambda message: _take(world, message), messages))
    assert sorted(items) == ["answered"] * 3 + ["frequency_spent"] * 9


def test_a_message_is_remembered_over_a_restart(world: World) -> None:
    message = world.seal(world.access(world.give(Person())))
    world.post(message)
    world.gateway.close()
    world.open()
    assert reason(world.post(message)[0]) == "replayed"


def test_the_same_question_may_be_asked_again(world: World) -> None:
    """Its answer may have been lost on the way; that costs no second access."""
    grant = world.give(Person(), frequency=Frequency("month", 1))
    payload = world.access(grant)
    first, _ = world.open_answer(world.send(payload))
    world.clock.advance(minutes=20)
    second, _ = world.open_answer(world.send(payload))
    assert words(first) == words(second)
    assert reason(world.ask(grant)) == "frequency_spent"


def test_a_retry_after_the_time_to_answer_is_refused(world: World) -> None:
    payload = world.access(world.give(Person()))
    now = int(world.clock().timestamp())
    assert reason(world.send(payload, answer_by=now)) == "answer_time_over"


def test_a_tag_serves_one_question(world: World) -> None:
    """Two accesses under one tag would show as one in the person's list."""
    grant = world.give(Person())
    first = world.access(grant)
    tag = parse_entry(first.access_entry.encode()).members["tag"]
    second = world.access(grant, entry={"tag": tag})
    assert "message" in world.send(first)
    assert reason(world.send(second)) == "tag_seen"


def test_a_question_id_serves_one_entry(world: World) -> None:
    grant = world.give(Person())
    first = world.access(grant)
    second = world.access(grant, question_id=first.question_id)
    assert "message" in world.send(first)
    assert reason(world.send(second)) == "replayed"


# 13. pinned


def test_a_second_trace_key_for_a_known_person_is_refused(world: World) -> None:
    """P5: the broker gives a whole grant under a key of its own, all of it consistent."""
    person = Person()
    world.ask(world.give(person))
    hidden = Person(trace_key=OTHER_KEY)
    assert reason(world.ask(world.give(hidden))) == "trace_changed"


def test_a_changed_trace_key_shows_to_the_person(world: World) -> None:
    world.ask(world.give(Person()))
    world.ask(world.give(Person(trace_key=OTHER_KEY)))
    gateway = world.gateway
    found = about(gateway.ledger.person(POOR), gateway.engine, gateway.log)
    assert [entry.kind for _, entry, _ in found.entries] == ["access.answered", "access.refused"]
    assert found.entries[1][1].members["reasons"] == ["trace_changed"]
    share = trace.share(Person().trace_key, AGENCY)
    assert found.pin == trace.share_pin(share).hex()


def test_a_refused_question_pins_nothing(world: World) -> None:
    hidden = Person(trace_key=OTHER_KEY)
    grant = world.give(hidden, frequency=Frequency("month", 1))
    world.ask(grant, [above(10_000_000)])
    assert "message" in world.ask(world.give(Person()))


def test_a_second_pseudonym_for_a_known_person_is_refused(world: World) -> None:
    person = Person()
    world.ask(world.give(person))
    person.subject = OTHER_SUBJECT
    assert reason(world.ask(world.give(person))) == "subject_changed"


def test_a_pseudonym_of_another_person_is_refused(world: World) -> None:
    """Else the rich neighbour's answers would be handed out as hers."""
    world.ask(world.give(Person()))
    neighbour = Person(RICH, OTHER_KEY)
    assert reason(world.ask(world.give(neighbour))) == "subject_changed"


def test_each_programme_has_a_pseudonym_of_its_own(world: World) -> None:
    person = Person()
    world.ask(world.give(person))
    person.subject = OTHER_SUBJECT
    assert "message" in world.ask(world.give(person, programme="bpnt"))


def test_a_day_has_room_for_so_many_new_people(tmp_path: Path) -> None:
    world = World(tmp_path, more="[gateway.new_people_per_day]\nbroker-attested = 1\n")
    first, second = Person(), Person(RICH, OTHER_KEY, OTHER_SUBJECT)
    assert "message" in world.ask(world.give(first))
    grant = world.give(second)
    assert reason(world.ask(grant)) == "too_many_new_people"
    assert "message" in world.ask(world.give(first))
    world.clock.advance(days=1)
    assert "message" in world.ask(grant)


# 14. seldom enough


def test_an_access_too_many_within_the_period_is_refused(world: World) -> None:
    grant = world.give(Person(), frequency=Frequency("month", 2))
    world.ask(grant)
    world.ask(grant)
    assert reason(world.ask(grant)) == "frequency_spent"
    world.clock.advance(days=31)
    assert "message" in world.ask(grant)


def test_a_new_grant_does_not_start_the_period_anew(world: World) -> None:
    person = Person()
    once = Frequency("month", 1)
    world.ask(world.give(person, frequency=once))
    assert reason(world.ask(world.give(person, frequency=once))) == "frequency_spent"


def test_another_purpose_has_a_period_of_its_own(world: World) -> None:
    person = Person()
    once = Frequency("month", 1)
    world.ask(world.give(person, frequency=once))
    other = world.give(person, frequency=once, purpose="objection")
    assert "message" in world.ask(other)


def test_a_refused_question_is_not_counted(world: World) -> None:
    grant = world.give(Person(), [HAS_ACCOUNT], frequency=Frequency("month", 1))
    assert reason(world.ask(grant, [above(1_000_000)])) == "question_not_granted"
    assert "message" in world.ask(grant)


# 15. few values


def test_a_third_threshold_is_refused(world: World) -> None:
    """P4: three answers would narrow the amount, whoever asks and for what."""
    person = Person()
    for rupiah, programme, purpose in (
        (1_000_000, "pkh", "eligibility"),
        (5_000_000, "pkh", "recertification"),
    ):
        grant = world.give(person, [above(rupiah)], programme=programme, purpose=purpose)
        assert "message" in world.ask(grant, [above(rupiah)])
    third = world.give(
        Person(grants=person.grants, tags=person.tags, subject=OTHER_SUBJECT),
        [above(10_000_000)],
        programme="bpnt",
    )
    assert reason(world.ask(third, [above(10_000_000)])) == "too_many_values"


def test_the_same_threshold_may_be_asked_again(world: World) -> None:
    person = Person()
    for rupiah in (1_000_000, 5_000_000, 1_000_000):
        grant = world.give(person, [above(rupiah)])
        assert "message" in world.ask(grant, [above(rupiah)])


def test_values_of_a_year_ago_do_not_count(world: World) -> None:
    person = Person()
    for rupiah in (1_000_000, 5_000_000, 10_000_000):
        far = world.clock().date().replace(year=world.clock().year + 1)
        grant = world.give(person, [above(rupiah)], valid_until=far)
        if rupiah == 10_000_000:
            world.clock.advance(days=364)
            assert reason(world.ask(grant, [above(rupiah)])) == "too_many_values"
            world.clock.advance(days=1, seconds=1)
        assert "message" in world.ask(grant, [above(rupiah)])


def test_an_old_grant_s_proof_may_be_older_than_the_access_s(world: World) -> None:
    """Both stand in the one history; the grant's need not be the newest."""
    grant = world.give(Person())
    old = world.log.prove(grant.index)
    world.ask(grant)
    payload = replace(world.access(grant), grant_proof=old.proof)
    assert parse_proof(old.proof).checkpoint not in payload.access_proof
    assert "message" in world.send(payload)


def _take(world: World, message: Message) -> str:
    try:
        world.gateway.desk.take(message)
    except Problem as problem:
        return str(problem.members["reason"])
    return "answered"
