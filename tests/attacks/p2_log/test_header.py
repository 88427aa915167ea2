"""P2 and P3: every member of the sealed message's header, flipped one by one.

Two ways: as whoever carries the message could, who has no key; and as the broker could, who seals
a consistent message around a header that says something else than the signed inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from broker.envelope import Message
from keys.signing import SigningKey
from tests.attacks.flipping import (
    BINDING,
    MEMBERS,
    SEALED,
    flip,
    flipped_binding,
    flipped_header,
    flipped_sealed,
    with_header,
)
from tests.attacks.rogue import AGENCY, Rogue, Victim, is_answered, reason, vouch
from tests.broker.forging import Forger, b64


@pytest.fixture(scope="module")
def sealed(rogue: Rogue) -> Message:
    """Return one good message; a refused one is as good as unsent."""
    return rogue.seal(rogue.access(rogue.give(rogue.victim())))


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_that_a_carrier_flips(rogue: Rogue, sealed: Message, name: str) -> None:
    """Would work where a header is read and not authenticated."""
    assert reason(rogue.post(flipped_header(sealed, name))[0]) == "unreadable"


@pytest.mark.parametrize("name", BINDING)
def test_a_binding_that_a_carrier_flips(rogue: Rogue, sealed: Message, name: str) -> None:
    """Would work where the binding is for information."""
    assert reason(rogue.post(flipped_binding(sealed, name))[0]) == "unreadable"


@pytest.mark.parametrize("extra", [{"zip": "DEF"}, {"jku": "x"}, {"b64": False}, {"jwk": {}}])
def test_a_member_more(rogue: Rogue, sealed: Message, extra: dict[str, Any]) -> None:
    """Would work where unknown members are skipped: `jku` and `jwk` bring keys of their own."""
    changed = with_header(sealed, lambda header: {**header, **extra})
    assert reason(rogue.post(changed)[0]) == "unreadable"


@pytest.mark.parametrize("member", SEALED)
def test_sealed_bytes_that_a_carrier_flips(rogue: Rogue, sealed: Message, member: str) -> None:
    """Would work where the ciphertext can be changed and still opens."""
    assert reason(rogue.post(flipped_sealed(sealed, member))[0]) == "unreadable"


@pytest.mark.parametrize("member", ["header", "unprotected", "aad"])
def test_an_unprotected_member(rogue: Rogue, sealed: Message, member: str) -> None:
    """Would work where JOSE's unprotected headers are merged in."""
    body = sealed.members()
    body["jwe"] = {**sealed.jwe, member: "eyJhbGciOiJub25lIn0"}  # type: ignore[dict-item]
    url = f"{rogue.stage.gateways[AGENCY]}/v1/questions"
    told = rogue.stage.http.post(url, json={"v": 1, "messages": [body]}).json()["answers"][0]
    assert reason(told) == "unreadable"


@pytest.mark.parametrize(
    "body",
    [
        {"jwe": "x", "receipt": "x"},
        {"jwe": {"protected": 1}, "receipt": "x"},
        {"jwe": {}, "receipt": 1},
        {"jwe": {}},
        {"jwe": {}, "receipt": "x", "more": 1},
        [],
        None,
    ],
)
def test_what_is_no_message(rogue: Rogue, body: object) -> None:
    """Would work, as a way to stop a gateway, where what is malformed raises something else."""
    url = f"{rogue.stage.gateways[AGENCY]}/v1/questions"
    told = rogue.stage.http.post(url, json={"v": 1, "messages": [body]}).json()["answers"][0]
    assert reason(told) == "unreadable"


def test_the_receipt_of_another_message(rogue: Rogue, sealed: Message, victim: Victim) -> None:
    """Would work where the receipt, which bridges keep, need not be this message's."""
    other = rogue.seal(rogue.access(rogue.give(victim)))
    assert reason(rogue.post(Message(sealed.jwe, other.receipt))[0]) == "unreadable"


def _forger(rogue: Rogue, **changes: Any) -> Forger:
    """Return a maker of consistent messages of the real broker's keys."""
    payload = rogue.access(rogue.give(rogue.victim()))
    cb = rogue.binding(payload, AGENCY)
    sender = rogue.broker.keys.sender
    members = {
        "v": 1,
        "iss": cb.iss,
        "aud": cb.aud,
        "jti": cb.jti,
        "iat": cb.iat,
        "exp": cb.exp,
        "answer_by": cb.answer_by,
        "cid": cb.cid,
        "ckpt": {"size": cb.ckpt.size, "root": b64(cb.ckpt.root)},
    }
    return Forger(
        cb=members,
        payload=payload.to_members(),
        signer=sender.key,
        statement=sender.statement,
        to=rogue.broker.agencies.routes()[AGENCY].keys.seal,
        **changes,
    )


