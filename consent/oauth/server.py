"""The parts of `consent.oauth` as one Authlib server.

It must not know pages; what a person sees is `authorize`'s and `screens`' work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from authlib.oauth2.rfc6749.grants import BaseGrant
from flask import Response
from flask import request as flask_request

from consent.codes import Codes
from consent.deps import ConsentDeps
from consent.oauth.authorization_code import CodeGrant
from consent.oauth.client_auth import PrivateKeyJwt
from consent.oauth.client_credentials import ClientCredentialsGrant
from consent.oauth.clients import AUTH_METHOD, GRANT_TYPES, OAuthClient
from consent.oauth.errors import UnsupportedGrantTypeError, UseDpopNonceError
from consent.oauth.introspection import IntrospectionEndpoint
from consent.oauth.issuer import with_issuer
from consent.oauth.par import PushedAuthorizationEndpoint
from consent.oauth.refresh_token import RefreshGrant
from consent.oauth.requests import OAuthRequest, pushed_request, read_form
from consent.oauth.spending import spend_rest
from consent.oauth.token_revocation import RevocationEndpoint
from consent.pushed import PushedRequest, PushedRequests


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib publishes no types
    """One issuer's authorization server."""

    def __init__(self, deps: ConsentDeps, codes: Codes, pushed: PushedRequests) -> None:
        super().__init__()
        self.deps = deps
        self.codes = codes
        self.register_client_auth_method(AUTH_METHOD, PrivateKeyJwt(deps))
        for each in (CodeGrant, RefreshGrant, ClientCredentialsGrant):
            self.register_grant(each)
        self.register_endpoint(PushedAuthorizationEndpoint(deps, pushed))
        self.register_endpoint(IntrospectionEndpoint(deps))
        self.register_endpoint(RevocationEndpoint(deps))

    def query_client(self, client_id: str) -> OAuthClient | None:
        """Return the registered client."""
        found = self.deps.clients.find(client_id)
        return None if found is None else OAuthClient(found)

    def create_oauth2_request(self, request: OAuthRequest | None) -> OAuthRequest:
        """Return the request that Flask is answering, read strictly, unless one is given."""
        if request is not None:
            return request
        return read_form(flask_request, uri=self.deps.issuer + flask_request.path)

    def get_authorization_grant(self, request: OAuthRequest) -> CodeGrant:
        """Return the grant for a response type; Authlib's refusal would repeat what was sent."""
        if request.payload.response_type != "code":
            raise OAuth2Error("response_type must be code", error="unsupported_response_type")
        grant: CodeGrant = super().get_authorization_grant(request)
        return grant

    def get_token_grant(self, request: OAuthRequest) -> BaseGrant:
        """Return the grant for a grant type, in the same way."""
        if request.payload.grant_type not in GRANT_TYPES:
            if request.payload.grant_type is None:
                raise InvalidRequestError("grant_type is missing")
            raise UnsupportedGrantTypeError
        return super().get_token_grant(request)

    # The person's way back

    def grant_for(self, kept: PushedRequest) -> CodeGrant:
        """Return the grant of a pushed request, checked again; raises OAuth2Error.

        The client may have lost its redirect URI, or itself, since it pushed.
        """
        values: Mapping[str, Any] = {**kept.payload, "client_id": kept.client_id}
        request = pushed_request(values, uri=f"{self.deps.issuer}/oauth/authorize")
        request.dpop_jkt = kept.dpop_jkt
        grant = self.get_authorization_grant(request)
        grant.redirect_uri = grant.validate_authorization_request()
        return grant

    def answer(self, grant: CodeGrant, *, person_id: str, grant_id: str) -> Response:
        """Return the redirect that takes the person, and a new code, back to the client."""
        grant.request.grant_id = grant_id
        response: Response = self.create_authorization_response(
            grant.request, grant_user=person_id, grant=grant
        )
        return response

    def back_with_code(self, redirect_uri: str, code: str, state: str | None) -> str:
        """Return where a code is taken."""
        parts = urlsplit(redirect_uri)
        query = [*parse_qsl(parts.query, keep_blank_values=True), ("code", code)]
        if state is not None:
            query.append(("state", state))
        location = urlunsplit(parts._replace(query=urlencode(query)))
        return with_issuer(location, self.deps.issuer)

    def handle_error_response(self, request: OAuthRequest | None, error: OAuth2Error) -> Response:
        """Return an error as JSON, or with `iss` back to the client it names."""
        if request is not None and not isinstance(error, UseDpopNonceError):
            spend_rest(request, self.deps)
        response: Response = super().handle_error_response(request, error)
        if response.location:
            response.location = with_issuer(response.location, self.deps.issuer)
        return response
