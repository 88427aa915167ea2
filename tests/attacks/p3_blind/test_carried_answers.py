"""P3: what the broker can do to an answer that it carries, and to a question that it keeps.

It holds neither the programme's key nor the agency's. It can change bytes on the way, hand an
answer on twice or to somebody else, and seal a question to a key of its own.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from broker.envelope import Message, parse_message, seal_message
from consent.grants import GrantRecord
from keys.xwing import SealingKey
from tests.attacks import honest
from tests.attacks.flipping import (
    BINDING,
    MEMBERS,
    SEALED,
    flip,
    flipped_binding,
    flipped_header,
    flipped_sealed,
)
from tests.attacks.rogue import AGENCY, Rogue, Victim, is_answered, reason

BROKERS_OWN = SealingKey.from_seed(b"\x54" * 32)


class Given(NamedTuple):
    """One verification of one person, all answered."""

    grant: GrantRecord
    items: list[dict[str, Any]]

    def carried(self) -> Message:
        return parse_message(next(i["answer"] for i in self.items if i["agency"] == AGENCY))

    def with_answer(self, message: Message) -> list[dict[str, Any]]:
        changed = message.members()
        return [{**i, "answer": changed} if i["agency"] == AGENCY else i for i in self.items]


@pytest.fixture(scope="module")
def given(rogue: Rogue) -> Given:
    grant = honest.consent(rogue, rogue.victim())
    found = Given(grant, list(honest.ask(rogue, grant).items))
    assert honest.read(rogue, grant, found.items).faults == ()
    assert honest.read(rogue, grant, found.with_answer(found.carried())).faults == ()
    return found


def blamed(rogue: Rogue, given: Given, message: Message) -> list[tuple[str, str]]:
    """Return whom the programme blames, having taken nothing from that agency."""
    reading = honest.read(rogue, given.grant, given.with_answer(message))
    assert not [key for key in reading.answers if key[0] == AGENCY]
    return [(fault.agency, fault.reason) for fault in reading.faults]


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_of_the_header_flipped(rogue: Rogue, given: Given, name: str) -> None:
    """Would work where a programme reads the header and does not authenticate it."""
    changed = flipped_header(given.carried(), name)
    assert blamed(rogue, given, changed) == [(AGENCY, "answer_not_genuine")]


@pytest.mark.parametrize("name", [*BINDING, "rj"])
def test_a_member_of_the_binding_flipped(rogue: Rogue, given: Given, name: str) -> None:
    """Would work where the binding is for information: an answer could be aimed elsewhere."""
    changed = flipped_binding(given.carried(), name)
    assert blamed(rogue, given, changed) == [(AGENCY, "answer_not_genuine")]


@pytest.mark.parametrize("name", SEALED)
def test_sealed_bytes_flipped(rogue: Rogue, given: Given, name: str) -> None:
    """Would work where the ciphertext can be changed and still opens."""
    changed = flipped_sealed(given.carried(), name)
    assert blamed(rogue, given, changed) == [(AGENCY, "answer_not_genuine")]


@pytest.mark.parametrize("place", range(3))
def test_the_receipt_flipped(rogue: Rogue, given: Given, place: int) -> None:
    """Would work where what proves whose answer this is may say anything."""
    message = given.carried()
    parts = message.receipt.split(".")
    if not parts[place]:  # the middle of a detached JWS: its payload is not carried
        parts[place] = "e30"
    else:
        parts[place] = flip(parts[place])
    changed = replace(message, receipt=".".join(parts))
    assert blamed(rogue, given, changed) == [(AGENCY, "answer_not_genuine")]


def test_an_answer_handed_to_another_programme(rogue: Rogue, given: Given) -> None:
    """Would work where any programme's key opens it, or any programme believes it."""
    other = "bpnt" if given.grant.programme == "pkh" else "pkh"
    moved = replace(given.grant, programme=other)
    reading = honest.read(rogue, moved, given.items)
    assert reading.answers == {}
    assert {fault.reason for fault in reading.faults} == {"answer_not_genuine"}


def test_a_question_sealed_to_the_broker_s_own_key(rogue: Rogue, victim: Victim) -> None:
    """Would work where a gateway hands on what it cannot open, or opens by the message's word.

    The broker could then keep what it sent readable, and an agency would answer what was never
    sealed to it.
    """
    payload = rogue.access(rogue.give(victim))
    sender = rogue.broker.keys.sender
    sealed = seal_message(
        payload.to_members(),
        rogue.binding(payload, AGENCY),
        kind="question",
        recipient=BROKERS_OWN.public,
        signer=sender.key,
        statement=sender.statement,
        randomness=os.urandom,
    )
    assert reason(rogue.post(sealed)[0]) == "unreadable"
    # The same question, unanswered so far, sealed to the gateway: nothing else was wrong with it.
    assert is_answered(rogue.send(payload))


def test_a_question_sealed_to_another_agency(rogue: Rogue, victim: Victim) -> None:
    """Would work where agencies share a key, or take what was meant for their neighbour."""
    payload = rogue.access(rogue.give(victim))
    assert reason(rogue.post(rogue.seal(payload, AGENCY), agency="polri")[0]) == "unreadable"
    assert is_answered(rogue.send(payload))
