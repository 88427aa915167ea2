"""Giving and ending grants: what stands in the log, the row and the parts, and what must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import new

import pytest

from audit.entry import Entry, draft
from audit.errors import DayTurnedError, WithdrawnError
from audit.proof import check_proof
from audit.trace import IZIN, find, gid, given_commitment, withdrawn_commitment
from consent.errors import NothingAllowedError, RequestError, UnknownGrantError
from consent.evidence import Believed, challenge, check_evidence
from consent.grants import GrantRecord, GrantState, view
from consent.parts import open_part, part_digest, person_binding
from consent.service import Reconciled
from policies.ask import Item, Request
from tests.consent.world import (
    ACCOUNT,
    BALANCE,
    CAR,
    CLIENT,
    NAME,
    NIK,
    NOTICE,
    PIN,
    REQUEST,
    VILLAGE,
    World,
    copy_database,
)

ALL = (0, 1, 2)
UNTOUCHED = Reconciled(activated=0, ended=0, discarded=0, unproven=0)


def traces_of(entry: Entry) -> list[str]:
    traces = entry.members["traces"]
    assert isinstance(traces, list)
    return [str(each) for each in traces]


def give(world: World, person_id: str) -> GrantRecord:
    return world.grants.give(person_id, CLIENT, REQUEST, ALL, NOTICE)


# Giving


def test_a_grant_is_live_with_the_index_of_its_entry(world: World, person_id: str) -> None:
    record = give(world, person_id)

    assert record == world.grants.find(record.grant_id)
    assert record.state is GrantState.LIVE
    assert record.is_live(at=world.clock())
    assert record.index == 0
    assert world.entries()[0].members["g"] == record.g


def test_declined_items_are_kept_apart(world: World, person_id: str) -> None:
    record = world.grants.give(person_id, CLIENT, REQUEST, [0], NOTICE)

    assert record.granted == (CAR,)
    assert record.declined == (BALANCE, ACCOUNT)
    assert record.agencies() == ("polri",)


def test_each_agency_gets_its_own_questions_only(world: World, person_id: str) -> None:
    record = give(world, person_id)
    keys = [world.consent_key.public]

    assert open_part(record.parts["polri"], keys).questions == (CAR,)
    found = open_part(record.parts["himbara"], keys)
    assert [item.question for item in found.questions] == ["balance_above", "has_account"]
    assert found.subject == record.subject
    assert found.notice == NOTICE


def test_a_gateway_can_check_everything_that_it_is_sent(world: World, person_id: str) -> None:
    """Proof, g, challenge, evidence and binding, from what stands in log and record."""
    record = give(world, person_id)
    person = world.persons.open(person_id)
    grant_id = gid(person.trace_key, record.n)
    assert record.index is not None
    logged = world.log.prove(record.index)
    index, _ = check_proof(logged.proof, logged.entry, world.verifier)
    entry = world.entries()[index]
    over = challenge(record.g, traces_of(entry), map(part_digest, record.parts.values()))

    assert entry.members["g"] == given_commitment(grant_id).hex()
    assert entry.members["challenge"] == over.hex()
    shown = check_evidence(
        record.evidence,
        over,
        believed=Believed([world.consent_key.public]),
        nik=person.nik,
        given_hour=int(entry.at.timestamp()),
    )
    assert shown.kind == "broker-attested"
    part = open_part(record.parts["polri"], [world.consent_key.public])
    assert part.sub == person_binding(grant_id, person.nik)
    assert record.w == withdrawn_commitment(grant_id).hex()


def test_the_log_names_every_agency_alike(world: World, person_id: str) -> None:
    """`traces` has one member per agency of the catalogue, whatever the grant names."""
    world.grants.give(person_id, CLIENT, REQUEST, [0], NOTICE)

    assert len(traces_of(world.entries()[0])) == len(world.policy.catalogue.agencies)


def test_what_the_person_saw_is_logged_before_she_decides(world: World, person_id: str) -> None:
    world.grants.requested(person_id, CLIENT, REQUEST)
    with pytest.raises(NothingAllowedError):
        world.grants.give(person_id, CLIENT, REQUEST, [], NOTICE)

    assert world.kinds() == ["grant.requested"]
    assert world.grants.of_person(person_id) == []


@pytest.mark.parametrize(
    ("client", "request_", "allowed"),
    [
        ("another", REQUEST, ALL),
        (CLIENT, REQUEST, (0, 3)),
        (CLIENT, REQUEST, (-1,)),
        (CLIENT, replace(REQUEST, programme="bpnt"), ALL),
        (CLIENT, replace(REQUEST, valid_until=date(2030, 1, 1)), ALL),
        (CLIENT, replace(REQUEST, items=(Item("polri", "owns_yacht"),)), [0]),
    ],
)
def test_what_the_policy_does_not_allow_cannot_be_given(
    world: World, person_id: str, client: str, request_: Request, allowed: tuple[int, ...]
) -> None:
    with pytest.raises(RequestError):
        world.grants.give(person_id, client, request_, allowed, NOTICE)

    assert world.log.size == 0


def test_numbers_on_receipts_count_from_one(world: World, person_id: str) -> None:
    assert [give(world, person_id).n for _ in range(3)] == [1, 2, 3]


def test_the_person_finds_every_entry_by_her_trace_key(world: World, person_id: str) -> None:
    world.grants.requested(person_id, CLIENT, REQUEST)
    record = give(world, person_id)
    world.grants.withdraw(record.grant_id, person_id)
    trace_key = world.persons.open(person_id).trace_key
    raw = [entry.raw for entry in world.entries()]

    found = find(raw, trace_key, tuple(world.policy.catalogue.agencies))
    assert [(each.index, each.agency) for each in found] == [(0, IZIN), (1, IZIN), (2, IZIN)]


def test_the_opening_of_each_digest_is_kept(world: World, person_id: str) -> None:
    world.grants.requested(person_id, CLIENT, REQUEST)
    record = give(world, person_id)
    digests = [str(entry.members["digest"]) for entry in world.entries()]

    assert world.openings.open(digests[0])[1]["client_id"] == CLIENT
    assert world.openings.open(digests[1])[1]["grant_id"] == record.grant_id


# Ending


def test_withdrawal_is_in_the_log_and_stops_accesses(world: World, person_id: str) -> None:
    record = give(world, person_id)
    appended = world.grants.withdraw(record.grant_id, person_id)
    found = world.grants.find(record.grant_id)

    assert found is not None
    assert found.state is GrantState.WITHDRAWN
    assert found.withdrawn_at == world.clock().replace(microsecond=0)
    assert view(found, uses={}).live_index is None
    assert check_proof(appended.entries[0].proof, appended.entries[0].entry, world.verifier)[0] == 1
    with pytest.raises(WithdrawnError):
        world.log.append(
            [draft("policy.changed", {"policy": "0" * 64})], unless=[bytes.fromhex(record.w)]
        )


def test_withdrawing_twice_gives_the_same_entry(world: World, person_id: str) -> None:
    record = give(world, person_id)
    first = world.grants.withdraw(record.grant_id, person_id)
    second = world.grants.withdraw(record.grant_id, person_id)

    assert second.entries[0].index == first.entries[0].index
    assert second.entries[0].entry == first.entries[0].entry
    assert world.kinds() == ["grant.given", "grant.withdrawn"]


@pytest.mark.parametrize("grant_id", ["A" * 22, ""])
def test_an_unknown_grant_cannot_be_withdrawn(world: World, person_id: str, grant_id: str) -> None:
    with pytest.raises(UnknownGrantError):
        world.grants.withdraw(grant_id, person_id)


def test_nobody_withdraws_another_persons_grant(world: World, person_id: str) -> None:
    other = world.persons.enrol("3510994107900002", PIN, "Somebody Else", VILLAGE)
    record = give(world, person_id)

    with pytest.raises(UnknownGrantError):
        world.grants.withdraw(record.grant_id, other)
    assert world.kinds() == ["grant.given"]


def test_a_grant_expires_after_its_last_day(world: World, person_id: str) -> None:
    record = give(world, person_id)
    world.clock.now = world.clock.now.replace(year=2027, month=2, day=28)
    assert world.grants.expire_due() == 0
    world.clock.forward(days=1)
    assert not record.is_live(at=world.clock())

    assert world.grants.expire_due() == 1
    assert world.grants.expire_due() == 0
    found = world.grants.find(record.grant_id)
    assert found is not None
    assert found.state is GrantState.EXPIRED
    assert world.kinds() == ["grant.given", "grant.expired"]


# Secrecy


def test_the_log_holds_nothing_that_names_the_person(world: World, person_id: str) -> None:
    world.grants.requested(person_id, CLIENT, REQUEST)
    record = give(world, person_id)
    world.grants.withdraw(record.grant_id, person_id)
    person = world.persons.open(person_id)
    grant_gid = gid(person.trace_key, record.n)
    world.log.close()
    written = b"".join(path.read_bytes() for path in world.folder.glob("log.sqlite*"))

    assert b"grant.withdrawn" in written
    secrets = [NIK, NAME, VILLAGE, PIN, CLIENT, person_id, record.grant_id, record.subject]
    for secret in [each.encode() for each in secrets] + [
        grant_gid,
        grant_gid.hex().encode(),
        person.trace_key,
        person.trace_key.hex().encode(),
        b"owns_car",
        b"polri",
    ]:
        assert secret not in written
    # Nor anything that trying all NIKs of a district would find.
    for name in ("md5", "sha1", "sha256", "sha512"):
        found = new(name, NIK.encode()).digest()
        assert found not in written
        assert found[:16].hex().encode() not in written


def test_the_database_holds_no_nik_name_or_key(world: World, person_id: str) -> None:
    record = give(world, person_id)
    person = world.persons.open(person_id)
    copy_database(world, world.folder / "copy")
    written = (world.folder / "copy").read_bytes()

    assert record.grant_id.encode() in written
    for secret in (NIK.encode(), NAME.encode(), PIN.encode(), person.trace_key, person.person_key):
        assert secret not in written


def test_a_turned_day_is_drawn_again(world: World, person_id: str) -> None:
    """The log's clock passes midnight after the tag was drawn."""
    trace_key = world.persons.open(person_id).trace_key
    late = world.clock.now.replace(hour=23, minute=59, second=59)
    world.clock.now = late
    real = world.log.append

    def append(drafts: object, **options: object) -> object:
        if world.clock.now == late:
            world.clock.forward(seconds=2)
        return real(drafts, **options)  # type: ignore[arg-type]

    world.log.append = append  # type: ignore[method-assign,assignment]
    give(world, person_id)

    assert len(find([world.log.entry(0)], trace_key, [])) == 1
    assert world.entries()[0].at.date() == late.date().replace(day=25)
    with pytest.raises(DayTurnedError):
        real([draft("policy.changed", {"policy": "0" * 64}, day=late.date())])
