"""The external login: an OpenID provider, asked through Authlib's client.

I/O: HTTP to the provider. It must not know who is enrolled here or what a login is used for. PKCE,
state, nonce and the response's `iss` (RFC 9207) are always checked; the ID token is read by
`id_token`, by the same rules as at the agencies' gateways.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client

from consent.errors import LoginError
from consent.id_token import Login, check_id_token
from consent.secret_text import new_secret
from keys.errors import KeysError
from keys.kek import RandomBytes
from keys.sign_in_trust import LoginProvider, login_keys

SCOPE: Final = "openid"
CALLBACK: Final = "/login/callback"
"""Our redirect URI's path."""

DISCOVERY: Final = "/.well-known/openid-configuration"
KEEP_SECONDS: Final = 600
AWAY_SECONDS: Final = 10
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_MOST_BYTES: Final = 262_144


class Response(Protocol):
    """What is read of an HTTP response."""

    status_code: int

    @property
    def content(self) -> bytes:
        """The body."""

    def json(self) -> Any:
        """Return the body's JSON."""


class Http(Protocol):
    """What is needed of an HTTP client; it must not follow redirects."""

    def get(self, url: str) -> Any:
        """Send a GET."""

    def post(self, url: str, *, content: str, headers: Mapping[str, str]) -> Any:
        """Send a POST."""


@dataclass(frozen=True)
class Begun:
    """A login under way, kept in the browser's session. url: where the browser goes."""

    url: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True)
class LoginClient:
    """This broker as the provider's client. secret: "" for a public client. name: on the pages."""

    issuer: str
    client_id: str
    claim: str
    name: str
    redirect_uri: str
    http: Http = field(repr=False)
    clock: Callable[[], int] = field(repr=False)
    random: RandomBytes = field(repr=False)
    secret: str = field(default="", repr=False)
    scope: str = SCOPE
    _kept: dict[str, tuple[int, int, Mapping[str, Any]]] = field(default_factory=dict, repr=False)

    def begin(self, *, nonce: str | None = None, fresh: bool = False) -> Begun:
        """Return a new login. fresh: she must prove anew who she is. Raises LoginError."""
        where = _endpoint(self._discover(), "authorization_endpoint")
        state, verifier = new_secret(self.random), new_secret(self.random)
        nonce = nonce or new_secret(self.random)
        extra = {"prompt": "login", "max_age": "0"} if fresh else {}
        url, _ = self._client().create_authorization_url(
            where, state=state, code_verifier=verifier, nonce=nonce, **extra
        )
        return Begun(str(url), state, nonce, verifier)

    def finish(self, answer: Mapping[str, str], begun: Begun) -> tuple[str, Login]:
        """Return the ID token and who signed in. answer: the response's parameters.

        Raises LoginError: she declined, the answer is another login's or another provider's, or
        the provider's token does not hold.
        """
        found = self._discover()
        self._check_answer(answer, begun, found)
        where = _endpoint(found, "token_endpoint")
        try:
            token = self._client().fetch_token(
                where,
                grant_type="authorization_code",
                code=answer["code"],
                code_verifier=begun.verifier,
            )
        except (AuthlibBaseError, _Unusable, ValueError) as error:
            raise LoginError("the provider gave no token for the code") from error
        id_token = token.get("id_token")
        if not isinstance(id_token, str):
            raise LoginError("the provider gave no ID token")
        keys = login_keys_of(self._json(_endpoint(found, "jwks_uri")))
        provider = LoginProvider(self.issuer, self.client_id, self.claim, keys)
        now = self.clock()
        login = check_id_token(
            id_token, providers={self.issuer: provider}, nonce=begun.nonce, since=now, until=now
        )
        return id_token, login

    def _check_answer(
        self, answer: Mapping[str, str], begun: Begun, found: Mapping[str, Any]
    ) -> None:
        if not hmac.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise LoginError("the answer is to another login")
        # RFC 9207: an answer of another provider, replayed to us, would send our code there.
        says_so = found.get("authorization_response_iss_parameter_supported") is True
        if answer.get("iss", None if says_so else self.issuer) != self.issuer:
            raise LoginError("the answer is another provider's")
        if "error" in answer or not answer.get("code"):
            raise LoginError("the provider let nobody in")

    def _discover(self) -> Mapping[str, Any]:
        """Return the provider's description, kept for a while, as is that there is none.

        Anybody can press the button that leads here: that must neither flood the provider nor
        keep all our threads waiting for one that is away.
        """
        now = self.clock()
        kept = self._kept.get(DISCOVERY)
        if kept is None or not kept[0] <= now < kept[1]:
            try:
                found = self._json(self.issuer.rstrip("/") + DISCOVERY)
                kept = (now, now + KEEP_SECONDS, found)
            except LoginError:
                kept = (now, now + AWAY_SECONDS, {})
            self._kept[DISCOVERY] = kept
        if kept[2].get("issuer") != self.issuer:
            raise LoginError("the provider cannot be reached, or describes itself as another one")
        return kept[2]

    def _json(self, url: str) -> Mapping[str, Any]:
        try:
            response = self.http.get(url)
            found = _read(response)
        except _Unusable as error:
            raise LoginError("the provider cannot be read") from error
        except Exception as error:
            # The HTTP client's own; its text may hold the address, so it goes no further.
            raise LoginError("the provider cannot be reached") from error
        return found

    def _client(self) -> _Client:
        return _Client(
            self.http,
            client_id=self.client_id,
            client_secret=self.secret or None,
            scope=self.scope,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
        )


def login_keys_of(jwks: object) -> tuple[Mapping[str, str], ...]:
    """Return the keys of a provider's JWKS; raises LoginError."""
    try:
        return login_keys(jwks)
    except KeysError as error:
        raise LoginError("the provider publishes no key that we know") from error


class _Unusable(Exception):  # noqa: N818  # a response, not a fault of ours
    """A response that is not a JSON object of bearable size."""


class _Client(OAuth2Client):  # type: ignore[misc]  # Authlib publishes no types
    """Authlib's client on our HTTP client, whose requests do not take Authlib's kind of auth."""

    def _fetch_token(
        self,
        url: str,
        body: str = "",
        headers: Mapping[str, str] | None = None,
        auth: Any = None,
        method: str = "POST",
        **_: Any,
    ) -> dict[str, Any]:
        where, sent, content = auth.prepare(method, url, dict(headers or {}), body)
        try:
            response = self.session.post(where, content=content, headers=sent)
        except Exception as error:
            raise _Unusable("no answer") from error
        return _read(response)


def _read(response: Response) -> dict[str, Any]:
    if response.status_code != 200 or len(response.content) > _MOST_BYTES:
        raise _Unusable("not an answer")
    try:
        found = response.json()
    except (ValueError, RecursionError) as error:
        raise _Unusable("not JSON") from error
    if not isinstance(found, dict):
        raise _Unusable("not an object")
    return found


def _endpoint(found: Mapping[str, Any], name: str) -> str:
    """Return an address of the provider's description: https, or http on this machine."""
    url = found.get(name)
    parts = urlsplit(url if isinstance(url, str) else "")
    local = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.netloc or (parts.scheme != "https" and not local):
        raise LoginError(f"the provider names no safe {name}")
    return str(url)
