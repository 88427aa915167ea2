"""What clients read before they begin: RFC 8414, RFC 9728, and the token keys (RFC 7517)."""

from __future__ import annotations

from typing import Any

from consent import dpop
from consent.authorization_details import TYPE
from consent.deps import ConsentDeps
from consent.management_tokens import SCOPES
from consent.oauth.client_keys import ALGORITHMS
from consent.oauth.clients import AUTH_METHOD, GRANT_TYPES
from consent.oauth.grant_management import ACTIONS
from consent.oauth.pkce import METHOD


def server_metadata(issuer: str) -> dict[str, Any]:
    """Return the authorization server's metadata (RFC 8414)."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "pushed_authorization_request_endpoint": f"{issuer}/oauth/par",
        "require_pushed_authorization_requests": True,
        "jwks_uri": f"{issuer}/oauth/jwks",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "scopes_supported": list(SCOPES),
        "code_challenge_methods_supported": [METHOD],
        **_authentication("token", issuer, "token"),
        **_authentication("introspection", issuer, "introspect"),
        **_authentication("revocation", issuer, "revoke"),
        "grant_management_endpoint": f"{issuer}/oauth/grants",
        "grant_management_actions_supported": ["query", "revoke", *ACTIONS],
        "grant_management_action_required": False,
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
        "authorization_details_types_supported": [TYPE],
        "ui_locales_supported": ["id", "en"],
    }


def _authentication(name: str, issuer: str, path: str) -> dict[str, Any]:
    return {
        f"{name}_endpoint": f"{issuer}/oauth/{path}",
        f"{name}_endpoint_auth_methods_supported": [AUTH_METHOD],
        f"{name}_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
    }


def resource_metadata(issuer: str) -> dict[str, Any]:
    """Return the API's metadata (RFC 9728): whose tokens it takes, and how bound."""
    return {
        "resource": issuer,
        "resource_name": "Izin",
        "authorization_servers": [issuer],
        "scopes_supported": list(SCOPES),
        "bearer_methods_supported": ["header"],
        "dpop_bound_access_tokens_required": True,
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "authorization_details_types_supported": [TYPE],
    }


def token_keys(deps: ConsentDeps) -> dict[str, Any]:
    """Return the public keys that verify access tokens."""
    return {"keys": [deps.token_key.public.jwk()]}
