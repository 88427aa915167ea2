"""The key-encryption key (KEK): the one secret that opens all others.

Pure: the protocol that every provider satisfies, and the version of it that computes with a KEK
in memory. Where the KEK is kept, and how it is read, is a provider's business (`keys.providers`).
Nothing else in Izin sees a KEK, so that one in an HSM fits behind the same three methods.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys import seal
from keys.errors import KeysError

KEK_BYTES = 32
RandomBytes = Callable[[int], bytes]


class KekProvider(Protocol):
    """What holds the KEK.

    A provider guarantees: what it wrapped opens only under the same context; `mac` gives the same
    value for as long as the KEK lives, and values under two labels tell nothing about each other;
    any doubt is a KeysError, never a default.
    """

    def wrap(self, key: bytes, context: str) -> bytes:
        """Return `key` encrypted, bound to `context`."""
        ...

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """Return the key; raises KeysError for another KEK or context, or altered bytes."""
        ...

    def mac(self, label: str, data: bytes) -> bytes:
        """Return HMAC-SHA256 of `data` under the pepper named `label`, which never leaves."""
        ...


class LocalKek:
    """A KEK held in this process's memory."""

    def __init__(self, kek: bytes, *, random: RandomBytes) -> None:
        """Take the KEK (32 bytes) and a source of random bytes for nonces."""
        if len(kek) != KEK_BYTES:
            raise KeysError("a KEK has 32 bytes")
        self._kek = kek
        self._wrapping_key = _derive(kek, "wrap")
        self._random = random

    def wrap(self, key: bytes, context: str) -> bytes:
        """Return `key` encrypted, bound to `context`."""
        nonce = self._random(seal.NONCE_BYTES)
        return seal.seal(self._wrapping_key, key, context=context, nonce=nonce)

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """Return the key; raises KeysError for another KEK or context, or altered bytes."""
        return seal.open_sealed(self._wrapping_key, wrapped, context=context)

    def mac(self, label: str, data: bytes) -> bytes:
        """Return HMAC-SHA256 of `data` under the pepper named `label`."""
        # Derived per label: equal data under two labels (a PIN that is also part of a NIK)
        # must not show as equal values.
        return hmac.digest(_derive(self._kek, f"mac/{label}"), data, hashlib.sha256)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(<hidden>)"


def _derive(kek: bytes, purpose: str) -> bytes:
    info = f"izin/v1/kek/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(kek)
