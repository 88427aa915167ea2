"""What introspection and revocation share: a client that proved who it is, asking about a token."""

from __future__ import annotations

from authlib.oauth2.rfc6749 import Endpoint, InvalidRequestError
from authlib.oauth2.rfc6749.endpoint import EndpointRequest

from consent.deps import ConsentDeps
from consent.oauth.clients import AUTH_METHOD
from consent.oauth.requests import OAuthRequest
from consent.oauth.spending import spending


class AboutTokenEndpoint(Endpoint):  # type: ignore[misc]  # Authlib publishes no types
    """An endpoint that takes one `token`; the subclass says its name and answers."""

    def __init__(self, deps: ConsentDeps) -> None:
        super().__init__()
        self._deps = deps

    def validate_request(self, request: OAuthRequest) -> EndpointRequest:
        """Return the request of a client that proved who it is; raises OAuth2Error."""
        self.server.authenticate_client(request, [AUTH_METHOD], self.ENDPOINT_NAME)
        if "token" not in request.form:
            raise InvalidRequestError("token is missing")
        with spending(request, self._deps):
            pass
        return EndpointRequest(request=request, client=request.client)
