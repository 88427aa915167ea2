"""The refresh token (RFC 6749, section 6): a new access token for a grant that is still live.

Bound to the client and to the DPoP key of the code (RFC 9449, section 5), never rotated (FAPI
2.0, section 5.3.2.1). What it gives is what the grant holds now, no more and no less.
"""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin

from consent.deps import ConsentDeps
from consent.oauth.clients import AUTH_METHOD
from consent.oauth.dpop_binding import proven_key
from consent.oauth.errors import InvalidAuthorizationDetailsError
from consent.oauth.spending import spending
from consent.oauth.token_response import token_response
from policies.catalogue import Fault


class RefreshGrant(BaseGrant, TokenEndpointMixin):  # type: ignore[misc]  # Authlib has no types
    """From a refresh token to an access token."""

    GRANT_TYPE = "refresh_token"
    TOKEN_ENDPOINT_AUTH_METHODS = (AUTH_METHOD,)

    def validate_token_request(self) -> None:
        """Check the request in this order; raises OAuth2Error."""
        deps: ConsentDeps = self.server.deps
        request = self.request
        request.client = self.authenticate_token_endpoint_client()
        request.dpop_jkt = proven_key(request, deps)
        text = request.form.get("refresh_token")
        if text is None:
            raise InvalidRequestError("refresh_token is missing")
        if "scope" in request.form:
            raise InvalidScopeError("scopes mean nothing here")
        if "authorization_details" in request.form:
            # Part of a grant would look like all of it to whoever reads the response.
            fault = Fault("authorization_details", "cannot be narrowed here; leave it out")
            raise InvalidAuthorizationDetailsError.of([fault])
        with spending(request, deps) as connection:
            client_id = request.client.client_id
            found = deps.refresh_tokens.find(connection, text, client_id, at=deps.at())
            grant = None if found is None else deps.grants.find_in(connection, found.grant_id)
        if found is None or found.jkt != request.dpop_jkt:
            raise InvalidGrantError("the refresh token is unknown, ended or bound to another key")
        if grant is None or not grant.is_live(at=deps.clock()):
            raise InvalidGrantError("the grant is not live")
        request.refresh, request.grant = found, grant

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Return a new access token, and the refresh token as it came."""
        request = self.request
        body = token_response(
            self.server.deps,
            request.grant,
            family=request.refresh.family,
            jkt=request.dpop_jkt,
            refresh_token=request.form["refresh_token"],
        )
        return 200, body, self.TOKEN_RESPONSE_HEADER
