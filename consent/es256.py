"""ES256 (RFC 7518, section 3.4) on bare keys: what every proof, assertion and token rests on.

Pure but for the randomness inside a signature. `cryptography` does the arithmetic; here is only
the form of keys and signatures. It must not choose algorithms: the caller knows that it is ES256.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from consent.errors import TokenError
from keys import base64url
from keys.errors import KeysError

_COORDINATE_BYTES: Final = 32
_ECDSA: Final = ec.ECDSA(SHA256())


@dataclass(frozen=True)
class Es256Key:
    """A public P-256 key. thumbprint: RFC 7638."""

    thumbprint: str
    _key: ec.EllipticCurvePublicKey = field(repr=False)

    def verifies(self, signed: bytes, signature: bytes) -> bool:
        """Whether `signature` (r and s, 64 bytes) is this key's over `signed`."""
        if len(signature) != 2 * _COORDINATE_BYTES:
            return False
        r = int.from_bytes(signature[:_COORDINATE_BYTES])
        s = int.from_bytes(signature[_COORDINATE_BYTES:])
        try:
            self._key.verify(encode_dss_signature(r, s), signed, _ECDSA)
        except InvalidSignature:
            return False
        return True


@lru_cache(maxsize=4096)  # a client sends the same key with every request
def public_key(x: str, y: str) -> Es256Key:
    """Return the key of a JWK's coordinates; raises TokenError.

    One spelling only: the thumbprint is over their text.
    """
    try:
        numbers = [base64url.decode(each) for each in (x, y)]
        if any(len(each) != _COORDINATE_BYTES for each in numbers):
            raise TokenError("the key is not a point of P-256")
        key = ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), b"\x04" + numbers[0] + numbers[1]
        )
    except (KeysError, ValueError) as error:
        raise TokenError("the key is not a point of P-256") from error
    members = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
    return Es256Key(base64url.encode(hashlib.sha256(members.encode()).digest()), key)


def sign(signed: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the signature, r and s in 64 bytes."""
    r, s = decode_dss_signature(key.sign(signed, _ECDSA))
    return r.to_bytes(_COORDINATE_BYTES) + s.to_bytes(_COORDINATE_BYTES)
