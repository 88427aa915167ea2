"""Whether a JWS is signed by one of a client's registered keys.

The algorithm follows from the registered key, never from the message: a key says which one
algorithm it is for, and the header must agree. I/O: none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from consent import es256
from consent.errors import TokenError
from keys import base64url
from keys.errors import KeysError
from keys.signing import VerifyKey

ALGORITHMS: Final = ("ES256", "EdDSA", "Ed25519")
"""What the metadata announces; the last two name the same thing (RFC 9864)."""

_OF_KEY: Final = {("EC", "P-256"): ("ES256",), ("OKP", "Ed25519"): ("EdDSA", "Ed25519")}


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
    signed, _, signature = text.rpartition(".")
    try:
        if alg == "ES256":
            ours = es256.public_key(jwk["x"], jwk["y"])
            return ours.verifies(signed.encode("ascii"), base64url.decode(signature))
        # Every Ed25519 verdict is libsodium's, by way of keys.signing.
        key = VerifyKey.from_jwk({name: jwk[name] for name in ("kty", "crv", "x")})
        key.verify(signed.encode("ascii"), base64url.decode(signature))
    except (TokenError, KeysError, ValueError, TypeError, KeyError):
        return False
    return True
