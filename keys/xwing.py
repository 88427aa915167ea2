"""The sealing keys: X-Wing (ML-KEM-768 with X25519) under the JOSE algorithm `HPKE-9-KE`.

A message's content key is sealed to such a key; what is in the message is none of this file's
business. HPKE's encapsulation draws its own randomness inside `cryptography` (its public interface
takes none), so `seal_key` gives another result at every call. This file must not read files,
clocks or settings.
Sources: draft-ietf-jose-hpke-encrypt (mode Key Encryption), draft-ietf-jose-hpke-pq-pqt
(`HPKE-9-KE`), draft-connolly-cfrg-xwing-kem (how both keys grow from one seed), RFC 9180.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from keys import base64url
from keys.errors import KeysError
from keys.sealing import CONTENT_KEY_BYTES, DrawnKey, RandomBytes, SealedKey

ALGORITHM = "HPKE-9-KE"
SEED_BYTES = 32
MLKEM_PUBLIC_BYTES = 1_184
PUBLIC_BYTES = MLKEM_PUBLIC_BYTES + 32
_PUBLIC_CHARS = (PUBLIC_BYTES * 4 + 2) // 3
EK_BYTES = 1_120  # ML-KEM-768's ciphertext (1,088), then an X25519 public key
ENCRYPTED_KEY_BYTES = CONTENT_KEY_BYTES + 16

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.SHAKE256, hpke.AEAD.AES_256_GCM)
# Binds the content key to its use: `enc` of the JWE, and an empty recipient_extra_info.
_INFO = b"JOSE-HPKE rcpt\xffA256GCM\xff"


@dataclass(frozen=True, slots=True)
class PublicSealingKey:
    """What others seal to: 1,216 bytes, ML-KEM-768's public key and then X25519's."""

    raw: bytes
    _key: hpke.MLKEM768X25519PublicKey = field(repr=False, compare=False)
    thumbprint: str = field(compare=False)

    @classmethod
    def from_bytes(cls, raw: bytes) -> PublicSealingKey:
        """Return the key of these 1,216 bytes; an encoding no key generation makes is refused."""
        if len(raw) != PUBLIC_BYTES:
            raise KeysError(f"a public sealing key has {PUBLIC_BYTES} bytes")
        try:
            key = hpke.MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(raw[:MLKEM_PUBLIC_BYTES]),
                X25519PublicKey.from_public_bytes(raw[MLKEM_PUBLIC_BYTES:]),
            )
        except ValueError:
            raise KeysError("the ML-KEM part of a public sealing key is not reduced") from None
        return cls(raw, key, _thumbprint(raw))

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, object]) -> PublicSealingKey:
        """Return the key of a JWK, which must have exactly the members that `jwk` writes.

        The algorithm belongs to the key: a JWK that says another one is refused here, so that no
        message can choose.
        """
        if set(jwk) != {"kty", "alg", "pub"}:
            raise KeysError("a sealing key's JWK has exactly kty, alg and pub")
        if jwk["kty"] != "AKP" or jwk["alg"] != ALGORITHM:
            raise KeysError(f"a sealing key's JWK says kty AKP and alg {ALGORITHM}")
        pub = jwk["pub"]
        if not isinstance(pub, str):
            raise KeysError("a sealing key's pub is text")
        # Lengths first: a huge text is not decoded.
        if len(pub) != _PUBLIC_CHARS:
            raise KeysError(f"a public sealing key has {PUBLIC_BYTES} bytes")
        return cls.from_bytes(base64url.decode(pub))

    @property
    def algorithm(self) -> str:
        """Return the algorithm of every message to this key."""
        return ALGORITHM

    def jwk(self) -> dict[str, str]:
        """Return the key as a JWK."""
        return {"kty": "AKP", "alg": ALGORITHM, "pub": base64url.encode(self.raw)}

    def draw_key(self, randomness: RandomBytes) -> DrawnKey:
        """Return a fresh content key, sealed to this key."""
        content_key = randomness(CONTENT_KEY_BYTES)
        return DrawnKey(content_key, self.seal_key(content_key))

    def seal_key(self, content_key: bytes) -> SealedKey:
        """Seal a content key of 32 bytes to this key."""
        if len(content_key) != CONTENT_KEY_BYTES:
            raise KeysError(f"a content key has {CONTENT_KEY_BYTES} bytes")
        try:
            sealed = _SUITE.encrypt(content_key, self._key, _INFO)
        except ValueError:
            # An X25519 point of low order: everybody would know that half of the secret.
            raise KeysError("nothing can be sealed to this key") from None
        return SealedKey(sealed[:EK_BYTES], sealed[EK_BYTES:])


@dataclass(frozen=True, slots=True)
class SealingKey:
    """The recipient's private key, grown from 32 secret bytes that never show in its repr."""

    public: PublicSealingKey
    _key: hpke.MLKEM768X25519PrivateKey = field(repr=False, compare=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> SealingKey:
        """Return the key pair of a seed of 32 uniformly random bytes."""
        if len(seed) != SEED_BYTES:
            raise KeysError(f"a sealing key's seed has {SEED_BYTES} bytes")
        grown = hashlib.shake_256(seed).digest(96)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(grown[:64])
        x25519 = X25519PrivateKey.from_private_bytes(grown[64:])
        public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        return cls(
            PublicSealingKey.from_bytes(public), hpke.MLKEM768X25519PrivateKey(mlkem, x25519)
        )

    @property
    def algorithm(self) -> str:
        """Return the algorithm of every message to this key."""
        return ALGORITHM

    @property
    def thumbprint(self) -> str:
        """Return the thumbprint of the public key, which is the `kid` of messages to it."""
        return self.public.thumbprint

    def open_key(self, sealed: SealedKey) -> bytes:
        """Return the content key, or raise KeysError: never saying which part was wrong."""
        # The split is checked too: a byte moved from one member to the other is another message.
        if len(sealed.ek) != EK_BYTES or len(sealed.encrypted_key) != ENCRYPTED_KEY_BYTES:
            raise KeysError("a sealed key has the wrong size")
        try:
            return _SUITE.decrypt(sealed.ek + sealed.encrypted_key, self._key, _INFO)
        except (InvalidTag, ValueError):
            raise KeysError("a sealed key does not open with this key") from None


def _thumbprint(raw: bytes) -> str:
    """Return RFC 7638's thumbprint; the required members of kty AKP are alg, kty and pub."""
    text = f'{{"alg":"{ALGORITHM}","kty":"AKP","pub":"{base64url.encode(raw)}"}}'
    return base64url.encode(hashlib.sha256(text.encode("ascii")).digest())
