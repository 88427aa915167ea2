"""One attack for each check of message, log and entry (1 to 5): what a dishonest broker would try.

Each changes one thing of an honest question, so that without its check it would be answered.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audit.cosignature import format_cosigner_vkey
from audit.entry import draft, format_entry, is_id, parse_entry
from audit.log import Log
from audit.note import parse_vkey
from audit.proof import parse_proof
from audit.quorum import WitnessPolicy
from broker.binding import SeenCheckpoint
from broker.gateway import checks
from broker.gateway.errors import REASONS, GatewayRefusal, GatewaySettingsError
from broker.gateway.passed import Read
from keys import base64url
from keys.signing import NamedSigner
from tests.broker.gateway.parties import (
    AGENCY,
    HAS_ACCOUNT,
    ORIGIN,
    RICH,
    STRANGER,
    Person,
    above,
)
from tests.broker.gateway.world import World, reason


def other() -> Person:
    return Person(RICH, b"\x31" * 32, base64url.encode(b"\x32" * 32))


# 1. readable


def test_a_question_that_another_key_signed_is_unreadable(world: World) -> None:
    payload = world.access(world.give(Person()))
    assert reason(world.send(payload, signer=STRANGER, root=STRANGER)) == "unreadable"


def test_a_question_for_another_agency_is_unreadable(world: World) -> None:
    payload = world.access(world.give(Person()))
    assert reason(world.send(payload, aud="bpjs_tk")) == "unreadable"


def test_a_question_that_has_expired_is_unreadable(world: World) -> None:
    message = world.seal(world.access(world.give(Person())))
    world.clock.advance(seconds=300)
    assert reason(world.post(message)[0]) == "unreadable"


def test_an_unreadable_message_is_logged_about_nobody(world: World) -> None:
    payload = world.access(world.give(Person()))
    world.send(payload, signer=STRANGER, root=STRANGER)
    entry = world.gateway.log.entry(0)
    assert b'"programme":"unknown"' in entry
    assert payload.access_entry.encode() not in entry
    tag = parse_entry(payload.access_entry.encode()).members["tag"]
    assert str(tag).encode() not in entry


def test_who_cannot_sign_learns_nothing_about_a_person(world: World) -> None:
    """The same refusal for a person known here and for one who is not, and no trace of either."""
    known, unknown = Person(), other()
    world.ask(world.give(known))
    for person in (known, unknown):
        payload = world.access(world.give(person))
        item = world.send(payload, signer=STRANGER, root=STRANGER)
        assert item["problem"] | {"entry": 0} == {
            "type": "/problems/refused",
            "title": "The agency refuses the question",
            "status": 403,
            "detail": REASONS["unreadable"],
            "reason": "unreadable",
            "reasons": ["unreadable"],
            "entry": 0,
        }


# 2. fresh


def _read(world: World) -> Read:
    return checks.read(
        world.seal(world.access(world.give(Person()))),
        agency=AGENCY,
        recipient=world.gateway.identity.sealing,
        trust=world.write_trust(),
        at=int(world.clock().timestamp()),
    )


def test_a_question_signed_ten_minutes_ago_is_stale(world: World) -> None:
    question, at = _read(world), int(world.clock().timestamp())
    log, nobody = parse_vkey(world.log.vkey), WitnessPolicy()
    checks.check_fresh(question, log=log, witnesses=nobody, at=at + 600)
    with pytest.raises(GatewayRefusal) as refused:
        checks.check_fresh(question, log=log, witnesses=nobody, at=at + 601)
    assert refused.value.reason == "stale_checkpoint"


def test_a_trust_file_that_asks_for_witnesses_is_not_met_without_them(world: World) -> None:
    vkey = format_cosigner_vkey("witness.example", STRANGER.public.raw)
    world.write_trust(quorum=f"witness w1 {vkey}\nquorum w1\n")
    world.open()
    assert reason(world.ask(world.give(Person()))) == "not_witnessed"


def test_a_quorum_that_cannot_be_read_keeps_the_gateway_shut(world: World) -> None:
    world.write_trust(quorum="quorum nobody\n")
    with pytest.raises(GatewaySettingsError, match="quorum: line 1"):
        world.open()


# 3. proven


def test_an_access_that_was_never_logged_is_refused(world: World) -> None:
    """P2: the proof of one entry does not serve for another."""
    payload = world.access(world.give(Person()))
    unlogged = draft(
        "access.sent",
        {
            **parse_entry(payload.access_entry.encode()).members,
            "digest": "ee" * 32,
        },
    )
    text = format_entry(unlogged, world.clock(), bytes(32)).decode()
    assert reason(world.send(replace(payload, access_entry=text))) == "no_proof"


def test_a_proof_that_another_log_signed_is_refused(world: World, tmp_path: Path) -> None:
    fake = Log(tmp_path / "fake.db", NamedSigner(ORIGIN, STRANGER), clock=world.clock)
    grant = world.give(Person(), log=fake)
    assert reason(world.send(world.access(grant, log=fake))) == "no_proof"


def test_the_message_names_the_checkpoint_of_the_proof(world: World) -> None:
    payload = world.access(world.give(Person()))
    seen = SeenCheckpoint(1, bytes(32))
    assert reason(world.send(payload, ckpt=seen)) == "no_proof"


def test_a_grant_that_is_in_the_database_only_is_refused(world: World, tmp_path: Path) -> None:
    """P1: a forged or restored row has no entry, whatever the row says."""
    elsewhere = world.new_log(tmp_path / "elsewhere.db")
    forged = world.give(Person(), log=elsewhere)
    true = world.give(other())
    payload = world.access(replace(forged, index=true.index))
    entry = elsewhere.entry(forged.index).decode()
    assert reason(world.send(replace(payload, grant_entry=entry))) == "grant_not_in_log"


def test_a_grant_given_after_the_access_is_refused(world: World) -> None:
    person = Person()
    early = world.give(person)
    payload = world.access(early)
    late = world.give(person)
    access = parse_proof(payload.access_proof).index
    assert reason(world.send(world.prove(payload, access, late.index))) == "grant_not_in_log"


def test_an_entry_of_another_kind_is_no_grant(world: World) -> None:
    grant = world.give(Person())
    payload = world.access(grant)
    access = parse_proof(payload.access_proof).index
    world.withdraw(world.give(other()))
    assert reason(world.send(world.prove(payload, access, access))) == "grant_not_in_log"


# 5. logged


def test_another_threshold_than_the_logged_one_is_refused(world: World) -> None:
    grant = world.give(Person())
    payload = world.access(grant, [above(5_000_000)])
    changed = replace(payload, questions=(above(10_000_000),))
    assert reason(world.send(changed)) == "not_the_logged_question"


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": "recertification"},
        {"programme": "bpnt"},
        {"request_id": "x" * 22},
        {"question_id": base64url.encode(b"q" * 16)},
        {"questions": (HAS_ACCOUNT, above(5_000_000))[::-1]},
    ],
)
def test_the_logged_question_is_the_only_one(world: World, change: dict[str, object]) -> None:
    payload = world.access(world.give(Person()))
    assert reason(world.send(replace(payload, **change))) == "not_the_logged_question"  # type: ignore[arg-type]


def test_the_clear_members_are_compared_too(world: World) -> None:
    """An entry that says less than the question would hide from auditors what was asked."""
    payload = world.access(
        world.give(Person()), [HAS_ACCOUNT, above(5_000_000)][::-1], entry={"questions": []}
    )
    assert reason(world.send(payload)) == "not_the_logged_question"


def test_the_entry_of_another_agency_is_refused(world: World) -> None:
    payload = world.access(world.give(Person()), entry={"agency": "bpjs_tk"})
    assert reason(world.send(payload)) == "not_the_logged_question"


def test_a_grant_is_no_access(world: World) -> None:
    person = Person()
    first, second = world.give(person), world.give(person)
    payload = world.prove(world.access(first), second.index, first.index)
    assert reason(world.send(payload)) == "not_the_logged_question"


def test_an_access_of_the_day_before_is_refused(world: World) -> None:
    payload = world.access(world.give(Person()))  # at 09:30, so its `at` is 09:00
    world.clock.advance(hours=24, minutes=29)
    assert "message" in world.send(payload)
    world.clock.advance(minutes=2)
    assert reason(world.send(payload)) == "access_too_old"


# The list itself


def test_every_reason_fits_into_an_entry() -> None:
    assert all(is_id(name) for name in REASONS)


def test_a_refusal_is_logged_under_the_person_s_tag(world: World) -> None:
    grant = world.give(Person(), [HAS_ACCOUNT])
    payload = world.access(grant, [above(5_000_000)])
    item = world.send(payload)
    entry = parse_entry(world.gateway.log.entry(item["problem"]["entry"]))
    assert entry.kind == "access.refused"
    assert entry.members["reasons"] == ["question_not_granted"]
    assert entry.members["tag"] == parse_entry(payload.access_entry.encode()).members["tag"]


def test_the_honest_twin_is_answered(world: World) -> None:
    """Every attack above differs in one thing from this question."""
    assert "message" in world.ask(world.give(Person()))
