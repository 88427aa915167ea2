"""Reading what came back: real sealed answers and a real log, and what each forgery comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.note import format_vkey, parse_vkey
from broker.programme.answers import FAULTS, Believed, Reading, Wanted, read_answers
from keys import base64url
from keys.signing import SigningKey
from keys.xwing import SealingKey
from policies.eligibility import answer_key
from tests.broker.programme.asking_world import (
    ALIVE,
    ANSWER_KEY,
    AT,
    BALANCE,
    CAR,
    LIVES,
    LOG_KEY,
    ORIGIN,
    PROGRAMME,
    WANTED,
    TestAgency,
    World,
    open_log,
)

SAID = {"alive": "yes", "lives_in": "yes", "owns_car": "no", "balance_above": "no"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def right_items(world: World) -> list[dict[str, Any]]:
    return [
        world.item((ALIVE, LIVES), SAID),
        world.item((BALANCE,), SAID),
        world.item((CAR,), SAID),
    ]


def read(world: World, items: list[Any], *, at: int = AT + 5, wanted: Wanted = WANTED) -> Reading:
    return read_answers(items, wanted, world.believed, at=at)


def refused(reading: Reading, agency: str = "polri") -> str:
    """Return why the one agency's answer is not believed; the others' must be untouched."""
    replies = {reply.agency: reply for reply in reading.replies}
    assert replies[agency].status == "faulty"
    assert replies[agency].answers == {}
    assert [fault.agency for fault in reading.faults] == [agency]
    others = {name: reply.status for name, reply in replies.items() if name != agency}
    assert set(others.values()) == {"answered"}
    assert answer_key("polri", "owns_car") not in reading.answers or agency != "polri"
    reason = replies[agency].reason
    assert reason in FAULTS
    return str(reason)


def test_right_answers_are_opened_by_agency_question_and_parameters(world: World) -> None:
    reading = read(world, right_items(world))
    assert reading.faults == ()
    assert reading.answers == {
        answer_key("dukcapil", "alive"): "yes",
        answer_key("dukcapil", "lives_in", {"area": "35.10.15.2004"}): "yes",
        answer_key("himbara", "balance_above", {"rupiah": 5_000_000}): "no",
        answer_key("polri", "owns_car"): "no",
    }
    assert reading.accesses == [0, 1, 2]


def attacked(world: World, **wrong: Any) -> str:
    """Return why polri's answer is refused when made with these things wrong."""
    return refused(read(world, [*right_items(world)[:2], world.item((CAR,), SAID, **wrong)]))


def test_an_answer_about_another_person_is_refused(world: World) -> None:
    """Genuine, signed and sealed: only the subject inside tells."""
    other = base64url.encode(b"U" * 32)
    assert attacked(world, payload={"subject": other}) == "answer_of_another"


def test_an_answer_to_another_request_is_refused(world: World) -> None:
    """So an old answer that is handed out again for a new request is refused, too."""
    wrong = {"request_id": "request-00000000000000"}
    assert attacked(world, payload=wrong) == "answer_of_another"


def test_an_answer_to_another_question_is_refused(world: World) -> None:
    items = right_items(world)
    items[1] = world.item((type(BALANCE)("himbara", "balance_above", {"rupiah": 1_000_000}),), SAID)
    assert refused(read(world, items), "himbara") == "answer_of_another"


def test_an_answer_that_leaves_a_question_out_is_refused(world: World) -> None:
    items = right_items(world)
    items[0] = world.item((ALIVE,), SAID)
    assert refused(read(world, items), "dukcapil") == "answer_of_another"


def test_a_key_that_is_not_under_the_agencys_root_is_refused(world: World) -> None:
    """The broker makes keys of its own, with a root of its own, and answers for the agency."""
    assert attacked(world, signer=TestAgency("nobody")) == "answer_not_genuine"


def test_another_agencys_key_is_refused(world: World) -> None:
    assert attacked(world, signer=world.agencies["himbara"]) == "answer_not_genuine"


def test_an_answer_that_another_agency_gave_is_refused(world: World) -> None:
    items = right_items(world)
    items[2]["answer"] = items[1]["answer"]
    assert refused(read(world, items)) == "answer_not_genuine"


def test_an_agency_that_the_trust_file_does_not_name_is_refused(world: World) -> None:
    items = [*right_items(world)]
    believed = type(world.believed)(
        world.believed.log,
        {name: root for name, root in world.believed.agencies.items() if name != "polri"},
        world.believed.answer_key,
    )
    assert refused(read_answers(items, WANTED, believed, at=AT)) == "agency_unknown"


def test_an_answer_sealed_to_somebody_else_is_refused(world: World) -> None:
    stranger = SealingKey.from_seed(b"\x99" * 32).public
    assert attacked(world, to=stranger) == "answer_not_genuine"


@pytest.mark.parametrize(
    "cb", [{"aud": "bpnt"}, {"iat": AT - 400, "exp": AT - 100, "answer_by": AT - 100}]
)
def test_an_answer_to_another_programme_or_too_late_is_refused(
    world: World, cb: dict[str, Any]
) -> None:
    assert attacked(world, cb=cb) == "answer_not_genuine"


def test_an_answer_that_the_broker_kept_is_good_until_its_end(world: World) -> None:
    items = right_items(world)
    items[2] = world.item((CAR,), SAID, cb={"answer_by": AT + 3_600})
    reading = read(world, items, at=AT + 3_000)
    assert [reply.status for reply in reading.replies] == ["faulty", "faulty", "answered"]


