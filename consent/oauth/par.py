"""Pushed authorization requests (RFC 9126), the only kind that is taken.

Everything about a request is judged here, while only two programs are talking; nothing is logged,
since nobody has been asked anything yet.
"""

from __future__ import annotations

from typing import Any, Final

from authlib.oauth2.rfc6749 import Endpoint, InvalidRequestError, InvalidScopeError, OAuth2Error
from authlib.oauth2.rfc6749.endpoint import EndpointRequest

from consent.authorization_details import format_details
from consent.deps import ConsentDeps
from consent.oauth.clients import AUTH_METHOD
from consent.oauth.dpop_binding import pushed_key
from consent.oauth.errors import RequestNotSupportedError
from consent.oauth.grant_management import (
    PARAMETERS,
    changed_request,
    find_changed,
    read_change,
)
from consent.oauth.rar import check_wanted, parse_wanted
from consent.oauth.requests import OAuthRequest
from consent.oauth.spending import spending
from consent.pushed import PushedRequest, PushedRequests

FIRST_VISIT_SECONDS: Final = 540
"""What the client is told: the person must have been led here by then (FAPI 2.0: below 600)."""

ANSWER_SECONDS: Final = 30 * 60
"""How long she may take to answer once she has seen it: reading slowly must not cost a consent."""

_MOST_STATE_CHARS: Final = 512
_KEPT: Final = (
    "response_type", "redirect_uri", "state", "code_challenge", "code_challenge_method", *PARAMETERS
)  # fmt: skip


class PushedAuthorizationEndpoint(Endpoint):  # type: ignore[misc]  # Authlib publishes no types
    """Keeps a good request and names it by a request_uri."""

    ENDPOINT_NAME = "pushed_authorization_request"

    def __init__(self, deps: ConsentDeps, pushed: PushedRequests) -> None:
        super().__init__()
        self._deps = deps
        self._pushed = pushed

    def validate_request(self, request: OAuthRequest) -> EndpointRequest:
        """Return the request once all of it is found good; raises OAuth2Error."""
        self.server.authenticate_client(request, [AUTH_METHOD], self.ENDPOINT_NAME)
        form = request.form
        if "request_uri" in form:
            raise InvalidRequestError("request_uri cannot be pushed")
        if "request" in form:
            raise RequestNotSupportedError
        if "scope" in form:
            raise InvalidScopeError("scopes mean nothing here; use authorization_details")
        state = form.get("state", "")
        if len(state) > _MOST_STATE_CHARS or not state.isascii() or not state.isprintable():
            raise InvalidRequestError("state is too long or not printable ASCII")
        # The parameters that the authorization code needs, by the grant's own checks.
        request.payload.data.setdefault("client_id", request.client.client_id)
        try:
            self.server.get_authorization_grant(request).validate_authorization_request()
        except OAuth2Error as error:
            error.redirect_uri = None  # the client hears of it here, no browser is sent anywhere
            raise
        client = request.client.client
        # A merge or replacement is judged as the whole that the new grant would hold.
        change = read_change(form)
        old = find_changed(change, client.client_id, self._deps)
        wanted = parse_wanted(form.get("authorization_details"), client, self._deps)
        if old is not None:
            check_wanted(changed_request(change, wanted, old), client, self._deps)
        request.wanted = wanted
        request.dpop_jkt = pushed_key(request, self._deps)
        with spending(request, self._deps):
            pass
        return EndpointRequest(request=request, client=request.client)

    def create_response(
        self, validated_request: EndpointRequest
    ) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Keep the request; return its request_uri."""
        request: OAuthRequest = validated_request.request
        at = self._deps.at()
        payload: dict[str, Any] = {n: request.form[n] for n in _KEPT if n in request.form}
        payload["authorization_details"] = format_details(request.wanted)
        payload["first_visit_until"] = at + FIRST_VISIT_SECONDS
        uri = self._pushed.push(
            PushedRequest(
                client_id=validated_request.client.client_id,
                payload=payload,
                dpop_jkt=request.dpop_jkt,
                expires=at + FIRST_VISIT_SECONDS + ANSWER_SECONDS,
            )
        )
        body = {"request_uri": uri, "expires_in": FIRST_VISIT_SECONDS}
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        return 201, body, headers
