"""A client's public keys at its own URL (`jwks_uri`), fetched carefully and kept a while.

So a client changes its keys without the operator. Whoever sends an assertion in a client's name
makes us fetch, so this must never be a way into our own network: https only, no redirects, public
addresses only, and the address that was checked is the one that is connected to. Bounded in size,
in time, and to one attempt in 30 seconds. On loopback, http will do: demos and tests.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import httpx2

FRESH_SECONDS: Final = 300
STALE_SECONDS: Final = 3_600
"""For how long old keys stand in while the URL does not answer."""

RETRY_SECONDS: Final = 30
LIMIT_BYTES: Final = 65_536
DEADLINE_SECONDS: Final = 3.0
_MOST_KEYS: Final = 16
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Resolve = Callable[[str, int], list[str]]


class KeyUrlError(Exception):
    """The keys cannot be fetched from there; the message never quotes what was answered."""


def key_url_fault(url: str, *, issuer: str) -> str | None:
    """Return what is wrong with a client's `jwks_uri`, as the end of a sentence."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not a URL"
    if not parts.hostname or parts.username is not None or parts.fragment or port == 0:
        return "is not a URL of a file of keys"
    if parts.scheme == "https" or _is_local(parts, issuer):
        return None
    return "must be https: whoever changes the keys on the way could speak for the client"


@dataclass
class _Kept:
    """What the last attempts gave. fetched: of `jwks`. tried: of the last attempt."""

    jwks: Mapping[str, Any] | None
    fetched: int
    tried: int


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for _, _, _, _, address in found]


class KeyUrls:
    """Fetches keys, and keeps them for this process."""

    def __init__(
        self,
        *,
        issuer: str,
        at: Callable[[], int],
        resolve: Resolve = _addresses,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Take our issuer (loopback ones may use loopback URLs) and the clock, in seconds."""
        self._issuer = issuer
        self._at = at
        self._resolve = resolve
        self._transport = transport
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def key_sets(self, url: str) -> Iterator[Mapping[str, Any]]:
        """Yield the JWK sets to try: the one that is kept, then a newer one if there may be one."""
        kept = self._kept.get(url)
        at = self._at()
        if kept is not None and kept.jwks is not None and at - kept.fetched < FRESH_SECONDS:
            yield kept.jwks
        # A key that is not among them may be new since.
        if kept is None or at - kept.tried >= RETRY_SECONDS:
            newer = self._renewed(url, at)
            if newer is not None:
                yield newer
                return
        if kept is not None and kept.jwks is not None:
            is_stale = at - kept.fetched >= FRESH_SECONDS
            if is_stale and at - kept.fetched < STALE_SECONDS:
                yield kept.jwks

    def _renewed(self, url: str, at: int) -> Mapping[str, Any] | None:
        with self._lock:
            kept = self._kept.setdefault(url, _Kept(None, 0, 0))
            if at - kept.tried < RETRY_SECONDS:
                return kept.jwks  # somebody else has just tried
            kept.tried = at
        try:
            jwks = self._fetch(url)
        except KeyUrlError:
            return None
        kept.jwks, kept.fetched = jwks, at
        return jwks

    def _fetch(self, url: str) -> Mapping[str, Any]:
        fault = key_url_fault(url, issuer=self._issuer)
        if fault is not None:
            raise KeyUrlError(fault)
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self._address(host, port, local=_is_local(parts, self._issuer))
        at_address = httpx2.URL(url).copy_with(host=address)
        try:
            with (
                httpx2.Client(
                    transport=self._transport,
                    timeout=DEADLINE_SECONDS,
                    follow_redirects=False,
                    trust_env=False,
                ) as http,
                http.stream(
                    "GET",
                    at_address,
                    headers={
                        "Host": parts.netloc,
                        "Accept": "application/json",
                        "Accept-Encoding": "identity",
                    },
                    # The certificate is checked for the name, not for the address.
                    extensions={"sni_hostname": host},
                ) as response,
            ):
                if response.status_code != 200:
                    raise KeyUrlError("the URL answers with another status than 200")
                return _parse(_read(response))
        except httpx2.HTTPError as error:
            raise KeyUrlError("the URL does not answer") from error

    def _address(self, host: str, port: int, *, local: bool) -> str:
        """Return an address of the host; raises KeyUrlError if any of them is not public."""
        try:
            found = [ipaddress.ip_address(each) for each in self._resolve(host, port)]
        except (OSError, ValueError, UnicodeError) as error:
            raise KeyUrlError("the URL's name is not known") from error
        for address in found:
            if not (address.is_loopback if local else address.is_global):
                raise KeyUrlError("the URL leads to an address that is not public")
        if not found:
            raise KeyUrlError("the URL's name is not known")
        return str(found[0])


def _read(response: httpx2.Response) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise KeyUrlError("the URL answers in an encoding that nobody asked for")
    ends, body = time.monotonic() + DEADLINE_SECONDS, b""
    for part in response.iter_bytes():
        body += part
        if len(body) > LIMIT_BYTES or time.monotonic() > ends:
            raise KeyUrlError("the URL answers with too much, or too slowly")
    return body


def _parse(body: bytes) -> Mapping[str, Any]:
    try:
        jwks = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise KeyUrlError("the URL's answer is not JSON") from error
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= _MOST_KEYS:
        raise KeyUrlError("the URL's answer is not a set of keys")
    if not all(isinstance(key, dict) for key in keys):
        raise KeyUrlError("the URL's answer is not a set of keys")
    return {"keys": keys}


def _is_local(parts: SplitResult, issuer: str) -> bool:
    return parts.hostname in _LOOPBACK and urlsplit(issuer).hostname in _LOOPBACK
