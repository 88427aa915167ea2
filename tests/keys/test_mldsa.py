"""ML-DSA-44 keys: grown from a seed, named by their public half, silent about the seed."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from keys.errors import KeysError
from keys.mldsa import CosigningKey, NamedCosigner, PublicCosigningKey

SEED = b"\x31" * 32
KEY = CosigningKey.from_seed(SEED)


def test_a_seed_gives_the_same_key_again() -> None:
    assert KEY.public == CosigningKey.from_seed(SEED).public
    assert KEY.public != CosigningKey.from_seed(b"\x32" * 32).public


def test_a_signature_holds_over_its_message_alone() -> None:
    signature = KEY.sign(b"message")
    public = MLDSA44PublicKey.from_public_bytes(KEY.public.raw)
    public.verify(signature, b"message")
    assert 2_420 == len(signature)
    with pytest.raises(InvalidSignature):
        public.verify(signature, b"massage")


def test_a_key_is_named_by_its_jwk() -> None:
    assert ["alg", "kty", "pub"] == sorted(KEY.public.jwk())
    assert 43 == len(KEY.public.thumbprint)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_another_length_is_refused(size: int) -> None:
    with pytest.raises(KeysError):
        CosigningKey.from_seed(bytes(size))
    with pytest.raises(KeysError):
        PublicCosigningKey(bytes(size))


def test_a_key_does_not_show_its_seed() -> None:
    for shown in (repr(KEY), repr(NamedCosigner("izin.example", KEY))):
        assert SEED.hex() not in shown
        assert repr(SEED) not in shown
