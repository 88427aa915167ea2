"""P11: what was refused is in the log too, where the person's own trace key finds it.

A naive system logs what it did and forgets what it was asked to do: whoever tries a thousand
times before the one that succeeds leaves one line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from audit import trace
from audit.entry import parse_entry
from audit.proof import check_proof
from audit.trace import Found, find
from broker.gateway.about import about
from broker.gateway.errors import REASONS
from broker.problems import Problem
from broker.verification import verify
from consent.grants import GrantRecord
from policies.ask import Frequency, Item
from policies.load import load
from tests.authenticator import Passkey
from tests.broker.gateway.parties import (
    AGENCY,
    BROKERS_OWN,
    HAS_ACCOUNT,
    RICH,
    SITE,
    STRANGER,
    Grant,
    Person,
    above,
)
from tests.broker.gateway.world import World as GatewayWorld
from tests.broker.gateway.world import reason
from tests.world import World

AGENCIES = tuple(load().catalogue.agencies)


def _found(world: World, grant: GrantRecord) -> list[Found]:
    """Return what the person finds of her refusals, with nothing but her key and the log."""
    key = world.broker.persons.open(grant.person_id).trace_key
    log = world.broker.log
    entries = [log.entry(index) for index in range(log.size)]
    return [one for one in find(entries, key, AGENCIES) if one.entry.kind == "access.refused"]


# The broker's refusals


def _withdrawn(world: World, grant: GrantRecord) -> None:
    world.broker.grants.withdraw(grant.grant_id, grant.person_id)
    world.ask(grant)


def _too_often(world: World, grant: GrantRecord) -> None:
    world.ask(grant, request_id="the-first-0123456789")
    world.ask(grant, request_id="the-second-0123456789")


def _another_s_token(world: World, grant: GrantRecord) -> None:
    other = world.consent(world.person("declines"))
    request = world.verification_request(grant)
    verify(world.broker.asking, world.token(other), request)


def _never_granted(world: World, grant: GrantRecord) -> None:
    item = next(item for item in grant.granted if item.agency == "polri")
    wanted = Item(item.agency, "motorcycles_above", {"count": 1})
    world.ask(grant, questions=[wanted])


@pytest.mark.parametrize(
    ("attempt", "why"),
    [
        (_withdrawn, "grant_live"),
        (_too_often, "frequency"),
        (_another_s_token, "grant_of_another_token"),
        (_never_granted, "question"),
    ],
)
def test_every_refusal_of_the_broker_is_found_by_the_person(
    world: World, attempt: Callable[[World, GrantRecord], None], why: str
) -> None:
    """Would succeed against a broker that answers 403 and logs what it permitted."""
    grant = world.consent(world.person("eligible"))
    with pytest.raises(Problem):
        attempt(world, grant)
    found = _found(world, grant)
    assert found
    reasons = [each.entry.members["reasons"] for each in found]
    assert all(isinstance(each, list) and why in each for each in reasons), reasons


def test_a_refusal_comes_back_with_the_proof_of_its_entry(world: World) -> None:
    """Would succeed against a broker that says "logged" and writes nothing."""
    grant = world.consent(world.person("withdraws"))
    world.broker.grants.withdraw(grant.grant_id, grant.person_id)
    with pytest.raises(Problem) as refused:
        world.ask(grant)
    items: Any = refused.value.members["items"]
    found = {each.index for each in _found(world, grant)}
    for item in items:
        entry = world.broker.log.entry(item["entry"])
        assert item["entry"] == check_proof(item["proof"], entry, world.log_verifier)[0]
        assert item["entry"] in found


def test_an_unreachable_agency_leaves_an_attempt_in_the_log(world: World) -> None:
    """Would succeed where a failed attempt is no attempt: asking until it works goes unseen."""
    grant = world.consent(world.person("eligible"))
    del world.network.apps[world.plan.gateways["polri"]]
    world.ask(grant)
    key = world.broker.persons.open(grant.person_id).trace_key
    log = world.broker.log
    entries = [log.entry(index) for index in range(log.size)]
    kinds = [one.entry.kind for one in find(entries, key, AGENCIES)]
    assert 1 == kinds.count("access.failed")
    assert kinds.count("access.sent") == kinds.count("access.failed") + kinds.count(
        "access.answered"
    )


def test_nobody_else_finds_her_refusals(world: World) -> None:
    """Would succeed against a tag that is the same for everybody, or none."""
    grant = world.consent(world.person("withdraws"))
    other = world.consent(world.person("eligible"))
    world.broker.grants.withdraw(grant.grant_id, grant.person_id)
    with pytest.raises(Problem):
        world.ask(grant)
    assert _found(world, grant)
    assert [] == _found(world, other)


# The gateway's refusals


def _refusing(world: GatewayWorld) -> dict[str, Callable[[Person], dict[str, Any]]]:
    """Return an attack for each reason that a message of the broker can be refused for."""
    ask, access, send, give = world.ask, world.access, world.send, world.give

    def replayed(person: Person) -> dict[str, Any]:
        message = world.seal(access(give(person)))
        world.post(message)
        return world.post(message)[0]

    def tag_seen(person: Person) -> dict[str, Any]:
        grant = give(person)
        payload = access(grant)
        send(payload)
        tag = parse_entry(payload.access_entry.encode()).members["tag"]
        return send(access(grant, entry={"tag": tag}))

    def withdrawn(person: Person) -> dict[str, Any]:
        grant = give(person)
        world.withdraw(grant)
        return ask(grant)

    def too_often(person: Person) -> dict[str, Any]:
        grant = give(person, frequency=Frequency("month", 1))
        ask(grant)
        return ask(grant)

    def too_many_values(person: Person) -> dict[str, Any]:
        values = [above(rupiah) for rupiah in (1_000_000, 5_000_000, 10_000_000)]
        return [ask(give(person, [value]), [value]) for value in values][-1]

    def other_key(person: Person) -> dict[str, Any]:
        ask(give(person))
        changed = Person(person.nik, b"\x42" * 32, person.subject)
        changed.grants = person.grants
        return ask(give(changed))

    def other_passkey(person: Person) -> dict[str, Any]:
        assert "message" in ask(give(person, confirm=Passkey(SITE).evidence))
        return ask(give(person, confirm=Passkey(SITE).evidence))

    def other_subject(person: Person) -> dict[str, Any]:
        ask(give(person))
        changed = replace(person, subject="A" * 43)
        return ask(give(changed))

    def unbound(person: Person) -> dict[str, Any]:
        return send(access(give(person), nik=RICH))

    def not_logged(person: Person) -> dict[str, Any]:
        return send(access(give(person), entry={"q": "ab" * 32}))

    def not_committed(person: Person) -> dict[str, Any]:
        grant = give(person, trace_key=b"\x43" * 32)
        return ask(grant)

    def tag_wrong(person: Person) -> dict[str, Any]:
        return send(access(give(person), entry={"tag": "ab" * 16}))

    def weak(person: Person) -> dict[str, Any]:
        grant = give(person)
        return ask(replace(grant, evidence=give(person).evidence))

    def unvouched(person: Person) -> dict[str, Any]:
        return send(access(give(person), answer_key=BROKERS_OWN.public.jwk()))

    def no_proof(person: Person) -> dict[str, Any]:
        payload = access(give(person))
        return send(replace(payload, access_proof=access(give(person)).access_proof))

    def no_grant(person: Person) -> dict[str, Any]:
        payload = access(give(person))
        return send(replace(payload, grant_proof=payload.access_proof))

    def expired(person: Person) -> dict[str, Any]:
        return ask(give(person, valid_until=date(2026, 11, 23)))

    def ungranted(person: Person) -> dict[str, Any]:
        return ask(give(person, [HAS_ACCOUNT]), [above(1_000_000)])

    def stale(person: Person) -> dict[str, Any]:
        payload = access(give(person))
        ask(give(person))
        world.clock.advance(seconds=301)
        return send(payload)

    def old(person: Person) -> dict[str, Any]:
        payload = access(give(person))
        world.clock.advance(hours=26)
        return send(payload)

    def tiles_gone(person: Person) -> dict[str, Any]:
        ask(give(person))
        payload = access(give(person))
        world.hidden.add("/tile/")
        return send(payload)

    def lists_gone(person: Person) -> dict[str, Any]:
        payload = access(give(person))
        world.hidden.add("withdrawn/")
        return send(payload)

    return {
        "replayed": replayed,
        "tag_seen": tag_seen,
        "grant_withdrawn": withdrawn,
        "frequency_spent": too_often,
        "too_many_values": too_many_values,
        "trace_changed": other_key,
        "subject_changed": other_subject,
        "passkey_changed": other_passkey,
        "grant_not_bound": unbound,
        "not_the_logged_question": not_logged,
        "trace_not_committed": not_committed,
        "tag_wrong": tag_wrong,
        "evidence_too_weak": weak,
        "answer_key_unvouched": unvouched,
        "no_proof": no_proof,
        "grant_not_in_log": no_grant,
        "grant_expired": expired,
        "question_not_granted": ungranted,
        "stale_checkpoint": stale,
        "access_too_old": old,
        "log_unavailable": tiles_gone,
        "withdrawals_unknown": lists_gone,
    }


# Elsewhere, since they need a world of their own or are about nobody: a fork (P7), a quorum and a
# daily cap (settings), and a message that does not even say whom it is about (below).
ELSEWHERE = {
    "inconsistent_log",
    "not_witnessed",
    "too_many_new_people",
    "answer_time_over",
    "unreadable",
}
# The share in the message is not hers, so no tag that the gateway can make is one that she finds:
# it holds no share of hers. She is told at the agency (`izin gateway about`).
OF_ANOTHER_KEY = {"trace_changed", "trace_not_committed"}
TRIED = [
    "replayed",
    "tag_seen",
    "grant_withdrawn",
    "frequency_spent",
    "too_many_values",
    "trace_changed",
    "subject_changed",
    "passkey_changed",
    "grant_not_bound",
    "not_the_logged_question",
    "trace_not_committed",
    "tag_wrong",
    "evidence_too_weak",
    "answer_key_unvouched",
    "no_proof",
    "grant_not_in_log",
    "grant_expired",
    "question_not_granted",
    "stale_checkpoint",
    "access_too_old",
    "log_unavailable",
    "withdrawals_unknown",
]


def test_every_reason_of_a_gateway_is_tried() -> None:
    """A new reason to refuse needs its attack here, or its place among those of elsewhere."""
    assert {*TRIED} | ELSEWHERE == {*REASONS}


@pytest.mark.parametrize("why", TRIED)
def test_every_refusal_of_a_gateway_is_found_by_the_person(
    gateway_world: GatewayWorld, why: str
) -> None:
    """Would succeed against a gateway that returns an error and keeps no record of it."""
    person = Person()
    item = _refusing(gateway_world)[why](person)
    assert why == reason(item)
    index = item["problem"]["entry"]
    assert [why] == parse_entry(gateway_world.gateway.log.entry(index)).members["reasons"]
    if why not in OF_ANOTHER_KEY:
        assert index in _refusals_found(gateway_world, person)
    # At the agency she is told of each one, whatever key the broker made it under.
    gateway = gateway_world.gateway
    asked_about = gateway.ledger.person(RICH if why == "grant_not_bound" else person.nik)
    told = about(asked_about, gateway.engine, gateway.log)
    assert index in [found for found, _, _ in told.entries]


def test_the_broker_cannot_choose_who_finds_a_refusal(gateway_world: GatewayWorld) -> None:
    """Would succeed where a refusal is filed under the tag that the refused message came with.

    The broker puts another person's tag, or noise, into the access's entry: the one whom it asked
    about must still find the refusal, and the other one must not be told of it.
    """
    person, other = Person(), Person(RICH, b"\x44" * 32, "B" * 43)
    grant = gateway_world.give(person)
    day = gateway_world.clock().date()
    for k, tag in enumerate((bytes(16), trace.tag(trace.share(other.trace_key, AGENCY), day, 1))):
        item = gateway_world.send(gateway_world.access(grant, entry={"tag": tag.hex()}))
        assert "tag_wrong" == reason(item)
        assert [] == _refusals_found(gateway_world, other)
        assert k + 1 == len(_refusals_found(gateway_world, person))


def _refusals_found(world: GatewayWorld, person: Person) -> list[int]:
    """Return the refusals that the person's own key finds in the gateway's log."""
    log = world.gateway.log
    entries = [log.entry(index) for index in range(log.size)]
    found = find(entries, person.trace_key, [AGENCY])
    return [one.index for one in found if one.entry.kind == "access.refused"]


def test_a_message_that_nobody_signed_is_recorded_about_nobody(
    gateway_world: GatewayWorld,
) -> None:
    """Would succeed where only readable messages leave a trace: guessing would be free."""
    person = Person()
    grant: Grant = gateway_world.give(person)
    payload = gateway_world.access(grant)
    message = gateway_world.seal(payload, signer=STRANGER, root=STRANGER)
    item = gateway_world.post(message)[0]
    assert "unreadable" == reason(item)
    log = gateway_world.gateway.log
    entry = parse_entry(log.entry(item["problem"]["entry"]))
    assert ["unreadable"] == entry.members["reasons"]
    assert [] == find([log.entry(index) for index in range(log.size)], person.trace_key, [AGENCY])
