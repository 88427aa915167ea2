"""Ed25519: the verdicts of an outside test suite, the names of keys, and no seed ever shown."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import base64url
from keys.errors import KeysError
from keys.signing import NamedSigner, SigningKey, VerifyKey

# RFC 8037 appendix A.1 to A.3.
RFC_8037_D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
RFC_8037_JWK = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
RFC_8037_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def _accepted(key: VerifyKey, message: bytes, signature: bytes) -> bool:
    try:
        key.verify(message, signature)
    except KeysError:
        return False
    return True


def test_every_wycheproof_verdict_is_ours(vectors: Path) -> None:
    suite = json.loads((vectors / "crypto" / "wycheproof-ed25519.json").read_text())
    wrong: list[int] = []
    tried = 0
    for group in suite["testGroups"]:
        key = VerifyKey(bytes.fromhex(group["publicKey"]["pk"]))
        for case in group["tests"]:
            verdict = _accepted(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            tried += 1
            if verdict != (case["result"] == "valid"):
                wrong.append(case["tcId"])
    assert suite["numberOfTests"] == tried
    assert wrong == []


def test_a_key_has_the_thumbprint_of_rfc_8037() -> None:
    assert VerifyKey.from_jwk(RFC_8037_JWK).thumbprint == RFC_8037_THUMBPRINT


def test_a_seed_makes_the_public_key_of_rfc_8037() -> None:
    assert SigningKey.from_seed(base64url.decode(RFC_8037_D)).public.jwk() == RFC_8037_JWK


def test_the_all_zero_key_accepts_nothing() -> None:
    """A small-order key would accept one signature for any message."""
    small = VerifyKey(bytes(32))
    assert not _accepted(small, b"anything", bytes(64))


def test_a_signature_verifies_and_its_tampered_twins_do_not(
    key: SigningKey, other_key: SigningKey
) -> None:
    signature = key.sign(b"message")
    key.public.verify(b"message", signature)
    assert not _accepted(key.public, b"messagf", signature)
    assert not _accepted(other_key.public, b"message", signature)
    for bit in range(0, 512, 7):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << (bit % 8)
        assert not _accepted(key.public, b"message", bytes(flipped))


@pytest.mark.parametrize("length", [0, 63, 65, 96])
def test_a_signature_of_another_length_is_refused(key: SigningKey, length: int) -> None:
    with pytest.raises(KeysError):
        key.public.verify(b"", bytes(length))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_keys_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(KeysError):
        VerifyKey(bytes(length))
    with pytest.raises(KeysError):
        SigningKey.from_seed(bytes(length))


def test_no_repr_shows_a_seed() -> None:
    seed = bytes(range(32))
    key = SigningKey.from_seed(seed)
    for text in (repr(key), str(key), repr(NamedSigner("log", key)), f"{key}"):
        assert base64url.encode(seed) not in text
        assert seed.hex() not in text
        assert repr(seed)[2:-1] not in text


def test_a_key_cannot_be_changed(key: SigningKey) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        key.public = VerifyKey(bytes(32))  # type: ignore[misc]


def test_a_named_signer_signs_with_its_key(key: SigningKey) -> None:
    signer = NamedSigner("izin.example/log", key)
    assert key.public.raw == signer.public_key
    key.public.verify(b"note", signer.sign(b"note"))


@pytest.mark.parametrize(
    "change",
    [
        {"d": RFC_8037_D},
        {"alg": "EdDSA"},
        {"kty": "EC"},
        {"crv": "X25519"},
        {"x": RFC_8037_JWK["x"] + "="},
        {"x": "AAAA"},
        {"x": 1},
        {"x": None},
    ],
)
def test_another_jwk_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(KeysError):
        VerifyKey.from_jwk({**RFC_8037_JWK, **change})


_JSON: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.text(max_size=50)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "kty": _JSON | st.just("OKP"),
            "crv": _JSON | st.just("Ed25519"),
            "x": _JSON | st.just(RFC_8037_JWK["x"]),
            "d": _JSON,
        },
    )
)
def test_any_jwk_is_read_strictly_or_refused(jwk: dict[str, Any]) -> None:
    try:
        key = VerifyKey.from_jwk(jwk)
    except KeysError:
        return
    assert jwk == key.jwk()
