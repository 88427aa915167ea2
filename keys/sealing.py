"""What every sealing key can do, whatever its algorithm; who seals or opens knows only this.

A key carries its own algorithm: nobody takes one from a message. `profiles` knows which there are.
Pure, like both profiles: the randomness comes in as an argument.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

RandomBytes = Callable[[int], bytes]

CONTENT_KEY_BYTES = 32
"""Every content key is one of A256GCM."""


@dataclass(frozen=True, slots=True)
class SealedKey:
    """What leads the recipient to a content key: JWE's `ek` (or `epk`) and `encrypted_key`.

    ek: the encapsulation; for `ECDH-ES` the ephemeral point, x and y of 32 bytes each.
    encrypted_key: empty where the key is agreed on directly, so that none is encrypted.
    """

    ek: bytes
    encrypted_key: bytes


@dataclass(frozen=True, slots=True)
class DrawnKey:
    """A fresh content key (32 bytes), and what leads the recipient to it."""

    content_key: bytes = field(repr=False)
    sealed: SealedKey


class PublicKey(Protocol):
    """What others seal to."""

    @property
    def algorithm(self) -> str:
        """Return JWE's `alg` of every message to this key."""
        ...

    @property
    def thumbprint(self) -> str:
        """Return the RFC 7638 thumbprint, which is the `kid` of messages to this key."""
        ...

    def jwk(self) -> dict[str, str]:
        """Return the key as a JWK, its algorithm in it."""
        ...

    def draw_key(self, randomness: RandomBytes) -> DrawnKey:
        """Return a fresh content key for one message to this key; raises KeysError."""
        ...


class PrivateKey(Protocol):
    """The recipient's half; it may live in hardware, which then does what `open_key` asks."""

    @property
    def public(self) -> PublicKey:
        """Return the public half."""
        ...

    @property
    def algorithm(self) -> str:
        """Return JWE's `alg` of every message to this key."""
        ...

    @property
    def thumbprint(self) -> str:
        """Return the public half's thumbprint."""
        ...

    def open_key(self, sealed: SealedKey) -> bytes:
        """Return the content key; raises KeysError, never saying which part was wrong."""
        ...
