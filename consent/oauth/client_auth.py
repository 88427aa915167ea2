"""private_key_jwt: a client proves itself with a JWT that it signed (RFC 7523, section 2.2).

Authlib's own class is not built upon: it takes assertions that live for ten years, audiences in
arrays, a `client_id` that differs, and it says which clients exist. Every reason here has the
same answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from consent.clients import Client
from consent.deps import ConsentDeps
from consent.oauth.client_keys import signed_by
from consent.oauth.clients import OAuthClient
from consent.oauth.errors import InvalidClientError
from consent.oauth.requests import OAuthRequest
from consent.oauth.spending import note
from consent.replay import Use
from keys import base64url
from keys.errors import KeysError

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_LIFE_SECONDS: Final = 300
FUTURE_SECONDS: Final = 10
"""How far a client's clock may be ahead of ours."""

REPLAY_KIND: Final = "client-assertion"
_MOST_CHARS: Final = 8_192
_TYPES: Final = frozenset({"jwt", "client-authentication+jwt"})
_HEADER: Final = frozenset({"alg", "kid", "typ"})


class PrivateKeyJwt:
    """Authenticates the client of a request."""

    def __init__(self, deps: ConsentDeps) -> None:
        self._deps = deps

    def __call__(
        self, query_client: Callable[[str], OAuthClient | None], request: OAuthRequest
    ) -> OAuthClient:
        """Return the client; raises InvalidClientError."""
        form = request.form
        text = form.get("client_assertion", "")
        if form.get("client_assertion_type") != ASSERTION_TYPE or len(text) > _MOST_CHARS:
            raise InvalidClientError
        header, claims = _read(text)
        # 1. who it says it is: iss, sub and, if sent, client_id are one and the same
        client_id = claims.get("sub")
        if not isinstance(client_id, str) or claims.get("iss") != client_id:
            raise InvalidClientError
        if form.get("client_id", client_id) != client_id:
            raise InvalidClientError
        client = query_client(client_id)
        # 2. signed by one of its registered keys
        if client is None or not self._signed(text, header, client.client):
            raise InvalidClientError
        # 3. for us alone: a list could name another server, to which it was first shown
        if claims.get("aud") != self._deps.issuer:
            raise InvalidClientError
        # 4. short-lived and of now
        self._check_times(claims)
        # 5. once: recorded together with what the request does
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 8 <= len(jti) <= 256:
            raise InvalidClientError
        use = Use(REPLAY_KIND, f"{client_id}:{jti}", claims["exp"])
        note(request, use, InvalidClientError)
        request.client = client
        return client

    def _signed(self, text: str, header: dict[str, Any], client: Client) -> bool:
        if client.jwks_uri is None:
            return signed_by(text, header, client.jwks)
        sets = self._deps.key_urls.key_sets(client.jwks_uri)
        return any(signed_by(text, header, jwks) for jwks in sets)

    def _check_times(self, claims: dict[str, Any]) -> None:
        at = self._deps.at()
        exp = claims.get("exp")
        if type(exp) is not int or not at < exp <= at + LONGEST_LIFE_SECONDS:
            raise InvalidClientError
        for name in ("iat", "nbf"):
            if name in claims:
                moment = claims[name]
                if type(moment) is not int or moment > at + FUTURE_SECONDS:
                    raise InvalidClientError


def _read(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    parts = text.split(".")
    if len(parts) != 3:
        raise InvalidClientError
    header, claims = _json_object(parts[0]), _json_object(parts[1])
    # Unknown members may change what a signature means (`crit`, `b64`).
    if not header.keys() <= _HEADER:
        raise InvalidClientError
    if str(header.get("typ", "JWT")).lower() not in _TYPES:
        raise InvalidClientError
    return header, claims


def _json_object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(base64url.decode(part), object_pairs_hook=_no_duplicates)
    except (KeysError, ValueError, RecursionError):
        raise InvalidClientError from None
    if not isinstance(value, dict):
        raise InvalidClientError
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members