def test_the_forger_s_honest_message_is_answered(rogue: Rogue) -> None:
    """No attack: the messages below differ from it in one thing."""
    assert is_answered(rogue.post(_forger(rogue).message())[0])


@pytest.mark.parametrize("name", [name for name in BINDING if name != "ph"])
def test_an_envelope_that_says_something_else(rogue: Rogue, name: str) -> None:
    """Would work where outside and inside are not compared: one question, two stories about it."""

    def outside(header: dict[str, Any]) -> dict[str, Any]:
        return {**header, "cb": {**header["cb"], name: flip(header["cb"][name])}}

    assert reason(rogue.post(_forger(rogue, header=outside).message())[0]) == "unreadable"


def test_an_envelope_that_commits_to_other_bytes(rogue: Rogue) -> None:
    """Would work where `ph` is not recomputed: GCM alone lets one ciphertext open as two."""

    def outside(header: dict[str, Any]) -> dict[str, Any]:
        return {**header, "cb": {**header["cb"], "ph": b64(b"p" * 32)}}

    assert reason(rogue.post(_forger(rogue, header=outside).message())[0]) == "unreadable"


@pytest.mark.parametrize(("name", "seconds"), [("exp", 301), ("answer_by", 86_401)])
def test_a_life_that_is_too_long(rogue: Rogue, name: str, seconds: int) -> None:
    """Would work where the sender decides how long a message may be replayed."""
    forger = _forger(rogue)
    forger.cb = {**forger.cb, name: forger.cb["iat"] + seconds}
    assert reason(rogue.post(forger.message())[0]) == "unreadable"


@pytest.mark.parametrize(("name", "value"), [("iss", "izin.other"), ("aud", "bpjs_tk")])
def test_a_message_of_or_for_somebody_else(rogue: Rogue, name: str, value: str) -> None:
    """Would work where a sealed message, once opened, is answered whoever it is for."""
    forger = _forger(rogue)
    forger.cb = {**forger.cb, name: value}
    assert reason(rogue.post(forger.message())[0]) == "unreadable"


def test_a_payload_of_another_size(rogue: Rogue) -> None:
    """Would work where padding is the sender's choice: sizes would tell questions apart."""
    assert reason(rogue.post(_forger(rogue, size=16_383).message())[0]) == "unreadable"


def test_padding_that_says_something(rogue: Rogue) -> None:
    """Would work where padding is thrown away unread: a channel of 8 kB to whoever signs."""

    def members(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "pad": "x" + found["pad"][1:]}

    assert reason(rogue.post(_forger(rogue, members=members).message())[0]) == "unreadable"


STRANGER = SigningKey.from_seed(b"\x55" * 32)
VOUCHED: Mapping[str, Mapping[str, Any]] = {
    "another use": {"use": "seal"},
    "over": {"seconds": 80_000},
    "by a stranger": {"root": STRANGER},
    "of another owner": {"owner": "pkh"},
}


@pytest.mark.parametrize("change", VOUCHED.values(), ids=VOUCHED.keys())
def test_a_signing_key_that_is_not_vouched_for(
    rogue: Rogue, victim: Victim, change: Mapping[str, Any]
) -> None:
    """Would work where the message's own key is believed, or a statement is not read."""
    sender = rogue.broker.keys.sender
    said = {"use": "sign", "owner": sender.origin, "root": rogue.broker.keys.root, **change}
    statement = vouch(STRANGER.public.thumbprint, at=rogue.at, **said)
    payload = rogue.access(rogue.give(victim))
    sent = rogue.send(payload, signer=STRANGER, statement=statement)
    assert reason(sent) == "unreadable"


def test_a_key_that_another_key_s_statement_covers(rogue: Rogue, victim: Victim) -> None:
    """Would work where a statement is not compared with the key that signs."""
    payload = rogue.access(rogue.give(victim))
    assert reason(rogue.send(payload, signer=STRANGER)) == "unreadable"
