"""Attacks by a sender: the signature inside and the payload under it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.broker.forging import (
    AT,
    BROKER_KEY,
    STRANGER_KEY,
    STRANGER_ROOT,
    Forger,
    b64,
    vouch,
)
from tests.broker.sealed import (
    question,
    refusal,
)

# The signature inside


def test_a_signature_by_a_key_that_nobody_vouches_for_is_refused() -> None:
    assert "another key" in refusal(Forger(signer=STRANGER_KEY).message())


def test_a_stranger_cannot_put_the_senders_key_beside_its_own_signature() -> None:
    def named(header: dict[str, Any]) -> dict[str, Any]:
        kid = BROKER_KEY.public.thumbprint
        return {**header, "kid": kid, "pub": b64(BROKER_KEY.public.raw)}

    message = Forger(signer=STRANGER_KEY, inner_header=named).message()
    assert "signature does not verify" in refusal(message)


def test_a_key_other_than_the_one_named_is_refused() -> None:
    def named(header: dict[str, Any]) -> dict[str, Any]:
        return {**header, "kid": STRANGER_KEY.public.thumbprint}

    assert "names another key" in refusal(Forger(inner_header=named).message())


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ({"root": STRANGER_ROOT}, "names another key"),
        ({"owner": "other.example/log"}, "another owner"),
        ({"use": "seal"}, "another use"),
        ({"use": "answer"}, "another use"),
        ({"until": AT}, "expired"),
        ({"from_": AT + 1}, "not valid yet"),
        ({"key": STRANGER_KEY}, "another key"),
    ],
)
def test_a_statement_that_does_not_vouch_for_this_key_is_refused(
    statement: dict[str, Any], why: str
) -> None:
    assert why in refusal(Forger(statement=vouch(**statement)).message())


@pytest.mark.parametrize("name", ["stmt", "pub", "kid", "alg", "typ"])
def test_the_signatures_header_lacks_nothing(name: str) -> None:
    def without(header: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in header.items() if key != name}

    refusal(Forger(inner_header=without).message())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alg", "none"),
        ("alg", "HS256"),
        ("typ", "izin-answer+jws"),
        ("typ", "izin-receipt+jws"),
        ("pub", "AAAA"),
        ("stmt", ""),
        ("stmt", "a.b.c"),
        ("jwk", "x"),
        ("crit", "x"),
    ],
)
def test_the_signatures_header_is_exactly_ours(name: str, value: str) -> None:
    refusal(Forger(inner_header=lambda header: {**header, name: value}).message())


def test_the_signature_of_another_message_does_not_fit() -> None:
    other = Forger(payload={"secret": "other"}).signed().split(".")[2]
    message = Forger(inner=lambda text: f"{text.rpartition('.')[0]}.{other}").message()
    assert "signature does not verify" in refusal(message)


@pytest.mark.parametrize("text", ["", "x", "a.b", "a.b.c.d", "é", "..", "." * 20_000])
def test_sealed_bytes_that_are_no_signature_are_refused(text: str) -> None:
    refusal(Forger(inner=lambda _: text).message())


def test_a_sender_without_a_root_key_of_ours_is_refused() -> None:
    assert "names another key" in refusal(question(), sender_root=STRANGER_ROOT.public)


# The payload


@pytest.mark.parametrize(
    "padded",
    [
        lambda raw: raw.replace(b'"pad":".', b'"pad":"', 1),
        lambda raw: raw.replace(b'"pad":"', b'"pad":".', 1),
        lambda raw: raw + b" ",
        lambda _: b"",
        lambda raw: raw[:1_024],
    ],
)
def test_a_payload_of_another_size_is_refused(padded: Any) -> None:
    assert refusal(Forger(padded=padded).message()) == "the payload has not 16384 bytes"


@pytest.mark.parametrize(
    "padded",
    [
        lambda raw: raw.replace(b'..."', b'" ..', 1),
        lambda raw: raw.replace(b'{"cb":', b'{"v":1,"cb":', 1).replace(b"......", b"", 1),
        lambda raw: raw.replace(b'"secret":"', b'"secret":"x","secret":"', 1).replace(
            b"." * 13, b"", 1
        ),
        lambda raw: b"[" * 16_384,
        lambda raw: b"\xff" * 16_384,
        lambda raw: b"1" * 16_384,
    ],
)
def test_a_payload_that_is_not_canonical_or_repeats_a_member_is_refused(padded: Any) -> None:
    assert refusal(Forger(padded=padded).message()) == "the payload is not canonical JSON"


@pytest.mark.parametrize(
    ("members", "why"),
    [
        (lambda m: {**m, "pad": "x" * len(m["pad"])}, "pad is not padding"),
        (lambda m: {**m, "pad": "." * (len(m["pad"]) - 1) + "x"}, "pad is not padding"),
        (lambda m: {**m, "pad": "." * 9 + "x" + "." * (len(m["pad"]) - 10)}, "pad is not padding"),
        (lambda m: {**m, "pad": [m["pad"][2:]]}, "pad is not padding"),
        (lambda m: {**m, "v": 2}, "v of the payload"),
        (lambda m: {**m, "v": True, "pad": m["pad"][3:]}, "v of the payload"),
        (
            lambda m: {"pad": m["pad"] + "." * 6, "cb": m["cb"], "secret": m["secret"]},
            "lacks v, cb or pad",
        ),
    ],
)
def test_a_payload_with_other_padding_or_version_is_refused(members: Any, why: str) -> None:
    assert why in refusal(Forger(members=members).message())
