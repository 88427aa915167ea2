"""A trace key is replaced: what the log says, what goes on, and every place to crash."""

from __future__ import annotations

import pytest
from sqlmodel import Session

from audit.trace import IZIN, find, gid, given_commitment, reader_token, share, share_pin
from consent.errors import ConsentError
from consent.grants import GrantRecord, GrantState
from consent.store import GrantRow
from tests.consent.world import CLIENT, REQUEST, Crash, World

NOTICE = "ab" * 32


def _give(world: World, person_id: str) -> GrantRecord:
    return world.grants.give(person_id, CLIENT, REQUEST, [0, 1], NOTICE)


def _found(world: World, key: bytes) -> list[tuple[str, str]]:
    entries = [world.log.entry(index) for index in range(world.log.size)]
    found = find(entries, key, tuple(world.policy.catalogue.agencies))
    return [(each.entry.kind, each.agency) for each in found]


def _key(world: World, person_id: str) -> bytes:
    return world.persons.open(person_id).trace_key


def test_the_old_key_finds_its_closing_at_every_agency(world: World, person_id: str) -> None:
    old = _key(world, person_id)
    world.trace_keys.replace(person_id)
    agencies = sorted(world.policy.catalogue.agencies)
    assert _found(world, old) == [("trace.closed", agency) for agency in agencies]
    assert _found(world, _key(world, person_id)) == []


def test_each_closing_names_the_one_share_that_may_follow(world: World, person_id: str) -> None:
    world.trace_keys.replace(person_id)
    new = _key(world, person_id)
    for entry in world.entries():
        agency = str(entry.members["agency"])
        assert entry.members["share"] == share_pin(share(new, agency)).hex()


def test_a_live_grant_goes_on_under_the_new_key(world: World, person_id: str) -> None:
    old, before = _key(world, person_id), _give(world, person_id)
    world.trace_keys.replace(person_id)
    new, after = _key(world, person_id), world.grants.find(before.grant_id)
    assert after is not None
    assert new != old
    assert after.is_live(at=world.clock())
    assert after.granted == before.granted
    assert after.declined == before.declined
    assert after.n > before.n
    assert after.g == given_commitment(gid(new, after.n)).hex()
    assert world.entries()[after.index or 0].members["g"] == after.g
    assert _found(world, new) == [("grant.given", IZIN)]
    assert ("grant.withdrawn", IZIN) in _found(world, old)


def test_what_a_grant_was_stays_in_her_list(world: World, person_id: str) -> None:
    before = _give(world, person_id)
    world.trace_keys.replace(person_id)
    states = {each.n: each.state for each in world.grants.of_person(person_id)}
    assert states == {before.n: GrantState.WITHDRAWN, before.n + 1: GrantState.LIVE}


def test_a_withdrawn_grant_is_not_given_again(world: World, person_id: str) -> None:
    record = _give(world, person_id)
    world.grants.withdraw(record.grant_id, person_id)
    world.trace_keys.replace(person_id)
    assert [each.state for each in world.grants.of_person(person_id)] == [GrantState.WITHDRAWN]


def test_a_grant_with_stronger_evidence_ends(world: World, person_id: str) -> None:
    """Her sign-in alone must not stand for what she showed with a passkey."""
    record = _give(world, person_id)
    with Session(world.engine) as session:
        row = session.get(GrantRow, record.grant_id)
        assert row is not None
        row.evidence = '{"kind": "passkey"}'
        session.commit()
    world.trace_keys.replace(person_id)
    assert [each.state for each in world.grants.of_person(person_id)] == [GrantState.WITHDRAWN]
    assert "grant.given" not in world.kinds()[record.index or 0 :][1:]


def test_the_old_reader_s_token_reads_nothing_any_more(world: World, person_id: str) -> None:
    old = _key(world, person_id)
    world.trace_keys.replace(person_id)
    assert not world.persons.knows_reader(reader_token(old))
    assert world.persons.knows_reader(reader_token(_key(world, person_id)))


def test_an_agency_that_answered_is_shown_no_closing_any_more(world: World, person_id: str) -> None:
    keys = [_key(world, person_id)]
    for _ in range(2):
        world.trace_keys.replace(person_id)
        keys.append(_key(world, person_id))
    person = world.persons.open(person_id)
    found = world.trace_keys.old_shares(person, ["polri", "pln"])
    assert [each.share for each in found["polri"]] == [share(key, "polri") for key in keys[:2]]
    world.trace_keys.settle(person_id, ["polri"])
    assert list(world.trace_keys.old_shares(person, ["polri", "pln"])) == ["pln"]


def test_a_crash_before_the_log_leaves_the_old_key(world: World, person_id: str) -> None:
    old, record = _key(world, person_id), _give(world, person_id)
    world.crashing.die = "before"
    with pytest.raises(Crash):
        world.trace_keys.replace(person_id)
    assert _key(world, person_id) == old
    assert record.is_live(at=world.clock())
    again = world.restart()
    assert again.trace_keys.reconcile() == 1
    _assert_replaced(again, person_id, old, record)


def test_a_crash_after_the_log_ends_with_the_new_key(world: World, person_id: str) -> None:
    old, record = _key(world, person_id), _give(world, person_id)
    world.crashing.die = "after"
    with pytest.raises(Crash):
        world.trace_keys.replace(person_id)
    size = world.log.size
    again = world.restart()
    assert again.trace_keys.reconcile() == 1
    assert again.log.size == size  # nothing is said twice
    _assert_replaced(again, person_id, old, record)


def test_her_next_try_takes_up_what_a_crash_left(world: World, person_id: str) -> None:
    old, record = _key(world, person_id), _give(world, person_id)
    world.crashing.die = "after"
    with pytest.raises(Crash):
        world.trace_keys.replace(person_id)
    world.crashing.die = ""
    world.trace_keys.replace(person_id)
    _assert_replaced(world, person_id, old, record)


def test_a_withdrawal_in_between_counts(world: World, person_id: str) -> None:
    """The log has closed the key, the database not yet; she withdraws the grant."""
    record = _give(world, person_id)
    world.crashing.die = "after"
    with pytest.raises(Crash):
        world.trace_keys.replace(person_id)
    world.crashing.die = ""
    world.grants.withdraw(record.grant_id, person_id)
    world.trace_keys.replace(person_id)
    states = {each.state for each in world.grants.of_person(person_id)}
    assert states == {GrantState.WITHDRAWN}
    assert world.kinds().count("grant.given") == world.kinds().count("grant.withdrawn")


def test_a_key_that_is_printed_by_somebody_else_is_remembered_as_such(
    world: World, person_id: str
) -> None:
    world.trace_keys.replace(person_id, printed=True)
    assert world.trace_keys.was_printed(person_id)
    world.trace_keys.replace(person_id)
    assert not world.trace_keys.was_printed(person_id)


def test_nobody_s_key_cannot_be_replaced(world: World) -> None:
    with pytest.raises(ConsentError):
        world.trace_keys.replace("x" * 22)


def _assert_replaced(world: World, person_id: str, old: bytes, record: GrantRecord) -> None:
    new, after = _key(world, person_id), world.grants.find(record.grant_id)
    assert new != old
    assert after is not None
    assert after.is_live(at=world.clock())
    assert after.g == given_commitment(gid(new, after.n)).hex()
    assert world.kinds().count("trace.closed") == len(world.policy.catalogue.agencies)
    world.grants.reconcile()
    live = [each for each in world.grants.of_person(person_id) if each.state is GrantState.LIVE]
    assert [each.grant_id for each in live] == [record.grant_id]
