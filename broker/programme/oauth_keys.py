"""The two P-256 keys of an OAuth client, and what each signs.

One authenticates the client (private_key_jwt, RFC 7523), the other shows with every request that
whoever sends a token also holds its key (DPoP, RFC 9449). Both grow from one kept secret. Pure
but for the randomness inside an ECDSA signature; moment and ids come in as arguments.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.jwk import ECKey

from broker.programme.errors import ProgrammeError
from keys import base64url

ALGORITHM: Final = "ES256"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS: Final = 60
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_PUBLIC: Final = ("kty", "crv", "x", "y")


class _Registry(jws.JWSRegistry):
    """joserfc caps headers at 512 bytes; a DPoP proof carries its key in the header."""

    max_header_length = 2_048


_REGISTRY: Final = _Registry(algorithms=[ALGORITHM])


@dataclass(frozen=True)
class ClientKeys:
    """An OAuth client's keys."""

    _client: ECKey = field(repr=False)
    _dpop: ECKey = field(repr=False)

    @classmethod
    def from_secret(cls, secret: bytes) -> ClientKeys:
        """Return the keys that follow from 32 random bytes; the two tell nothing of each other."""
        if len(secret) < 32:
            raise ProgrammeError("a client's keys need a secret of at least 32 bytes")
        return cls(_derive(secret, b"izin/v1/client-key/"), _derive(secret, b"izin/v1/dpop-key/"))

    def jwks(self) -> dict[str, Any]:
        """Return the public JWKS to register; the DPoP key is not part of it."""
        jwk = _public(self._client)
        return {"keys": [{**jwk, "alg": ALGORITHM, "use": "sig", "kid": self._kid()}]}

    def assertion(self, *, client_id: str, audience: str, jti: str, at: int) -> str:
        """Return the proof of who the client is. audience: the issuer. at: Unix seconds."""
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "jti": jti,
            "iat": at,
            "exp": at + ASSERTION_SECONDS,
        }
        return _sign({"alg": ALGORITHM, "kid": self._kid(), "typ": "JWT"}, claims, self._client)

    def proof(
        self,
        *,
        method: str,
        url: str,
        jti: str,
        at: int,
        token: str | None = None,
        nonce: str | None = None,
    ) -> str:
        """Return the `DPoP` header of one request.

        url: without query. at: Unix seconds. nonce: the last that the server gave, if any.
        """
        claims: dict[str, Any] = {"jti": jti, "htm": method, "htu": url, "iat": at}
        if nonce is not None:
            claims["nonce"] = nonce
        if token is not None:
            digest = hashlib.sha256(token.encode("ascii")).digest()
            claims["ath"] = base64url.encode(digest)
        header = {"typ": "dpop+jwt", "alg": ALGORITHM, "jwk": _public(self._dpop)}
        return _sign(header, claims, self._dpop)

    def _kid(self) -> str:
        return str(self._client.thumbprint())


def _derive(secret: bytes, label: bytes) -> ECKey:
    # 384 bits modulo the group's order less one, so that no scalar is favoured (FIPS 186-5, A.2.1).
    wide = hashlib.sha384(label + secret).digest()
    scalar = int.from_bytes(wide) % (_P256_ORDER - 1) + 1
    return ECKey.import_key(ec.derive_private_key(scalar, ec.SECP256R1()))


def _public(key: ECKey) -> dict[str, str]:
    members = key.as_dict(private=False)
    return {name: str(members[name]) for name in _PUBLIC}


def _sign(header: dict[str, Any], claims: Mapping[str, Any], key: ECKey) -> str:
    payload = json.dumps(claims, separators=(",", ":"))
    return jws.serialize_compact(header, payload, key, registry=_REGISTRY)
