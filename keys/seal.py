"""Sealing at rest: what the database holds about a person or a key is ciphertext.

Pure: key and nonce come in as arguments. The context is bound as associated data, so that
whoever can write to the database cannot move a sealed value to another row or column.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from keys.errors import KeysError

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
VERSION = b"\x01"
"""First byte of every sealed value; 1 is AES-256-GCM-SIV (RFC 8452)."""

_OVERHEAD = len(VERSION) + NONCE_BYTES + TAG_BYTES


def seal(key: bytes, plaintext: bytes, *, context: str, nonce: bytes) -> bytes:
    """Return version || nonce || ciphertext and tag.

    key: 32 bytes. nonce: 12 random bytes. GCM-SIV, because a nonce that repeats (a cloned
    virtual machine, a restored snapshot) then shows only that two plaintexts are equal.
    """
    if len(nonce) != NONCE_BYTES:
        raise KeysError("a sealing nonce has 12 bytes")
    return VERSION + nonce + _cipher(key).encrypt(nonce, plaintext, _bound(context))


def open_sealed(key: bytes, sealed: bytes, *, context: str) -> bytes:
    """Return the plaintext; raises KeysError for another key or context, or altered bytes."""
    if len(sealed) < _OVERHEAD:
        raise KeysError("a sealed value is cut short")
    if sealed[:1] != VERSION:
        raise KeysError("a sealed value of another version")
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return _cipher(key).decrypt(nonce, ciphertext, _bound(context))
    except InvalidTag as exc:
        raise KeysError("a sealed value has another key or context, or was altered") from exc


def _cipher(key: bytes) -> AESGCMSIV:
    if len(key) != KEY_BYTES:
        raise KeysError("a sealing key has 32 bytes")
    return AESGCMSIV(key)


def _bound(context: str) -> bytes:
    return b"izin/v1/seal/" + context.encode("utf-8")
