"""Whether a JWS is signed by one of a client's registered keys.

The algorithm follows from the registered key, never from the message: a key says which one
algorithm it is for, and the header must agree. I/O: none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from keys import base64url
from keys.errors import KeysError
from keys.signing import VerifyKey

ALGORITHMS: Final = ("ES256", "EdDSA", "Ed25519")
"""What the metadata announces; the last two name the same thing (RFC 9864)."""

_OF_KEY: Final = {("EC", "P-256"): ("ES256",), ("OKP", "Ed25519"): ("EdDSA", "Ed25519")}


class _Registry(jws.JWSRegistry):
    """joserfc caps headers at 512 bytes."""

    max_header_length = 2_048
    max_payload_length = 8_192


_REGISTRY: Final = _Registry(algorithms=["ES256"])


def signed_by(text: str, header: Mapping[str, Any], jwks: Mapping[str, Any]) -> bool:
    """Whether `text`, a compact JWS with `header`, verifies under one of the keys of `jwks`."""
    return any(_verifies(text, header, jwk) for jwk in jwks.get("keys", ()))


def _verifies(text: str, header: Mapping[str, Any], jwk: Mapping[str, Any]) -> bool:
    alg = header.get("alg")
    allowed = _OF_KEY.get((str(jwk.get("kty")), str(jwk.get("crv"))), ())
    if alg not in allowed or jwk.get("alg", alg) not in allowed:
        return False
    if jwk.get("use", "sig") != "sig":
        return False
    if "kid" in header and "kid" in jwk and header["kid"] != jwk["kid"]:
        return False
    try:
        if alg == "ES256":
            public: dict[str, str | list[str]] = {n: jwk[n] for n in ("kty", "crv", "x", "y")}
            jws.deserialize_compact(text, ECKey.import_key(public), registry=_REGISTRY)
        else:
            # Every Ed25519 verdict is libsodium's, by way of keys.signing.
            signed, _, signature = text.rpartition(".")
            key = VerifyKey.from_jwk({name: jwk[name] for name in ("kty", "crv", "x")})
            key.verify(signed.encode("ascii"), base64url.decode(signature))
    except (JoseError, KeysError, ValueError, TypeError, KeyError):
        return False
    return True
