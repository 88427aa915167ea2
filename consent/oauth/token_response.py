"""The answer of the token endpoint about a grant (RFC 6749, section 5.1; RFC 9396, section 7).

The same for a code and for a refresh token: an access token, and what was granted. The refresh
token stays the one it was, so it stands in both.
"""

from __future__ import annotations

from typing import Any

from consent import tokens
from consent.authorization_details import granted_details
from consent.deps import ConsentDeps
from consent.grants import GrantRecord
from consent.tokens import AccessToken
from keys import base64url

JTI_BYTES = 12


def token_response(
    deps: ConsentDeps, grant: GrantRecord, *, family: str, jkt: str, refresh_token: str
) -> dict[str, Any]:
    """Return the members of the response; the access token is made here."""
    at = deps.at()
    details = granted_details(grant)
    token = AccessToken(
        subject=grant.subject,
        client_id=grant.client_id,
        grant_id=grant.grant_id,
        authorization_details=tuple(details),
        jkt=jkt,
        jti=f"{family}.{base64url.encode(deps.random(JTI_BYTES))}",
        iat=at,
        exp=at + tokens.MAX_LIFE_SECONDS,
    )
    return {
        "access_token": tokens.issue(token, deps.token_key, issuer=deps.issuer),
        "token_type": "DPoP",
        "expires_in": token.exp - token.iat,
        "refresh_token": refresh_token,
        "grant_id": grant.grant_id,
        "authorization_details": details,
    }
