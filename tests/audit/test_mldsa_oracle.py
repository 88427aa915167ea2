"""Our ML-DSA-44 cosignatures beside FIPS 204 as others wrote it, in both directions."""

from __future__ import annotations

import pytest
from dilithium_py.ml_dsa import ML_DSA_44

from audit.errors import NoteError
from audit.mldsa import check_cosigned, cosigned_message
from keys.mldsa import CosigningKey

NAME, AT = "log.example", 1_795_500_000
TEXT = f"{NAME}\n600\n{'A' * 43}=\n"
SEEDS = [bytes(32), bytes(range(32)), b"\xff" * 32]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_makes_the_same_key(seed: bytes) -> None:
    public, _ = ML_DSA_44.key_derive(seed)
    assert public == CosigningKey.from_seed(seed).public.raw


@pytest.mark.parametrize("seed", SEEDS)
def test_what_we_sign_holds_for_others(seed: bytes) -> None:
    key = CosigningKey.from_seed(seed)
    message = cosigned_message(NAME, TEXT, AT)
    signature = key.sign(message)
    assert ML_DSA_44.verify(key.public.raw, message, signature)
    assert not ML_DSA_44.verify(key.public.raw, message + b"\x00", signature)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_others_sign_holds_for_us(seed: bytes) -> None:
    public, secret = ML_DSA_44.key_derive(seed)
    signature = ML_DSA_44.sign(secret, cosigned_message(NAME, TEXT, AT))
    check_cosigned(public, signature, name=NAME, text=TEXT, at=AT)
    with pytest.raises(NoteError):
        check_cosigned(public, signature, name=NAME, text=TEXT, at=AT + 1)
    with pytest.raises(NoteError):
        check_cosigned(
            public, bytes([signature[0] ^ 1]) + signature[1:], name=NAME, text=TEXT, at=AT
        )


def test_a_signature_in_another_context_does_not_hold() -> None:
    """FIPS 204 signs a context beside the message; ours is empty, as C2SP says."""
    public, secret = ML_DSA_44.key_derive(SEEDS[0])
    signature = ML_DSA_44.sign(secret, cosigned_message(NAME, TEXT, AT), ctx=b"other")
    with pytest.raises(NoteError):
        check_cosigned(public, signature, name=NAME, text=TEXT, at=AT)
