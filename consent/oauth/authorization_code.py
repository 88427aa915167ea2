"""The authorization code (RFC 6749, section 4.1): issued to a person's answer, used once.

Authlib's grant saves the token first and deletes the code after, so two requests at once get two
tokens; here the code is consumed first, atomically, and everything else comes after. Its other
checks run as hooks, in no order; here they are called, in the order that is written.
"""

from __future__ import annotations

import hashlib
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant

from consent import tokens
from consent.authorization_details import granted_details
from consent.codes import LIFE_SECONDS, Code, Codes
from consent.deps import ConsentDeps
from consent.grants import GrantRecord
from consent.oauth.clients import AUTH_METHOD, OAuthClient
from consent.oauth.dpop_binding import proven_key
from consent.oauth.pkce import check_challenge, check_verifier
from consent.oauth.requests import OAuthRequest
from consent.revocation import revoke
from consent.tokens import AccessToken
from keys import base64url

JTI_BYTES = 16


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
        # 3. the code, used up from here on whatever comes next
        text = request.form.get("code")
        if text is None:
            raise InvalidRequestError("code is missing")
        code = self._codes.consume(text, request.client.client_id, at=deps.at())
        if code is None:
            raise InvalidGrantError("the code is unknown or has expired")
        jti = token_id(text)
        if code.second_use:
            # One of the two who showed it stole it. The token's id follows from the code, so it
            # is revoked even if the first request is still on its way to issuing it.
            revoke(deps.replays, jti, at=deps.at())
            raise InvalidGrantError("the code was used before; what it gave is revoked")
        # 4. everything that the code is bound to
        if request.form.get("redirect_uri") != code.request["redirect_uri"]:
            raise InvalidGrantError("redirect_uri is not the one of the authorization request")
        check_verifier(request.form, code.code_challenge)
        if request.dpop_jkt != code.request["dpop_jkt"]:
            raise InvalidGrantError("the code is bound to another DPoP key")
        # 5. the grant, which she may have withdrawn meanwhile
        grant = deps.grants.find(code.grant_id)
        if grant is None or not grant.is_live(at=deps.clock()):
            raise InvalidGrantError("the grant is not live")
        request.grant, request.token_jti = grant, jti

    def create_token_response(self) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """Return the token, with what was granted."""
        deps, grant = self._deps, self.request.grant
        token = self._token(grant, self.request.token_jti)
        body = {
            "access_token": tokens.issue(token, deps.token_key, issuer=deps.issuer),
            "token_type": "DPoP",
            "expires_in": token.exp - token.iat,
            "grant_id": grant.grant_id,
            "authorization_details": granted_details(grant),
        }
        return 200, body, self.TOKEN_RESPONSE_HEADER

    def _token(self, grant: GrantRecord, jti: str) -> AccessToken:
        at = self._deps.at()
        return AccessToken(
            subject=grant.subject,
            client_id=grant.client_id,
            grant_id=grant.grant_id,
            authorization_details=tuple(granted_details(grant)),
            jkt=self.request.dpop_jkt,
            jti=jti,
            iat=at,
            exp=at + tokens.MAX_LIFE_SECONDS,
        )


def token_id(code: str) -> str:
    """Return the `jti` of the one token that a code can give."""
    digest = hashlib.sha256(b"izin/v1/token-id/" + code.encode("utf-8", "surrogatepass")).digest()
    return base64url.encode(digest[:JTI_BYTES])
