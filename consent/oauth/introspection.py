"""Token introspection (RFC 7662): what one of its own tokens is worth to a client, now.

`authorization_details` are those of the grant as it stands (RFC 9396, section 9.2). A token that
is not the client's, not ours or not good any more is `active: false` and nothing else.
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749.endpoint import EndpointRequest

from consent.authorization_details import granted_details
from consent.grants import GrantRecord
from consent.management_tokens import ManagementToken
from consent.oauth.about_tokens import AboutTokenEndpoint
from consent.oauth.token_lookup import Found, TokenLookup
from consent.refresh import RefreshToken
from consent.revocation import is_revoked

_INACTIVE = {"active": False}


class IntrospectionEndpoint(AboutTokenEndpoint):
    """Answers /oauth/introspect."""

    ENDPOINT_NAME = "introspection"

    def create_response(
        self, validated_request: EndpointRequest
    ) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Return what the token is worth."""
        text = validated_request.request.form["token"]
        found = TokenLookup(self._deps).find(text, validated_request.client.client_id)
        headers = [("Content-Type", "application/json")]
        return 200, _INACTIVE if found is None else self._told(found), headers

    def _told(self, found: Found) -> dict[str, Any]:
        deps = self._deps
        told: dict[str, Any] = {
            "active": True,
            "iss": deps.issuer,
            "client_id": found.client_id,
            "cnf": {"jkt": found.jkt},
        }
        if isinstance(found, RefreshToken):
            grant = self._live(found.grant_id)
            return _INACTIVE if grant is None else {**told, **_of_grant(grant, found.expires)}
        if is_revoked(deps.replays, found.jti):
            return _INACTIVE
        told |= {"aud": deps.issuer, "token_type": "DPoP", "jti": found.jti, "iat": found.iat}
        if isinstance(found, ManagementToken):
            return {**told, "sub": found.client_id, "scope": " ".join(found.scopes)} | {
                "exp": found.exp
            }
        grant = self._live(found.grant_id)
        if grant is None:
            return _INACTIVE
        return {**told, "sub": found.subject, **_of_grant(grant, found.exp)}

    def _live(self, grant_id: str) -> GrantRecord | None:
        grant = self._deps.grants.find(grant_id)
        return grant if grant is not None and grant.is_live(at=self._deps.clock()) else None


def _of_grant(grant: GrantRecord, exp: int) -> dict[str, Any]:
    return {
        "grant_id": grant.grant_id,
        "authorization_details": granted_details(grant),
        "exp": exp,
    }
