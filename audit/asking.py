"""One question over HTTP, beside the log's files: a published text, or something for a token.

This file must not follow a redirect, since a token would travel on, and must not believe what it
gets: it only hands over bytes of a bounded length.
"""

from __future__ import annotations

from typing import Final

import httpx2
import orjson

from audit.errors import LogUnavailableError
from audit.source import is_loopback

MOST_BYTES: Final = 8 * 1024 * 1024
_TIMEOUT_SECONDS: Final = 60.0


def get(url: str) -> bytes:
    """Return what is published at `url`, or raise LogUnavailableError."""
    return _ask("GET", url, None, {})


def post_json(url: str, body: object, token: str | None) -> bytes:
    """Return the answer to a JSON body, or raise LogUnavailableError.

    token: sent as a bearer token, over https or to this machine only.
    """
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return _ask("POST", url, orjson.dumps(body), headers)


def _ask(method: str, url: str, content: bytes | None, headers: dict[str, str]) -> bytes:
    try:
        parsed = httpx2.URL(url)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise LogUnavailableError("not a URL")
        if "Authorization" in headers and parsed.scheme == "http" and not is_loopback(parsed.host):
            raise LogUnavailableError("a token is sent over https only")
        with (
            httpx2.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False) as client,
            client.stream(method, parsed, content=content, headers=headers) as response,
        ):
            if response.status_code != 200:
                raise LogUnavailableError(f"the broker answered {response.status_code}")
            found = bytearray()
            for chunk in response.iter_bytes():
                found += chunk
                if len(found) > MOST_BYTES:
                    raise LogUnavailableError("an answer longer than any of a broker")
            return bytes(found)
    except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, ValueError) as error:
        raise LogUnavailableError(
            f"the broker cannot be reached: {type(error).__name__}"
        ) from error