def test_the_proof_of_another_entry_is_refused(world: World) -> None:
    """The access that the agency verified is not the one that the broker shows."""
    items = right_items(world)
    other = world.access("polri")
    items[2] = {**items[2], "entry": other.index, "proof": other.proof}
    assert refused(read(world, items)) == "answer_unproven"


def test_an_index_that_the_proof_does_not_prove_is_refused(world: World) -> None:
    items = right_items(world)
    items[2] = {**items[2], "entry": items[2]["entry"] + 1}
    assert refused(read(world, items)) == "answer_unproven"


def test_an_access_that_is_not_in_the_log_is_refused(world: World) -> None:
    """The broker shows the agency one log and us another: its name, not its key."""
    forked = open_log(world.folder, key=SigningKey.from_seed(b"\x77" * 32), name="fork.db")
    logged = world.access("polri", log=forked)
    assert attacked(world, logged=logged) == "answer_unproven"


@pytest.mark.parametrize("change", [{"proof": None}, {"proof": ""}, {"entry": None}])
def test_an_answer_without_a_proof_is_refused(world: World, change: dict[str, Any]) -> None:
    items = right_items(world)
    items[2] = {**items[2], **change}
    assert refused(read(world, items)) == "answer_unproven"


@pytest.mark.parametrize("member", ["ciphertext", "tag", "protected", "encrypted_key", "iv"])
def test_a_tampered_answer_is_refused(world: World, member: str) -> None:
    items = right_items(world)
    text = items[2]["answer"]["jwe"][member]
    changed = ("A" if text[0] != "A" else "Q") + text[1:]
    items[2]["answer"]["jwe"] = {**items[2]["answer"]["jwe"], member: changed}
    assert refused(read(world, items)) == "answer_not_genuine"


def test_one_access_does_not_count_for_two_agencies(world: World) -> None:
    logged = world.access("polri")
    items = [
        world.item((ALIVE, LIVES), SAID),
        world.item((BALANCE,), SAID, logged=logged),
        world.item((CAR,), SAID, logged=logged),
    ]
    reading = read(world, items)
    assert {fault.reason for fault in reading.faults} == {"answer_repeated"}
    assert [reply.status for reply in reading.replies] == ["answered", "faulty", "faulty"]


@pytest.mark.parametrize("member", ["rj", "cid"])
def test_one_question_is_not_answered_by_two_agencies(world: World, member: str) -> None:
    same = {"rj": base64url.encode(b"q" * 16), "cid": base64url.encode(b"c" * 32)}[member]
    items = [
        world.item((ALIVE, LIVES), SAID),
        world.item((BALANCE,), SAID, cb={member: same}),
        world.item((CAR,), SAID, cb={member: same}),
    ]
    assert [fault.agency for fault in read(world, items).faults] == ["himbara", "polri"]


def test_two_answers_of_one_agency_are_both_unknown(world: World) -> None:
    """A broker that asked twice could otherwise choose the answer that it likes."""
    items = [*right_items(world), world.item((CAR,), {"owns_car": "yes"})]
    assert refused(read(world, items)) == "agency_not_asked"


def test_an_agency_that_was_not_asked_changes_nothing(world: World) -> None:
    wanted = Wanted(PROGRAMME, WANTED.request_id, WANTED.subject, (ALIVE, LIVES, BALANCE))
    reading = read(world, right_items(world), wanted=wanted)
    assert [fault.reason for fault in reading.faults] == ["agency_not_asked"]
    assert [reply.status for reply in reading.replies] == ["answered", "answered"]
    assert answer_key("polri", "owns_car") not in reading.answers


@pytest.mark.parametrize("status", ["refused", "pending", "unavailable"])
def test_what_was_not_answered_is_unknown_and_no_fault(world: World, status: str) -> None:
    items = right_items(world)
    items[2] = {"agency": "polri", "status": status, "reason": "agency_too_slow", "entry": 2}
    reading = read(world, items)
    assert reading.faults == ()
    assert reading.replies[2].status == status
    assert answer_key("polri", "owns_car") not in reading.answers


def test_an_agency_that_the_broker_does_not_mention_is_missing(world: World) -> None:
    reading = read(world, right_items(world)[:2])
    assert reading.replies[2].status == "missing"


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "agency": st.sampled_from(["polri", "himbara", "x", 1, None]),
                "status": st.sampled_from(["answered", "refused", "?", 1, []]),
                "reason": st.sampled_from([None, "ok", "Not An Id", 4]),
                "entry": st.sampled_from([None, -1, 2, True, "2"]),
                "proof": st.text(max_size=20) | st.none(),
                "answer": st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2)
                | st.none(),
            },
        )
        | st.none()
        | st.text(max_size=5),
        max_size=5,
    )
)
def test_whatever_the_broker_says_nothing_is_believed_without_proof(items: list[Any]) -> None:
    reading = read_answers(items, WANTED, BELIEVED, at=AT)
    assert reading.answers == {}
    assert reading.accesses == []


BELIEVED = Believed(
    parse_vkey(format_vkey(ORIGIN, LOG_KEY.public.raw)),
    {name: TestAgency(name).root.public for name in ("dukcapil", "himbara", "polri")},
    ANSWER_KEY,
)
