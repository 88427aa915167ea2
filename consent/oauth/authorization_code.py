"""The authorization code (RFC 6749, section 4.1): issued to a person's answer, used once.

Authlib's grant saves the token first and deletes the code after, so two requests at once get two
tokens; here the code is consumed first, atomically, and everything else comes after. Its other
checks run as hooks, in no order; here they are called, in the order that is written.
"""

from __future__ import annotations

import hashlib
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, OAuth2Error
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant

from consent.codes import LIFE_SECONDS, Code, Codes
from consent.deps import ConsentDeps
from consent.grants import GrantRecord
from consent.oauth.clients import AUTH_METHOD, OAuthClient
from consent.oauth.dpop_binding import proven_key
from consent.oauth.pkce import check_challenge, check_verifier
from consent.oauth.requests import OAuthRequest
from consent.oauth.spending import spending
from consent.oauth.token_response import token_response
from consent.refresh import RefreshToken, last_moment
from consent.revocation import revoke_in
from keys import base64url

FAMILY_BYTES = 16


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib publishes no types
    """From a person's answer to a code, and from the code to a DPoP-bound token."""

    TOKEN_ENDPOINT_AUTH_METHODS = (AUTH_METHOD,)

    @property
    def _deps(self) -> ConsentDeps:
        deps: ConsentDeps = self.server.deps
        return deps

    @property
    def _codes(self) -> Codes:
        codes: Codes = self.server.codes
        return codes

    # The authorization endpoint

    def validate_authorization_request(self) -> str:
        """Return the redirect URI of a good request; raises OAuth2Error."""
        redirect_uri: str = super().validate_authorization_request()
        check_challenge(self.request.form)
        return redirect_uri

    @staticmethod
    def validate_authorization_redirect_uri(request: OAuthRequest, client: OAuthClient) -> str:
        """Return the redirect URI; Authlib's refusal would repeat what was sent."""
        redirect_uri = request.form.get("redirect_uri")
        if redirect_uri is None or not client.check_redirect_uri(redirect_uri):
            raise InvalidRequestError("redirect_uri is missing or not a registered one")
        return redirect_uri

    def create_authorization_response(
        self, redirect_uri: str, grant_user: str
    ) -> tuple[int, str, list[tuple[str, str]]]:
        """Issue the code and send the person back with it. grant_user: her person id."""
        request = self.request
        code = self._codes.issue(
            Code(
                client_id=request.client.client_id,
                request={"redirect_uri": redirect_uri, "dpop_jkt": request.dpop_jkt},
                grant_id=request.grant_id,
                person_id=grant_user,
                code_challenge=check_challenge(request.form),
                expires=self._deps.at() + LIFE_SECONDS,
            )
        )
        location = self.server.back_with_code(redirect_uri, code, request.payload.state)
        return 302, "", [("Location", location)]

    # The token endpoint

    def validate_token_request(self) -> None:
        """Check the request in this order; raises OAuth2Error."""
        deps, request = self._deps, self.request
        # 1. who asks
        request.client = self.authenticate_token_endpoint_client()
        # 2. which key it holds. Says nothing about the code, so a bad proof does not burn it.
        request.dpop_jkt = proven_key(request, deps)
        text = request.form.get("code")
        if text is None:
            raise InvalidRequestError("code is missing")
        family = token_id(text)
        # 3. the code is used up from here on, whatever comes next, and what it gives is kept
        # with that: of two requests at once the second finds all that the first was given.
        with spending(request, deps) as connection:
            code = self._codes.consume(connection, text, request.client.client_id, at=deps.at())
            grant = None if code is None else deps.grants.find_in(connection, code.grant_id)
            fault = self._fault(code, grant)
            if code is not None and code.second_use:
                # One of the two who showed it stole it. The family follows from the code, so
                # an access token that is still on its way to the first is revoked too.
                revoke_in(connection, deps.replays, family, at=deps.at())
                deps.refresh_tokens.revoke(connection, family)
            elif fault is None and grant is not None:
                request.grant, request.family = grant, family
                request.refresh_token = deps.refresh_tokens.issue(
                    connection,
                    RefreshToken(
                        family,
                        grant.client_id,
                        grant.grant_id,
                        request.dpop_jkt,
                        last_moment(grant),
                    ),
                )
        if fault is not None:
            raise fault

    def _fault(self, code: Code | None, grant: GrantRecord | None) -> OAuth2Error | None:
        """Return what is wrong with a code, or with the request for what it is bound to."""
        form = self.request.form
        if code is None:
            return InvalidGrantError("the code is unknown or has expired")
        if code.second_use:
            return InvalidGrantError("the code was used before; what it gave is revoked")
        if form.get("redirect_uri") != code.request["redirect_uri"]:
            return InvalidGrantError("redirect_uri is not the one of the authorization request")
        try:
            check_verifier(form, code.code_challenge)
        except InvalidGrantError as error:
            return error
        if self.request.dpop_jkt != code.request["dpop_jkt"]:
            return InvalidGrantError("the code is bound to another DPoP key")
        # The grant, which she may have withdrawn meanwhile.
        if grant is None or not grant.is_live(at=self._deps.clock()):
            return InvalidGrantError("the grant is not live")
        return None

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Return the tokens, with what was granted."""
        request = self.request
        body = token_response(
            self._deps,
            request.grant,
            family=request.family,
            jkt=request.dpop_jkt,
            refresh_token=request.refresh_token,
        )
        return 200, body, self.TOKEN_RESPONSE_HEADER


def token_id(code: str) -> str:
    """Return the family of the tokens that a code can give."""
    digest = hashlib.sha256(b"izin/v1/token-id/" + code.encode("utf-8", "surrogatepass")).digest()
    return base64url.encode(digest[:FAMILY_BYTES])
