"""The grant management endpoint: a client looks at a grant it was given, or ends it.

Grant Management for OAuth 2.0 (OpenID FAPI WG), section 6. Ending is a withdrawal like the
person's own: written into the log, in force at once, and on her list. Another client's grant, and
one that has ended, look like one that never was.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from consent import management_tokens
from consent.authorization_details import granted_details
from consent.deps import ConsentDeps
from consent.grants import GrantRecord
from consent.management_tokens import QUERY, REVOKE, ManagementToken
from consent.presenting import PresentationError, Presenting, Shown


class _RefusedError(Exception):
    """A refusal with its response."""

    def __init__(self, status: int, body: dict[str, str], challenge: str | None = None) -> None:
        self.status = status
        self.body = body
        self.challenge = challenge
        super().__init__(body["error"])


def add_grants_api(blueprint: Blueprint, deps: ConsentDeps) -> None:
    """Add /oauth/grants/<grant_id>."""
    presenting = Presenting(deps.issuer, deps.engine, deps.replays, deps.nonces, deps.clock)

    @blueprint.get("/oauth/grants/<grant_id>")
    def query_grant(grant_id: str) -> Response:
        grant = _grant(grant_id, scope=QUERY)
        return _answered(jsonify({"authorization_details": granted_details(grant)}))

    @blueprint.delete("/oauth/grants/<grant_id>")
    def revoke_grant(grant_id: str) -> Response:
        grant = _grant(grant_id, scope=REVOKE)
        deps.grants.withdraw(grant.grant_id, grant.person_id)
        return _answered(Response(status=204))

    @blueprint.errorhandler(_RefusedError)
    def _refused(error: _RefusedError) -> Response:
        response = jsonify(error.body)
        response.status_code = error.status
        if error.challenge is not None:
            response.headers["WWW-Authenticate"] = error.challenge
        return _answered(response)

    def _grant(grant_id: str, *, scope: str) -> GrantRecord:
        token = _token(scope)
        grant = deps.grants.find(grant_id)
        if (
            grant is None
            or grant.client_id != token.client_id
            or not grant.is_live(at=deps.clock())
        ):
            raise _RefusedError(404, {"error": "invalid_grant_id"})
        return grant

    def _token(scope: str) -> ManagementToken:
        shown = Shown(
            authorization=request.headers.get("Authorization", ""),
            proofs=request.headers.getlist("DPoP"),
            method=request.method,
            url=deps.issuer + request.path,
        )

        def check(text: str, at: int) -> ManagementToken:
            keys = (deps.token_key.public,)
            return management_tokens.check(text, keys, issuer=deps.issuer, at=at)

        try:
            token = presenting.token(shown, check)
        except PresentationError as error:
            body = {"error": error.error, "error_description": error.reason}
            challenge = presenting.challenge(error.error, scope=scope)
            raise _RefusedError(401, body, challenge) from error
        if scope not in token.scopes:
            challenge = presenting.challenge("insufficient_scope", scope=scope)
            raise _RefusedError(403, {"error": "insufficient_scope"}, challenge)
        return token

    def _answered(response: Response) -> Response:
        response.headers["DPoP-Nonce"] = presenting.nonce()
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
