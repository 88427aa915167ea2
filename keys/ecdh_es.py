"""The other sealing keys: P-256 under the JOSE algorithm `ECDH-ES`, for HSMs and other stacks.

Direct key agreement: both sides derive the content key from an ephemeral point, and no encrypted
key travels. Not post-quantum; `xwing` is the default. The caller's randomness makes the ephemeral
key. This file must not read files, clocks or settings.
Sources: RFC 7518 sections 4.6 (its Concat KDF is NIST SP 800-56A's) and 6.2, RFC 7638.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash

from keys import base64url
from keys.errors import KeysError
from keys.sealing import CONTENT_KEY_BYTES, DrawnKey, RandomBytes, SealedKey

ALGORITHM = "ECDH-ES"
SEED_BYTES = 32
EK_BYTES = 64  # the ephemeral point: x, then y
ENCRYPTED_KEY_BYTES = 0
_COORDINATE_BYTES = 32
_COORDINATE_CHARS = 43
_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True)
class PublicEcdhKey:
    """What others seal to. raw: 64 bytes, the point's x and then y."""

    raw: bytes
    _key: ec.EllipticCurvePublicKey = field(repr=False, compare=False)
    thumbprint: str = field(compare=False)

    @classmethod
    def from_bytes(cls, raw: bytes) -> PublicEcdhKey:
        """Return the key of a point's 64 bytes; a point that is not on the curve is refused."""
        return cls(raw, _point(raw), _thumbprint(raw))

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, object]) -> PublicEcdhKey:
        """Return the key of a JWK, which must have exactly the members that `jwk` writes."""
        if set(jwk) != {"kty", "alg", "crv", "x", "y"}:
            raise KeysError("a sealing key's JWK of kty EC has exactly kty, alg, crv, x and y")
        if jwk["alg"] != ALGORITHM:
            raise KeysError(f"a sealing key's JWK of kty EC says alg {ALGORITHM}")
        return cls.from_bytes(read_point({name: jwk[name] for name in ("kty", "crv", "x", "y")}))

    @property
    def algorithm(self) -> str:
        """Return the algorithm of every message to this key."""
        return ALGORITHM

    def jwk(self) -> dict[str, str]:
        """Return the key as a JWK."""
        return {**format_point(self.raw), "alg": ALGORITHM}

    def draw_key(self, randomness: RandomBytes) -> DrawnKey:
        """Return a fresh content key, agreed on with an ephemeral key."""
        ephemeral = _grow(randomness(48))
        content_key = derive_key(ephemeral.exchange(ec.ECDH(), self._key))
        return DrawnKey(content_key, SealedKey(_raw(ephemeral.public_key()), b""))


@dataclass(frozen=True, slots=True)
class EcdhKey:
    """The recipient's private key; it never shows in its repr."""

    public: PublicEcdhKey
    _key: ec.EllipticCurvePrivateKey = field(repr=False, compare=False)

    @classmethod
    def from_seed(cls, seed: bytes) -> EcdhKey:
        """Return the key pair of a seed of 32 uniformly random bytes."""
        if len(seed) != SEED_BYTES:
            raise KeysError(f"a sealing key's seed has {SEED_BYTES} bytes")
        return cls.from_key(_grow(hashlib.sha384(b"izin/v1/ecdh-es/" + seed).digest()))

    @classmethod
    def from_key(cls, key: ec.EllipticCurvePrivateKey) -> EcdhKey:
        """Return the key pair of a P-256 key made elsewhere."""
        if not isinstance(key.curve, ec.SECP256R1):
            raise KeysError("a sealing key of kty EC is of the curve P-256")
        return cls(PublicEcdhKey.from_bytes(_raw(key.public_key())), key)

    @property
    def algorithm(self) -> str:
        """Return the algorithm of every message to this key."""
        return ALGORITHM

    @property
    def thumbprint(self) -> str:
        """Return the thumbprint of the public key, which is the `kid` of messages to it."""
        return self.public.thumbprint

    def open_key(self, sealed: SealedKey) -> bytes:
        """Return the content key, or raise KeysError.

        Another ephemeral point gives another key, and the content's tag then fails.
        """
        if sealed.encrypted_key:
            raise KeysError("a key that is agreed on directly comes with no encrypted key")
        # An invalid point would leak bits of the private key (RFC 7518 section 8, RFC 8725 3.4).
        return derive_key(self._key.exchange(ec.ECDH(), _point(sealed.ek)))


def derive_key(
    shared: bytes,
    *,
    algorithm: bytes = b"A256GCM",
    party_u: bytes = b"",
    party_v: bytes = b"",
    size: int = CONTENT_KEY_BYTES,
) -> bytes:
    """Return the key of `size` bytes that follows from a shared secret (RFC 7518, section 4.6.2).

    The defaults are all that a message of ours has: for direct agreement the algorithm is `enc`,
    and no party is named, since `cb` in the authenticated header says who sends to whom.
    """
    named = b"".join(len(text).to_bytes(4) + text for text in (algorithm, party_u, party_v))
    return ConcatKDFHash(SHA256(), size, named + (8 * size).to_bytes(4)).derive(shared)


def format_point(raw: bytes) -> dict[str, str]:
    """Return a point's 64 bytes as the members of JWE's `epk`."""
    x, y = raw[:_COORDINATE_BYTES], raw[_COORDINATE_BYTES:]
    return {"crv": "P-256", "kty": "EC", "x": base64url.encode(x), "y": base64url.encode(y)}


def read_point(value: object) -> bytes:
    """Return the 64 bytes of a point that `format_point` wrote; raises KeysError.

    Whether it is on the curve is found where it is used.
    """
    if not isinstance(value, dict) or value.keys() != {"crv", "kty", "x", "y"}:
        raise KeysError("a point has exactly the members crv, kty, x and y")
    if value["kty"] != "EC" or value["crv"] != "P-256":
        raise KeysError("a point is of kty EC and crv P-256")
    raw = b""
    for name in ("x", "y"):
        text = value[name]
        # The full size, leading zeros too (RFC 7518 section 6.2.1.2): else one key has two names.
        if not isinstance(text, str) or len(text) != _COORDINATE_CHARS:
            raise KeysError("a point's coordinates are texts of 32 bytes")
        raw += base64url.decode(text)
    return raw


def _point(raw: bytes) -> ec.EllipticCurvePublicKey:
    if len(raw) != EK_BYTES:
        raise KeysError(f"a point of P-256 has {EK_BYTES} bytes")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, b"\x04" + raw)
    except ValueError:
        raise KeysError("a point is not on the curve P-256") from None


def _raw(key: ec.EllipticCurvePublicKey) -> bytes:
    numbers = key.public_numbers()
    return numbers.x.to_bytes(_COORDINATE_BYTES) + numbers.y.to_bytes(_COORDINATE_BYTES)


def _grow(wide: bytes) -> ec.EllipticCurvePrivateKey:
    # 384 bits modulo the order less one, so that no scalar is favoured (FIPS 186-5, A.2.1).
    if len(wide) != 48:
        raise KeysError("the randomness gave too few bytes")
    return ec.derive_private_key(int.from_bytes(wide) % (_ORDER - 1) + 1, _CURVE)


def _thumbprint(raw: bytes) -> str:
    """Return RFC 7638's thumbprint; the required members of kty EC are crv, kty, x and y."""
    point = format_point(raw)
    text = f'{{"crv":"P-256","kty":"EC","x":"{point["x"]}","y":"{point["y"]}"}}'
    return base64url.encode(hashlib.sha256(text.encode("ascii")).digest())
