"""Client credentials (RFC 6749, section 4.4): for grant management, and for nothing else.

No person takes part, so the token says nothing about one: it lets a client look at the grants
that it was given, or end them (Grant Management for OAuth 2.0, section 6.1).
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidScopeError
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin

from consent import management_tokens, tokens
from consent.deps import ConsentDeps
from consent.management_tokens import SCOPES, ManagementToken
from consent.oauth.clients import AUTH_METHOD
from consent.oauth.dpop_binding import proven_key
from consent.oauth.errors import InvalidAuthorizationDetailsError
from consent.oauth.spending import spending
from keys import base64url
from policies.catalogue import Fault

JTI_BYTES = 16


class ClientCredentialsGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]  # as above
    """From a client's own proof to a token for grant management."""

    GRANT_TYPE = "client_credentials"
    TOKEN_ENDPOINT_AUTH_METHODS = (AUTH_METHOD,)

    def validate_token_request(self) -> None:
        """Check the request in this order; raises OAuth2Error."""
        deps: ConsentDeps = self.server.deps
        request = self.request
        request.client = self.authenticate_token_endpoint_client()
        request.dpop_jkt = proven_key(request, deps)
        if "authorization_details" in request.form:
            # What is asked about a person needs that person.
            fault = Fault("authorization_details", "needs a person's grant")
            raise InvalidAuthorizationDetailsError.of([fault])
        wanted = set(request.form.get("scope", "").split(" "))
        if not wanted <= set(SCOPES):
            raise InvalidScopeError(f"scope must be of: {' '.join(SCOPES)}")
        request.scopes = tuple(scope for scope in SCOPES if scope in wanted)
        with spending(request, deps):
            pass

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Return the token; there is no refresh token, the client can always ask again."""
        deps: ConsentDeps = self.server.deps
        request, at = self.request, deps.at()
        token = ManagementToken(
            client_id=request.client.client_id,
            scopes=request.scopes,
            jkt=request.dpop_jkt,
            jti=base64url.encode(deps.random(JTI_BYTES)),
            iat=at,
            exp=at + tokens.MAX_LIFE_SECONDS,
        )
        body = {
            "access_token": management_tokens.issue(token, deps.token_key, issuer=deps.issuer),
            "token_type": "DPoP",
            "expires_in": token.exp - token.iat,
            "scope": " ".join(token.scopes),
        }
        return 200, body, self.TOKEN_RESPONSE_HEADER
