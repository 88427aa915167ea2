"""ML-DSA-44 keys, with which a log cosigns its own checkpoints, for when Ed25519 is broken.

Signing draws its own randomness inside `cryptography` (FIPS 204's hedged variant; its public
interface takes none), so that two signatures over one message differ. This file must not read
files, clocks or settings.
Sources: FIPS 204; the JWK is that of draft-ietf-cose-dilithium (kty AKP).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from keys import base64url, canonical
from keys.errors import KeysError

ALGORITHM = "ML-DSA-44"
SEED_BYTES = 32
PUBLIC_BYTES = 1_312
SIGNATURE_BYTES = 2_420


@dataclass(frozen=True)
class PublicCosigningKey:
    """The public half, 1,312 bytes; what checks signatures is the log's verifier."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != PUBLIC_BYTES:
            raise KeysError(f"an ML-DSA-44 public key has {PUBLIC_BYTES} bytes")

    def jwk(self) -> dict[str, str]:
        """Return the key as a JWK with exactly `kty`, `alg`, `pub`."""
        return {"kty": "AKP", "alg": ALGORITHM, "pub": base64url.encode(self.raw)}

    @property
    def thumbprint(self) -> str:
        """The key's name: base64url of its SHA-256 JWK thumbprint (RFC 7638)."""
        return base64url.encode(hashlib.sha256(canonical.encode(self.jwk())).digest())


@dataclass(frozen=True, repr=False, eq=False)
class CosigningKey:
    """An ML-DSA-44 key that signs. Shows its thumbprint, never its seed."""

    _key: MLDSA44PrivateKey
    public: PublicCosigningKey

    @classmethod
    def from_seed(cls, seed: bytes) -> CosigningKey:
        """Return the key of `seed` (32 bytes)."""
        if len(seed) != SEED_BYTES:
            raise KeysError("an ML-DSA-44 seed has 32 bytes")
        try:
            key = MLDSA44PrivateKey.from_seed_bytes(seed)
        except UnsupportedAlgorithm:
            raise KeysError("this machine's OpenSSL does not know ML-DSA") from None
        return cls(key, PublicCosigningKey(key.public_key().public_bytes_raw()))

    def sign(self, message: bytes) -> bytes:
        """Return a signature of 2,420 bytes over `message`."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"CosigningKey({self.public.thumbprint})"


@dataclass(frozen=True)
class NamedCosigner:
    """A cosigning key under the name that its signatures carry, as the log's notes need it."""

    name: str
    key: CosigningKey = field(repr=False)

    @property
    def public_key(self) -> bytes:
        """The 1,312 bytes of the public key."""
        return self.key.public.raw

    def sign(self, message: bytes) -> bytes:
        """Return a signature of 2,420 bytes over `message`."""
        return self.key.sign(message)
