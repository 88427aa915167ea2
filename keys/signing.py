"""Ed25519 keys: sign, verify, and name a key by its thumbprint.

Pure: a seed comes in as an argument. Every Ed25519 verdict of Izin is made here, by libsodium
(PyNaCl), because it refuses the small-order keys and malleable signatures that other libraries
let pass; a second verifier with other edge cases would let two parties disagree on one message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import nacl.exceptions
import nacl.signing

from keys import base64url, canonical
from keys.errors import KeysError

SEED_BYTES = 32
PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64


@dataclass(frozen=True)
class VerifyKey:
    """The public half of an Ed25519 key.

    raw: 32 bytes (RFC 8032 section 5.1.2).
    """

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != PUBLIC_BYTES:
            raise KeysError("an Ed25519 public key has 32 bytes")

    def __bytes__(self) -> bytes:
        return self.raw

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return if `signature` over `message` is by this key; raise KeysError otherwise."""
        if len(signature) != SIGNATURE_BYTES:
            raise KeysError("an Ed25519 signature has 64 bytes")
        try:
            self._nacl.verify(message, signature)
        except (nacl.exceptions.CryptoError, ValueError) as exc:
            raise KeysError("the signature does not verify") from exc

    def jwk(self) -> dict[str, str]:
        """Return the key as a JWK with exactly `crv`, `kty`, `x` (RFC 8037 section 2)."""
        return {"crv": "Ed25519", "kty": "OKP", "x": base64url.encode(self.raw)}

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, object]) -> VerifyKey:
        """Return the key in `jwk`; raises KeysError unless `jwk()` would write exactly that.

        A private member (`d`) is refused rather than dropped: whoever sent it has leaked it.
        """
        if set(jwk) != {"crv", "kty", "x"}:
            raise KeysError("a public Ed25519 JWK has exactly the members crv, kty, x")
        if jwk["kty"] != "OKP" or jwk["crv"] != "Ed25519":
            raise KeysError("the JWK is not an Ed25519 key")
        x = jwk["x"]
        if not isinstance(x, str):
            raise KeysError("the JWK's x is not text")
        return cls(base64url.decode(x))

    @cached_property
    def thumbprint(self) -> str:
        """The key's name: base64url of its SHA-256 JWK thumbprint (RFC 7638, RFC 8037 A.3)."""
        return base64url.encode(hashlib.sha256(canonical.encode(self.jwk())).digest())

    @cached_property
    def _nacl(self) -> nacl.signing.VerifyKey:
        return nacl.signing.VerifyKey(self.raw)


@dataclass(frozen=True, repr=False, eq=False)
class SigningKey:
    """An Ed25519 key that signs. Shows its thumbprint, never its seed."""

    _key: nacl.signing.SigningKey
    public: VerifyKey

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """Return the key of `seed` (32 bytes)."""
        if len(seed) != SEED_BYTES:
            raise KeysError("an Ed25519 seed has 32 bytes")
        key = nacl.signing.SigningKey(seed)
        return cls(key, VerifyKey(bytes(key.verify_key)))

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature over `message`."""
        return bytes(self._key.sign(message).signature)

    def __repr__(self) -> str:
        return f"SigningKey({self.public.thumbprint})"


@dataclass(frozen=True)
class NamedSigner:
    """A signing key under the name that its signatures carry, as the log's notes need it."""

    name: str
    key: SigningKey = field(repr=False)

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the public key."""
        return self.key.public.raw

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature over `message`."""
        return self.key.sign(message)
