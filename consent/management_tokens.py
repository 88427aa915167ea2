"""Access tokens of a client itself, to look at or end the grants that it was given.

They name no person and no grant, so they open nothing of the programmes' API, and a grant's token
does not open grant management: each reads exactly the claims of its own kind. Pure but for the
randomness inside an ECDSA signature.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from consent.errors import TokenError
from consent.tokens import (
    MAX_LIFE_SECONDS,
    TokenKey,
    TokenVerifyKey,
    checked_claims,
    sign_claims,
    verified_claims,
)

QUERY: Final = "grant_management_query"
REVOKE: Final = "grant_management_revoke"
SCOPES: Final = (QUERY, REVOKE)

_CLAIMS: Final = {
    "iss": str,
    "aud": str,
    "sub": str,
    "client_id": str,
    "scope": str,
    "cnf": dict,
    "jti": str,
    "iat": int,
    "exp": int,
}


@dataclass(frozen=True)
class ManagementToken:
    """What such a token says. scopes: of SCOPES. jkt: of the DPoP key."""

    client_id: str
    scopes: tuple[str, ...]
    jkt: str
    jti: str
    iat: int
    exp: int


def issue(token: ManagementToken, key: TokenKey, *, issuer: str) -> str:
    """Return the signed token (RFC 9068); its subject is the client, since no person took part."""
    if not 0 < token.exp - token.iat <= MAX_LIFE_SECONDS:
        raise TokenError("an access token lives for at most 300 seconds")
    claims = {
        "iss": issuer,
        "aud": issuer,
        "sub": token.client_id,
        "client_id": token.client_id,
        "scope": " ".join(token.scopes),
        "cnf": {"jkt": token.jkt},
        "jti": token.jti,
        "iat": token.iat,
        "exp": token.exp,
    }
    return sign_claims(claims, key)


def check(text: str, keys: Iterable[TokenVerifyKey], *, issuer: str, at: int) -> ManagementToken:
    """Return what a genuine token of this kind says; raises TokenError."""
    claims = checked_claims(verified_claims(text, keys), _CLAIMS, issuer=issuer, at=at)
    scopes = tuple(claims["scope"].split(" "))
    if not set(scopes) <= set(SCOPES):
        raise TokenError("the access token has other scopes than ours")
    return ManagementToken(
        client_id=claims["client_id"],
        scopes=scopes,
        jkt=claims["cnf"]["jkt"],
        jti=claims["jti"],
        iat=claims["iat"],
        exp=claims["exp"],
    )
