"""Attacks on the outer layer: whatever part or header member is changed, it does not open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from broker.envelope import (
    MAX_MESSAGE_BYTES,
    Message,
    parse_message_bytes,
)
from broker.errors import MessageError
from broker.jwe import open_content
from keys.xwing import SealedKey, SealingKey
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

# Whoever carries it changes something


@pytest.mark.parametrize("part", ["protected", "encrypted_key", "iv", "ciphertext", "tag"])
def test_no_character_of_the_envelope_can_be_changed(part: str) -> None:
    """Every one of the short parts; of the long ones, both ends and a spread of places."""
    message = question()
    text = message.jwe[part]
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
    text = message.jwe[part]
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


def test_a_byte_cannot_move_between_ek_and_encrypted_key() -> None:
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
        ("alg", "ECDH-ES", "alg is not"),
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
        ("ek", b64(b"e" * 1_120), "does not open"),
        ("ek", "", "ek has not 1120 bytes"),
        ("cb", "x", "cb does not have"),
        ("cb", {}, "cb does not have"),
    ],
)
def test_a_header_member_with_another_value_is_refused(name: str, value: Any, why: str) -> None:
    assert why in refusal(Forger(header=lambda header: {**header, name: value}).message())


@pytest.mark.parametrize("name", ["alg", "cb", "crit", "cty", "ek", "enc", "kid", "typ"])
def test_a_header_member_cannot_be_left_out(name: str) -> None:
    def without(header: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in header.items() if key != name}

    assert "exactly its members" in refusal(Forger(header=without).message())


@pytest.mark.parametrize("name", ["zip", "epk", "apu", "jku", "jwk", "x5c", "psk_id", "p2c", "b64"])
def test_a_header_member_cannot_be_added(name: str) -> None:
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


# Others' vectors


def test_the_published_vectors_of_hpke_9_ke_open(vectors: Path) -> None:
    """draft-ietf-jose-hpke-pq-pqt: through the same two decryptions as our own messages."""
    rows = json.loads((vectors / "crypto" / "jose-hpke-pq-pqt-draft00.json").read_text())
    rows = [row for row in rows if row["alg"] == "HPKE-9-KE"]
    assert rows
    for row in rows:
        recipient = SealingKey.from_seed(unb64(row["jwk"]["priv"]))
        jwe = row["flattened"]
        assert row["jwk"]["kid"] == recipient.thumbprint
        content = _open_vector(jwe, recipient, f"{jwe['protected']}.{jwe['aad']}")
        protected, encrypted_key, iv, ciphertext, tag = row["compact"].split(".")
        compact = {
            "protected": protected,
            "encrypted_key": encrypted_key,
            "iv": iv,
            "ciphertext": ciphertext,
            "tag": tag,
        }
        assert content == _open_vector(compact, recipient, protected)
        assert content.startswith(b"You can trust us")
        with pytest.raises(MessageError, match="does not open"):
            _open_vector(jwe, recipient, jwe["protected"])


def _open_vector(jwe: dict[str, str], recipient: SealingKey, authenticated: str) -> bytes:
    ek = json.loads(unb64(jwe["protected"]))["ek"]
    return open_content(
        SealedKey(unb64(ek), unb64(jwe["encrypted_key"])),
        iv=unb64(jwe["iv"]),
        ciphertext=unb64(jwe["ciphertext"]),
        tag=unb64(jwe["tag"]),
        authenticated=authenticated.encode(),
        recipient=recipient,
    )
