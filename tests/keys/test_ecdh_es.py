"""P-256 sealing keys: what is agreed on, and every key and point that is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from keys import base64url
from keys.ecdh_es import EcdhKey, PublicEcdhKey, derive_key, format_point, read_point
from keys.errors import KeysError
from keys.profiles import DEFAULT, PROFILES, grow_key, grow_named, read_public_key
from keys.sealing import SealedKey

KEY = EcdhKey.from_seed(b"\x07" * 32)
OTHER = EcdhKey.from_seed(b"\x08" * 32)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


def randomness(size: int) -> bytes:
    return hashlib.shake_256(b"ephemeral").digest(size)


# What is right


def test_both_sides_agree_on_a_key_that_nobody_else_has() -> None:
    drawn = KEY.public.draw_key(randomness)
    assert len(drawn.content_key) == 32
    assert drawn.sealed.encrypted_key == b""
    assert KEY.open_key(drawn.sealed) == drawn.content_key
    assert OTHER.open_key(drawn.sealed) != drawn.content_key


def test_every_message_has_a_key_of_its_own() -> None:
    one, two = (KEY.public.draw_key(lambda size, x=x: bytes([x]) * size) for x in (1, 2))
    assert one.content_key != two.content_key
    assert one.sealed.ek != two.sealed.ek


def test_the_example_of_rfc_7518_appendix_c() -> None:
    """Alice's ephemeral key, Bob's static one, A128GCM and both parties named."""
    bob = {
        "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
        "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
    }
    alice = {
        "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
        "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
        "d": "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo",
    }
    static = _private(bob["d"])
    ephemeral = _private(alice["d"])
    point = EcdhKey.from_key(ephemeral).public
    assert point.jwk()["x"] == alice["x"]
    assert point.jwk()["y"] == alice["y"]
    shared = static.exchange(ec.ECDH(), ephemeral.public_key())
    key = derive_key(shared, algorithm=b"A128GCM", party_u=b"Alice", party_v=b"Bob", size=16)
    assert base64url.encode(key) == "VqqN6vgjbSBcIijNcacQGg"


def test_the_name_of_a_key_is_what_others_call_it() -> None:
    theirs = ECKey.import_key({**KEY.public.jwk()})
    assert theirs.thumbprint() == KEY.thumbprint == KEY.public.thumbprint


def test_a_jwk_survives_the_way() -> None:
    assert read_public_key(KEY.public.jwk()) == KEY.public
    assert PublicEcdhKey.from_bytes(KEY.public.raw) == KEY.public


def test_no_repr_shows_the_secret() -> None:
    scalar = KEY._key.private_numbers().private_value
    assert str(scalar) not in repr(KEY)
    assert hex(scalar)[2:] not in repr(KEY)


# Profiles


@pytest.mark.parametrize("algorithm", PROFILES)
def test_a_key_knows_its_algorithm_and_is_found_by_its_name(algorithm: str) -> None:
    key = grow_key(algorithm, b"\x09" * 32)
    assert algorithm == key.algorithm == key.public.algorithm == key.public.jwk()["alg"]
    found = grow_named(key.thumbprint, b"\x09" * 32)
    assert found is not None
    assert found.algorithm == algorithm
    assert grow_named(key.thumbprint, b"\x0a" * 32) is None
    assert read_public_key(key.public.jwk()).thumbprint == key.thumbprint


def test_the_default_is_post_quantum() -> None:
    assert DEFAULT == "HPKE-9-KE"


@pytest.mark.parametrize("algorithm", PROFILES)
@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_seed_of_another_size_is_refused(algorithm: str, size: int) -> None:
    with pytest.raises(KeysError):
        grow_key(algorithm, b"\x09" * size)


# What is refused


@pytest.mark.parametrize(
    "changed",
    [
        {"alg": "HPKE-9-KE"},
        {"alg": "ECDH-ES+A256KW"},
        {"alg": None},
        {"alg": ["ECDH-ES"]},
        {"kty": "OKP"},
        {"crv": "P-384"},
        {"crv": "secp256k1"},
        {"d": "AAAA"},
        {"kid": "me"},
        {"x": base64url.encode(bytes(32))},
        {"x": base64url.encode(b"\xff" * 32)},
        {"x": base64url.encode(bytes(31))},
        {"y": base64url.encode(bytes(33))},
        {"x": "!" * 43},
        {"x": 5},
        {"y": ""},
    ],
)
def test_another_jwk_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(KeysError):
        read_public_key({**KEY.public.jwk(), **changed})


@pytest.mark.parametrize("name", ["alg", "kty", "crv", "x", "y"])
def test_a_member_cannot_be_left_out(name: str) -> None:
    jwk = KEY.public.jwk()
    del jwk[name]
    with pytest.raises(KeysError):
        read_public_key(jwk)


def test_a_key_of_another_curve_is_refused() -> None:
    with pytest.raises(KeysError, match="P-256"):
        EcdhKey.from_key(ec.derive_private_key(5, ec.SECP384R1()))


@pytest.mark.parametrize(
    "sealed",
    [
        SealedKey(b"", b""),
        SealedKey(bytes(64), b""),
        SealedKey(b"\xff" * 64, b""),
        SealedKey(KEY.public.raw[:63], b""),
        SealedKey(KEY.public.raw + b"\x00", b""),
        SealedKey(b"\x04" + KEY.public.raw, b""),
        SealedKey(KEY.public.raw[32:] + KEY.public.raw[:32], b""),
        SealedKey(KEY.public.raw, b"x"),
    ],
)
def test_a_point_that_is_none_is_refused(sealed: SealedKey) -> None:
    with pytest.raises(KeysError):
        KEY.open_key(sealed)


def test_too_little_randomness_is_refused() -> None:
    with pytest.raises(KeysError, match="too few"):
        KEY.public.draw_key(lambda _: b"short")


# Others' vectors


def test_every_wycheproof_point_is_agreed_on_or_refused(vectors: Path) -> None:
    """Those whose public key is a plain point; other encodings do not exist here."""
    told = json.loads((vectors / "crypto" / "wycheproof-ecdh_secp256r1.json").read_text())
    ran = 0
    for test in told["testGroups"][0]["tests"]:
        public = bytes.fromhex(test["public"])
        if not public.startswith(SPKI) or len(public) != len(SPKI) + 64:
            continue
        ran += 1
        key = EcdhKey.from_key(ec.derive_private_key(int(test["private"], 16), ec.SECP256R1()))
        sealed = SealedKey(public[len(SPKI) :], b"")
        if test["result"] == "invalid":
            with pytest.raises(KeysError):
                key.open_key(sealed)
        else:
            assert key.open_key(sealed) == derive_key(bytes.fromhex(test["shared"]))
    assert ran > 20


# Parsers raise our error only

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(st.sampled_from(["alg", "kty", "crv", "x", "y", "z"]), json_values)
def test_any_member_of_a_jwk_reads_back_or_is_our_error(name: str, value: Any) -> None:
    jwk = {**KEY.public.jwk(), name: value}
    try:
        found = read_public_key(jwk)
    except KeysError:
        return
    assert found.jwk() == jwk


@given(json_values)
def test_any_value_is_a_point_or_our_error(value: Any) -> None:
    with pytest.raises(KeysError):
        read_point(value)


@given(st.binary(min_size=64, max_size=64))
def test_a_point_s_bytes_survive_the_way(raw: bytes) -> None:
    assert read_point(format_point(raw)) == raw


@given(st.binary(max_size=70), st.binary(max_size=2))
def test_any_sealed_key_gives_a_key_or_our_error(ek: bytes, encrypted_key: bytes) -> None:
    try:
        assert len(KEY.open_key(SealedKey(ek, encrypted_key))) == 32
    except KeysError:
        return


def _private(d: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(base64url.decode(d)), ec.SECP256R1())
