"""ML-DSA-44 cosignatures: what is signed, and whether a signature over it holds.

Source: C2SP tlog-cosignature ("ML-DSA-44 signed message"), FIPS 204. A signature that still says
something when Ed25519 does not any more: about the tree, by a named cosigner, at a moment.

This file must not hold a private key; making a signature is the caller's.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from audit.errors import LogUnavailableError, NoteError
from audit.tree_head import parse_checkpoint

ML_DSA_44: Final = 0x06

_LABEL = b"subtree/v1\n\x00"


def cosigned_message(name: str, text: str, at: int) -> bytes:
    """Return the bytes that the cosigner `name` signs for a checkpoint's note text.

    at: Unix seconds. The checkpoint is the subtree from leaf 0 on. Raises NoteError for a text
    with extension lines: the message does not cover them, so the signature would seem to.
    """
    checkpoint = parse_checkpoint(text)
    if checkpoint.extensions:
        raise NoteError("an ML-DSA-44 cosignature does not cover extension lines")
    parts = (
        _LABEL,
        _short(name),
        at.to_bytes(8, "big"),
        _short(checkpoint.origin),
        bytes(8),
        checkpoint.size.to_bytes(8, "big"),
        checkpoint.root,
    )
    return b"".join(parts)


def check_cosigned(key: bytes, signature: bytes, *, name: str, text: str, at: int) -> None:
    """Raise NoteError unless `signature` (2,420 bytes) of `key` (1,312) is over the checkpoint.

    Raises LogUnavailableError where this machine's OpenSSL does not know ML-DSA: then nothing can
    be said of the signature, for or against.
    """
    message = cosigned_message(name, text, at)
    try:
        MLDSA44PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise NoteError("the signature of a known key does not hold") from None
    except UnsupportedAlgorithm:
        raise LogUnavailableError("this machine cannot check ML-DSA signatures") from None


def _short(text: str) -> bytes:
    """Return a name behind its length in one byte."""
    raw = text.encode()
    if not 1 <= len(raw) <= 255:
        raise NoteError("a cosigner and an origin have 1 to 255 bytes")
    return bytes([len(raw)]) + raw
