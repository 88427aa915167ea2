"""The broker as a programme sees it: PAR, code, token, verification, commitments; one HTTP client.

It carries and checks what the transport promises (who, for whom, which shape). What an answer is
worth is `answers`' business, what a proof is worth `committed`'s.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import httpx2
import orjson

from broker.programme.errors import (
    IzinContradictionError,
    IzinRefusedError,
    IzinUnavailableError,
)
from broker.programme.oauth_keys import ASSERTION_TYPE, ClientKeys
from broker.programme.returning import Pending, check_return
from keys import base64url
from keys.kek import RandomBytes

RESPONSE_LIMIT_BYTES: Final = 1 << 20
POLL_SECONDS: Final = 20
# The broker waits for its agencies for at most 60 s.
TIMEOUT: Final = httpx2.Timeout(75, connect=5)
_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_SUBJECT: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_NAME: Final = re.compile(r"[a-z0-9_-]{1,64}", re.ASCII)
_STATUSES: Final = frozenset({"complete", "pending", "partial"})


@dataclass(frozen=True)
class Token:
    """An access token, good until `expires` (Unix seconds), and what it was given for.

    refresh_token: gives the next one while the grant lives; empty if the broker gave none.
    """

    access_token: str = field(repr=False)
    expires: int
    grant_id: str
    details: list[Any] = field(repr=False)
    refresh_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Verified:
    """A verification as it stands; its items are checked by `answers.read_answers`."""

    verification_id: str
    subject: str = field(repr=False)
    status: str
    items: list[Any] = field(repr=False)


@dataclass(frozen=True)
class Committed:
    """What the broker says of an entry; nothing in it is checked yet."""

    index: int
    entry: str
    proof: str


def open_http() -> httpx2.Client:
    """Return the one HTTP client to share: connections are kept, redirects are not followed."""
    return httpx2.Client(timeout=TIMEOUT, follow_redirects=False)


class IzinClient:
    """One OAuth client of one broker."""

    def __init__(
        self,
        http: httpx2.Client,
        *,
        issuer: str,
        client_id: str,
        keys: ClientKeys,
        clock: Callable[[], datetime],
        random: RandomBytes,
    ) -> None:
        """Take the shared HTTP client, the broker's issuer and this client's id and keys."""
        self.issuer = issuer
        self.client_id = client_id
        self._http = http
        self._keys = keys
        self._clock = clock
        self._random = random
        self._lock = threading.Lock()
        self._endpoints: Mapping[str, str] | None = None
        self._nonce: str | None = None

    # Consent

    def par(self, details: list[dict[str, Any]], pending: Pending, *, redirect_uri: str) -> str:
        """Push an authorization request (RFC 9126) and return its request_uri."""
        url = self._endpoint("pushed_authorization_request_endpoint")
        form = {
            "response_type": "code",
            "redirect_uri": redirect_uri,
            "state": pending.state,
            "code_challenge": pending.challenge,
            "code_challenge_method": "S256",
            "authorization_details": orjson.dumps(details).decode(),
        }
        return _text(self._post_form(url, form), "request_uri")

    def authorize_url(self, request_uri: str) -> str:
        """Return where to send the applicant's browser."""
        query = {"client_id": self.client_id, "request_uri": request_uri}
        return str(httpx2.URL(self._endpoint("authorization_endpoint"), params=query))

    def exchange(
        self, returned: Mapping[str, str], pending: Pending, *, redirect_uri: str
    ) -> Token:
        """Exchange what the browser brought back for a token, after checking `state` and `iss`.

        Raises PermissionDeniedError, ReturnError, IzinRefusedError and the others of `errors`.
        """
        form = {
            "grant_type": "authorization_code",
            "code": check_return(returned, pending, issuer=self.issuer),
            "redirect_uri": redirect_uri,
            "code_verifier": pending.verifier,
        }
        return self._token(self._post_form(self._endpoint("token_endpoint"), form))

    def refresh(self, refresh_token: str, *, grant_id: str) -> Token:
        """Return a new access token for a grant that still lives.

        Raises IzinRefusedError (`invalid_grant`) where it does not, and the others of `errors`.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        token = self._token(self._post_form(self._endpoint("token_endpoint"), form))
        if token.grant_id != grant_id:
            raise IzinContradictionError("the token is for another permission")
        # The broker keeps the same refresh token; one that gives another is obeyed.
        return token if token.refresh_token else replace(token, refresh_token=refresh_token)

    # Verification

    def verify(self, token: Token, body: Mapping[str, Any]) -> Verified:
        """Ask the agencies. body: the request of design section 5; repeating it asks once."""
        url = f"{self.issuer}/v1/verifications"
        return _verified(self._send("POST", url, body=body, token=token))

    def poll(self, token: Token, verification_id: str, *, wait: int = POLL_SECONDS) -> Verified:
        """Return a verification, waiting on the broker's side for up to `wait` seconds."""
        url = f"{self.issuer}/v1/verifications/{verification_id}"
        found = _verified(self._send("GET", url, token=token, query={"wait": str(wait)}))
        if found.verification_id != verification_id:
            raise IzinContradictionError("the broker returned another verification")
        return found

    # Commitments

    def post_formula(self, statement: str) -> Committed:
        """Commit to a formula; posting the same statement again is safe."""
        return self._commit("formulas", statement)

    def post_decision(self, statement: str) -> Committed:
        """Commit to a decision; posting the same statement again is safe."""
        return self._commit("decisions", statement)

    def _commit(self, kind: str, statement: str) -> Committed:
        url = f"{self.issuer}/v1/{kind}"
        told = self._send("POST", url, body={"statement": statement})
        index = told.get("index")
        if not isinstance(index, int) or isinstance(index, bool):
            raise IzinContradictionError("the broker's response has no index")
        return Committed(index, _text(told, "entry"), _text(told, "proof"))

    # How

    def _endpoint(self, name: str) -> str:
        with self._lock:
            if self._endpoints is None:
                self._endpoints = self._discover()
            return self._endpoints[name]

    def _discover(self) -> Mapping[str, str]:
        """Return the broker's endpoints (RFC 8414)."""
        told = self._send("GET", f"{self.issuer}/.well-known/oauth-authorization-server")
        # RFC 8414 section 3.3: else one server could send us to another one's endpoints.
        if told.get("issuer") != self.issuer:
            raise IzinContradictionError("the metadata is another issuer's")
        endpoints = {}
        for name in (
            "pushed_authorization_request_endpoint",
            "authorization_endpoint",
            "token_endpoint",
        ):
            endpoints[name] = _text(told, name)
            if not endpoints[name].startswith(f"{self.issuer}/"):
                raise IzinContradictionError(f"{name} is not at the issuer")
        return endpoints

    def _post_form(self, url: str, form: Mapping[str, str]) -> dict[str, Any]:
        def send() -> httpx2.Response:
            at = int(self._clock().timestamp())
            assertion = self._keys.assertion(
                client_id=self.client_id, audience=self.issuer, jti=self._jti(), at=at
            )
            authenticated = {
                **form,
                "client_id": self.client_id,
                "client_assertion_type": ASSERTION_TYPE,
                "client_assertion": assertion,
            }
            return self._http.post(url, data=authenticated, headers=self._proof("POST", url))

        return _checked(self._with_nonce(send))

    def _send(
        self,
        method: str,
        url: str,
        *,
        body: Mapping[str, Any] | None = None,
        token: Token | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        def send() -> httpx2.Response:
            headers = {"Accept": "application/json"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            if token is not None:
                headers["Authorization"] = f"DPoP {token.access_token}"
                headers |= self._proof(method, url, token.access_token)
            content = None if body is None else orjson.dumps(body)
            return self._http.request(method, url, content=content, headers=headers, params=query)

        return _checked(self._with_nonce(send))

    def _with_nonce(self, send: Callable[[], httpx2.Response]) -> httpx2.Response:
        """Send, and once again if the broker wants its newest nonce in the proof (RFC 9449, 8)."""
        try:
            before = self._nonce
            response = send()
            self._nonce = response.headers.get("DPoP-Nonce", before)
            if _wants_nonce(response) and self._nonce != before:
                response = send()
                self._nonce = response.headers.get("DPoP-Nonce", self._nonce)
        except httpx2.HTTPError as error:
            raise IzinUnavailableError("the broker cannot be reached") from error
        return response

    def _proof(self, method: str, url: str, token: str | None = None) -> dict[str, str]:
        at = int(self._clock().timestamp())
        proof = self._keys.proof(
            method=method, url=url, jti=self._jti(), at=at, token=token, nonce=self._nonce
        )
        return {"DPoP": proof}

    def _token(self, told: Mapping[str, Any]) -> Token:
        # A token of another type could be used by whoever copies it.
        if _text(told, "token_type").lower() != "dpop":
            raise IzinContradictionError("the token is not bound to our key")
        lasts = told.get("expires_in")
        if not isinstance(lasts, int) or isinstance(lasts, bool) or lasts <= 0:
            raise IzinContradictionError("the token does not say how long it lasts")
        grant_id = _text(told, "grant_id")
        details = told.get("authorization_details")
        if not _ID.fullmatch(grant_id) or not isinstance(details, list):
            raise IzinContradictionError("the token does not say what was granted")
        access_token = _text(told, "access_token")
        refresh_token = told.get("refresh_token", "")
        if not access_token.isascii() or not isinstance(refresh_token, str):
            raise IzinContradictionError("the token is not a token")
        expires = int(self._clock().timestamp()) + lasts
        return Token(access_token, expires, grant_id, details, refresh_token)

    def _jti(self) -> str:
        return base64url.encode(self._random(16))


def _wants_nonce(response: httpx2.Response) -> bool:
    if response.status_code == 401:
        return 'error="use_dpop_nonce"' in response.headers.get("WWW-Authenticate", "")
    return response.status_code == 400 and b'"use_dpop_nonce"' in response.content


def _checked(response: httpx2.Response) -> dict[str, Any]:
    """Return the body of a response that went well, or raise what it says."""
    if len(response.content) > RESPONSE_LIMIT_BYTES:
        raise IzinContradictionError("the broker's response is too long")
    if response.status_code >= 500 or response.status_code == 429:
        raise IzinUnavailableError("the broker cannot answer now")
    try:
        told = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict):
        raise IzinContradictionError("the broker's response is not a JSON object")
    if response.status_code >= 300:
        # RFC 9457 from the API, RFC 6749 from the OAuth endpoints.
        problem = str(told.get("type") or told.get("error") or "").rpartition("/")[2]
        reasons = told.get("reasons")
        reasons = reasons if isinstance(reasons, list) else []
        raise IzinRefusedError(
            problem if _NAME.fullmatch(problem) else "unknown",
            [each for each in reasons if isinstance(each, str) and _NAME.fullmatch(each)],
        )
    return told


def _verified(told: Mapping[str, Any]) -> Verified:
    verification_id, subject = _text(told, "verification_id"), _text(told, "subject")
    status, items = told.get("status"), told.get("items")
    if not _ID.fullmatch(verification_id) or not _SUBJECT.fullmatch(subject):
        raise IzinContradictionError("the verification does not say about whom it is")
    if not isinstance(status, str) or status not in _STATUSES or not isinstance(items, list):
        raise IzinContradictionError("the verification does not say what came of it")
    return Verified(verification_id, subject, status, items)


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise IzinContradictionError(f"the broker's response has no {name}")
    return value
