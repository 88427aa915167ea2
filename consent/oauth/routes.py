"""The OAuth endpoints for machines, and the documents that describe them. No page is made here."""

from __future__ import annotations

from typing import Any, Final

import structlog
from authlib.oauth2.rfc6749 import OAuth2Error
from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from audit.errors import AuditError
from consent.deps import ConsentDeps
from consent.oauth.grants_api import add_grants_api
from consent.oauth.metadata import resource_metadata, server_metadata, token_keys
from consent.oauth.server import Server

FORM_LIMIT_BYTES: Final = 65_536
_DOCUMENT_SECONDS: Final = 300
_WHERE_PROOFS_ARE_SHOWN: Final = frozenset({"/oauth/par", "/oauth/token"})


def oauth_blueprint(deps: ConsentDeps, server: Server) -> Blueprint:
    """Return every endpoint below /oauth that machines talk to, and the well-known documents."""
    blueprint = Blueprint("oauth", __name__)

    @blueprint.before_request
    def _limit() -> None:
        request.max_content_length = FORM_LIMIT_BYTES
        request.max_form_memory_size = FORM_LIMIT_BYTES

    @blueprint.post("/oauth/par")
    def par() -> Response:
        return _answered(server.create_endpoint_response("pushed_authorization_request"))

    @blueprint.post("/oauth/token")
    def token() -> Response:
        return _answered(server.create_token_response())

    @blueprint.post("/oauth/introspect")
    def introspect() -> Response:
        return _answered(server.create_endpoint_response("introspection"))

    @blueprint.post("/oauth/revoke")
    def revoke() -> Response:
        return _answered(server.create_endpoint_response("revocation"))

    add_grants_api(blueprint, deps)

    @blueprint.get("/oauth/jwks")
    def jwks() -> Response:
        return _document(token_keys(deps))

    @blueprint.get("/.well-known/oauth-authorization-server")
    def authorization_server() -> Response:
        return _document(server_metadata(deps.issuer))

    @blueprint.get("/.well-known/oauth-protected-resource")
    def protected_resource() -> Response:
        return _document(resource_metadata(deps.issuer))

    @blueprint.errorhandler(OAuth2Error)
    def _refused(error: OAuth2Error) -> Response:
        # What Authlib raises outside its own try: a form that cannot be read.
        return _answered(server.handle_error_response(None, error))

    @blueprint.errorhandler(HTTPException)
    def _unreadable(error: HTTPException) -> Response:
        # A form that is too large, or cut: a machine gets no page.
        return _failed("invalid_request", error.code or 400)

    @blueprint.errorhandler(Exception)
    def _broken(error: Exception) -> Response:
        # Only the kind is written down; the text may quote what was sent.
        structlog.get_logger().error("oauth.failed", error=type(error).__name__)
        if isinstance(error, OperationalError | AuditError):
            return _failed("temporarily_unavailable", 503)
        return _failed("server_error", 500)

    @blueprint.after_request
    def _with_nonce(response: Response) -> Response:
        """Hand out the nonce of now (RFC 9449, section 8.2): the next request needs no detour."""
        if request.path in _WHERE_PROOFS_ARE_SHOWN:
            response.headers["DPoP-Nonce"] = deps.nonces.current(at=deps.at())
        return response

    return blueprint


def _answered(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _failed(error: str, status: int) -> Response:
    """Return an error of RFC 6749, section 5.2 that Authlib did not make."""
    response = _answered(jsonify({"error": error}))
    response.status_code = status
    return response


def _document(members: dict[str, Any]) -> Response:
    response = jsonify(members)
    response.headers["Cache-Control"] = f"public, max-age={_DOCUMENT_SECONDS}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
