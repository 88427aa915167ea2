"""X-Wing keys: others' vectors, and keys or sealed keys that are not what they must be."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import KeysError
from keys.xwing import (
    EK_BYTES,
    ENCRYPTED_KEY_BYTES,
    PUBLIC_BYTES,
    PublicSealingKey,
    SealedKey,
    SealingKey,
)

KEY = SealingKey.from_seed(b"\x01" * 32)
OTHER = SealingKey.from_seed(b"\x02" * 32)
CONTENT_KEY = bytes(range(32))


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def flipped(raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def test_a_sealed_key_opens_for_its_recipient_only() -> None:
    sealed = KEY.public.seal_key(CONTENT_KEY)
    assert KEY.open_key(sealed) == CONTENT_KEY
    with pytest.raises(KeysError, match="does not open"):
        OTHER.open_key(sealed)


def test_one_key_sealed_twice_never_looks_the_same() -> None:
    assert KEY.public.seal_key(CONTENT_KEY) != KEY.public.seal_key(CONTENT_KEY)


def test_sizes_are_those_of_the_draft() -> None:
    sealed = KEY.public.seal_key(CONTENT_KEY)
    assert (
        len(KEY.public.raw),
        len(sealed.ek),
        len(sealed.encrypted_key),
    ) == (1_216, 1_120, 48)


@pytest.mark.parametrize("place", [0, 500, 1_087, 1_088, 1_118])
def test_no_bit_of_the_encapsulation_can_be_changed(place: int) -> None:
    sealed = KEY.public.seal_key(CONTENT_KEY)
    with pytest.raises(KeysError, match="does not open"):
        KEY.open_key(SealedKey(flipped(sealed.ek, place), sealed.encrypted_key))


@pytest.mark.parametrize("place", range(ENCRYPTED_KEY_BYTES))
def test_no_bit_of_the_encrypted_key_can_be_changed(place: int) -> None:
    sealed = KEY.public.seal_key(CONTENT_KEY)
    with pytest.raises(KeysError, match="does not open"):
        KEY.open_key(SealedKey(sealed.ek, flipped(sealed.encrypted_key, place)))


def test_the_split_of_a_sealed_key_is_part_of_it() -> None:
    sealed = KEY.public.seal_key(CONTENT_KEY)
    whole = sealed.ek + sealed.encrypted_key
    with pytest.raises(KeysError, match="size"):
        KEY.open_key(SealedKey(whole[: EK_BYTES - 1], whole[EK_BYTES - 1 :]))


@given(st.binary(max_size=1_200), st.binary(max_size=80))
def test_any_bytes_are_refused_by_our_error(ek: bytes, encrypted_key: bytes) -> None:
    with pytest.raises(KeysError):
        KEY.open_key(SealedKey(ek, encrypted_key))


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_seeds_and_content_keys_have_32_bytes(size: int) -> None:
    with pytest.raises(KeysError):
        SealingKey.from_seed(b"s" * size)
    with pytest.raises(KeysError):
        KEY.public.seal_key(b"k" * size)


def test_a_key_reads_back_from_its_jwk() -> None:
    assert KEY.public == PublicSealingKey.from_jwk(KEY.public.jwk())
    assert KEY.thumbprint == PublicSealingKey.from_jwk(KEY.public.jwk()).thumbprint


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "HPKE-9"},
        {"alg": "ECDH-ES"},
        {"alg": ["HPKE-9-KE"]},
        {"kty": "OKP"},
        {"priv": "x"},
        {"kid": "x"},
        {"pub": 1},
        {"pub": ""},
        {"pub": KEY.public.jwk()["pub"][:-1]},
        {"pub": KEY.public.jwk()["pub"] + "="},
        {"pub": KEY.public.jwk()["pub"][:-1] + "\n"},
        {"pub": "é" * 1_622},
        {"pub": "\ud800" * 1_622},
        {"pub": "_" * 1_622},  # coefficients of the ML-KEM part above the modulus
        {"pub": "A" * 10_000_000},
    ],
)
def test_a_jwk_that_we_would_not_write_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(KeysError):
        PublicSealingKey.from_jwk({**KEY.public.jwk(), **change})


@pytest.mark.parametrize("name", ["kty", "alg", "pub"])
def test_a_jwk_lacks_nothing(name: str) -> None:
    jwk = KEY.public.jwk()
    del jwk[name]
    with pytest.raises(KeysError, match="exactly"):
        PublicSealingKey.from_jwk(jwk)


def test_stray_last_bits_make_no_second_spelling_of_a_key() -> None:
    jwk = KEY.public.jwk()
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(jwk["pub"][-1])
    other = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last ^ 1]
    with pytest.raises(KeysError):
        PublicSealingKey.from_jwk({**jwk, "pub": jwk["pub"][:-1] + other})


def test_the_repr_of_a_key_pair_shows_no_secret() -> None:
    seed = b"\x03" * 32
    assert repr(seed)[2:-1] not in repr(SealingKey.from_seed(seed))
    assert "_key" not in repr(SealingKey.from_seed(seed))


# Others' vectors


def test_the_published_key_grows_from_its_seed(vectors: Path) -> None:
    """draft-ietf-jose-hpke-pq-pqt: public key and thumbprint of the HPKE-9-KE rows."""
    rows = json.loads((vectors / "crypto" / "jose-hpke-pq-pqt-draft00.json").read_text())
    rows = [row for row in rows if row["alg"] == "HPKE-9-KE"]
    assert rows
    for row in rows:
        jwk = row["jwk"]
        key = SealingKey.from_seed(unb64(jwk["priv"]))
        assert jwk["pub"] == key.public.jwk()["pub"]
        assert jwk["kid"] == key.thumbprint
        sealed = SealedKey(
            unb64(json.loads(unb64(row["flattened"]["protected"]))["ek"]),
            unb64(row["flattened"]["encrypted_key"]),
        )
        assert len(key.open_key(sealed)) == 32


def test_the_x_wing_rows_of_hpke_agree_with_our_keys(vectors: Path) -> None:
    """draft-ietf-hpke-pq, KEM 0x647a: the same seeds give the same public keys.

    Its rows use other KDFs and AEADs than HPKE-9-KE and an AAD, which the single-shot interface
    of `cryptography` does not take; the decryption itself is covered by the JOSE vectors.
    """
    rows = json.loads((vectors / "crypto" / "hpke-pq-draft.json").read_text())
    rows = [row for row in rows if row["kem_id"] == 0x647A]
    assert rows
    for row in rows:
        key = SealingKey.from_seed(bytes.fromhex(row["skRm"]))
        assert bytes.fromhex(row["pkRm"]) == key.public.raw
        assert len(bytes.fromhex(row["enc"])) == EK_BYTES
        assert len(key.public.raw) == PUBLIC_BYTES


def test_the_mlkem_part_passes_wycheproof(vectors: Path) -> None:
    """Public keys and shared secrets of the library that the keys are made of."""
    data = json.loads((vectors / "crypto" / "wycheproof-mlkem_768.json").read_text())
    checked = 0
    for group in data["testGroups"]:
        for case in group["tests"]:
            checked += 1
            right = case["result"] == "valid"
            try:
                mlkem = MLKEM768PrivateKey.from_seed_bytes(bytes.fromhex(case["seed"]))
                secret = mlkem.decapsulate(bytes.fromhex(case["c"]))
            except ValueError:
                assert not right, case["tcId"]
                continue
            agrees = secret.hex() == case.get("K")
            if "ek" in case:
                agrees = agrees and mlkem.public_key().public_bytes_raw().hex() == case["ek"]
            assert right == agrees, case["tcId"]
    assert checked


def test_the_x25519_part_passes_wycheproof(vectors: Path) -> None:
    """Also: a key whose X25519 half is a point of low order cannot be sealed to."""
    data = json.loads((vectors / "crypto" / "wycheproof-x25519.json").read_text())
    mlkem = KEY.public.raw[:1_184]
    for group in data["testGroups"]:
        for case in group["tests"]:
            public = bytes.fromhex(case["public"])
            low_order = not any(bytes.fromhex(case["shared"]))
            private = X25519PrivateKey.from_private_bytes(bytes.fromhex(case["private"]))
            sealing = PublicSealingKey.from_bytes(mlkem + public)
            if low_order:
                with pytest.raises(KeysError):
                    sealing.seal_key(CONTENT_KEY)
                continue
            shared = private.exchange(X25519PublicKey.from_public_bytes(public))
            assert case["shared"] == shared.hex()
            sealing.seal_key(CONTENT_KEY)


def test_the_info_of_the_draft_is_bound_in() -> None:
    """A content key sealed for another content encryption does not open for this one."""
    grown = hashlib.shake_256(b"\x01" * 32).digest(96)
    public = hpke.MLKEM768X25519PublicKey(
        MLKEM768PrivateKey.from_seed_bytes(grown[:64]).public_key(),
        X25519PrivateKey.from_private_bytes(grown[64:]).public_key(),
    )
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.SHAKE256, hpke.AEAD.AES_256_GCM)
    for enc, opens in ((b"A256GCM", True), (b"A128GCM", False)):
        sealed = suite.encrypt(CONTENT_KEY, public, b"JOSE-HPKE rcpt\xff" + enc + b"\xff")
        parts = SealedKey(sealed[:EK_BYTES], sealed[EK_BYTES:])
        if opens:
            assert KEY.open_key(parts) == CONTENT_KEY
        else:
            with pytest.raises(KeysError):
                KEY.open_key(parts)
