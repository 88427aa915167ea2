"""Token revocation (RFC 7009): a client gives up one of its own tokens.

A refresh token takes the access tokens that it gave along (section 2.1). The grant stays: ending
it is the person's to do, or the client's by grant management, since that is written into the log.
"""

from __future__ import annotations

from authlib.oauth2.rfc6749.endpoint import EndpointRequest

from consent.oauth.about_tokens import AboutTokenEndpoint
from consent.oauth.token_lookup import TokenLookup
from consent.refresh import RefreshToken
from consent.revocation import revoke, revoke_in


class RevocationEndpoint(AboutTokenEndpoint):
    """Answers /oauth/revoke."""

    ENDPOINT_NAME = "revocation"

    def create_response(
        self, validated_request: EndpointRequest
    ) -> tuple[int, str, list[tuple[str, str]]]:
        """Revoke the token; what is not one of the client's is answered the same (section 2.2)."""
        deps = self._deps
        text = validated_request.request.form["token"]
        found = TokenLookup(deps).find(text, validated_request.client.client_id)
        if isinstance(found, RefreshToken):
            with deps.engine.begin() as connection:
                deps.refresh_tokens.revoke(connection, found.family)
                revoke_in(connection, deps.replays, found.family, at=deps.at())
        elif found is not None:
            revoke(deps.replays, found.jti, at=deps.at())
        return 200, "", []
