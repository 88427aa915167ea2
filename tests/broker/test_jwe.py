"""Attacks on the outer layer: whatever part or header member is changed, it does not open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from broker.envelope import (
    MAX_MESSAGE_BYTES,
    Message,
    parse_message_bytes,
)
from broker.errors import MessageError
from tests.broker.forging import (
    Forger,
    b64,
    jcs,
    unb64,
)
from tests.broker.sealed import (
    flipped,
    question,
    refusal,
)

pytestmark = pytest.mark.usefixtures("profile")  # every test for both algorithms

# Whoever carries it changes something


@pytest.mark.parametrize("part", ["protected", "encrypted_key", "iv", "ciphertext", "tag"])
def test_no_character_of_the_envelope_can_be_changed(part: str) -> None:
    """Every one of the short parts; of the long ones, both ends and a spread of places."""
    message = question()
    text = message.jwe.get(part, "")
    if not text:  # ECDH-ES encrypts no key: the member itself is too much
        assert "exactly its members" in refusal(
            Message({**message.jwe, part: "AAAA"}, message.receipt)
        )
        return
    step = max(1, len(text) // 40)
    for place in {*range(0, len(text), step), len(text) - 1, len(text) - 2}:
        refusal(Message({**message.jwe, part: flipped(text, place)}, message.receipt))


def test_no_character_of_the_receipt_can_be_changed() -> None:
    message = question()
    for place in range(0, len(message.receipt), 7):
        refusal(Message(message.jwe, flipped(message.receipt, place)))


@pytest.mark.parametrize("part", ["protected", "encrypted_key", "iv", "ciphertext", "tag"])
def test_no_part_can_be_missing_empty_shorter_longer_or_padded(part: str) -> None:
    message = question()
    text = message.jwe.get(part, "A" * 64)
    if part in message.jwe:
        without = {name: member for name, member in message.jwe.items() if name != part}
        refusal(Message(without, message.receipt))
    for other in ("", text[:-1], text[:-4], text + "A", text + "AAAA", text + "=", text + "\n"):
        refusal(Message({**message.jwe, part: other}, message.receipt))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("header", {"alg": "dir"}),
        ("header", {}),
        ("unprotected", {"epk": "x"}),
        ("unprotected", {}),
        ("aad", "AAAA"),
        ("aad", ""),
        ("recipients", []),
        ("zip", "DEF"),
    ],
)
def test_members_that_nobody_authenticates_are_refused(name: str, value: Any) -> None:
    message = question()
    assert "exactly its members" in refusal(Message({**message.jwe, name: value}, message.receipt))
    # Even where the sender itself made them and signed a receipt for them.
    assert "exactly its members" in refusal(Forger(jwe=lambda jwe: {**jwe, name: value}).message())


def test_parts_of_two_messages_do_not_make_a_third() -> None:
    one, two = question({"secret": "1"}), question({"secret": "2"})
    for part in one.jwe:
        if one.jwe[part] != two.jwe[part]:
            refusal(Message({**one.jwe, part: two.jwe[part]}, one.receipt))
    assert "receipt" in refusal(Message(one.jwe, two.receipt))


@pytest.mark.parametrize("profile", ["HPKE-9-KE"], indirect=True)
def test_a_byte_cannot_move_between_ek_and_encrypted_key(profile: str) -> None:
    """HPKE takes both as one text, so only the sizes keep the split where it belongs."""

    def moved(jwe: dict[str, Any]) -> dict[str, Any]:
        header = json.loads(unb64(jwe["protected"]))
        whole = unb64(header["ek"]) + unb64(jwe["encrypted_key"])
        header["ek"] = b64(whole[:1_119])
        return {**jwe, "protected": b64(jcs(header)), "encrypted_key": b64(whole[1_119:])}

    assert "ek has not 1120 bytes" in refusal(Forger(jwe=moved).message())


# The sender itself breaks the header, consistently sealed


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("alg", "HPKE-9", "alg is not"),
        ("alg", "HPKE-4-KE", "alg is not"),
        ("alg", "ECDH-ES+A256KW", "alg is not"),
        ("alg", "ecdh-es", "alg is not"),
        ("alg", {}, "alg is not"),
        ("alg", "dir", "alg is not"),
        ("alg", "none", "alg is not"),
        ("alg", 1, "alg is not"),
        ("alg", [], "alg is not"),
        ("enc", "A128GCM", "enc is another"),
        ("enc", "A256CBC-HS512", "enc is another"),
        ("enc", True, "enc is another"),
        ("crit", [], "crit"),
        ("crit", ["cb", "exp"], "crit"),
        ("crit", ["cb", "cb"], "crit"),
        ("crit", "cb", "crit"),
        ("typ", "JWE", "typ is neither"),
        ("typ", "izin-answer+jwe", "cty does not belong"),
        ("typ", 1, "typ is neither"),
        ("cty", "izin-answer+jws", "cty does not belong"),
        ("cty", "JWT", "cty does not belong"),
        ("kid", b64(b"k" * 32), "another key"),
        ("kid", "x", "kid has not 32 bytes"),
        ("kid", 1, "kid"),
        ("cb", "x", "cb does not have"),
        ("cb", {}, "cb does not have"),
    ],
)
def test_a_header_member_with_another_value_is_refused(name: str, value: Any, why: str) -> None:
    assert why in refusal(Forger(header=lambda header: {**header, name: value}).message())


@pytest.mark.parametrize("name", ["alg", "cb", "crit", "cty", "lead", "enc", "kid", "typ"])
def test_a_header_member_cannot_be_left_out(profile: str, name: str) -> None:
    if name == "lead":
        name = "ek" if profile == "HPKE-9-KE" else "epk"

    def without(header: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in header.items() if key != name}

    assert "exactly its members" in refusal(Forger(header=without).message())


@pytest.mark.parametrize(
    "name", ["zip", "lead", "apu", "apv", "jku", "jwk", "x5c", "psk_id", "p2c", "b64"]
)
def test_a_header_member_cannot_be_added(profile: str, name: str) -> None:
    if name == "lead":  # of the other profile
        name = "epk" if profile == "HPKE-9-KE" else "ek"
    message = Forger(header=lambda header: {**header, name: "x"}).message()
    assert "exactly its members" in refusal(message)


@pytest.mark.parametrize(
    "spelled",
    [
        lambda raw: json.dumps(dict(reversed(json.loads(raw).items()))).encode(),
        lambda raw: json.dumps(
            dict(reversed(json.loads(raw).items())), separators=(",", ":")
        ).encode(),
        lambda raw: raw + b"\n",
        lambda raw: b" " + raw,
        lambda raw: raw.replace(b'"alg":', b'"alg":"dir","alg":', 1),
        lambda raw: raw.replace(b'"enc":"A256GCM"', b'"enc":"A256GCM","enc":"A256GCM"', 1),
        lambda raw: raw.replace(b'"A256GCM"', b'"\\u0041256GCM"', 1),
        lambda raw: raw.replace(b'"v":1', b'"v":1.0', 1),
        lambda raw: raw.replace(b'"v":1', b'"v":1e0', 1),
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: raw[:-1],
        lambda raw: b"[" * 1_500,
        lambda raw: b"[]",
        lambda raw: b"\xff\xfe",
    ],
)
def test_a_header_in_another_order_or_spelling_is_refused(spelled: Any) -> None:
    assert "canonical" in refusal(Forger(header_bytes=spelled).message())


def test_a_huge_header_is_refused_before_it_is_read() -> None:
    message = question()
    huge = Message({**message.jwe, "protected": "A" * 10_000_000}, message.receipt)
    assert "jwe.protected is not a text of the size" in refusal(huge)


def test_a_huge_ciphertext_is_refused_before_it_is_read() -> None:
    message = question()
    huge = Message({**message.jwe, "ciphertext": "A" * 10_000_000}, message.receipt)
    assert "jwe.ciphertext is not a text of the size" in refusal(huge)


def test_a_huge_message_is_refused_before_it_is_read() -> None:
    with pytest.raises(MessageError, match="too long"):
        parse_message_bytes(b"[" * (MAX_MESSAGE_BYTES + 1))
