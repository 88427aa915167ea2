"""How the log answers over HTTP: what may be kept how long, asked for in part, packed, and by whom.

Source: RFC 9110 (conditions, ranges, codings), RFC 9111 (caching), RFC 9457 (problems), RFC 6750
(bearer tokens). This file and `web` are the only ones of `audit` that import Flask; it must not
know what a file of the log says.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import orjson
from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

FOREVER: Final = "public, max-age=31536000, immutable"
SHORT: Final = "public, max-age=3600"
ASK_AGAIN: Final = "no-cache"
"""May be kept, but is compared (by its ETag) before every use."""
OWN: Final = "private, no-cache"
"""For who showed a token: no shared cache keeps it, and his own asks again, token and all."""
NEVER: Final = "no-store"

TEXT: Final = "text/plain; charset=utf-8"
BINARY: Final = "application/octet-stream"
JSON: Final = "application/json"

PROBLEMS: Final[Mapping[str, tuple[int, str]]] = {
    "entries-need-token": (401, "The log's entries of the last day are for readers with a token"),
    "pruned": (410, "The log no longer keeps these entries' bodies"),
    "unknown": (404, "There is no such thing here"),
    "wrong-range": (416, "The file has no such part"),
    "internal": (500, "Something failed on our side"),
    "log-unavailable": (503, "The log cannot be read or written now"),
}
"""Status and title by the name of a problem's type."""

_PACK_LEVEL = 3  # hashes in hex halve and no more, whatever the effort


def answer(content: bytes | str, media_type: str, cache: str, *, packs: bool = False) -> Response:
    """Return `content` as the request wants it: whole or a part, packed, or "you have it already".

    packs: whether it may be compressed. Nothing that a token opened may be: its length on the
        wire would tell bystanders about its content.
    """
    raw = content.encode() if isinstance(content, str) else content
    tag = sha256(raw).hexdigest()[:32]
    ranged = request.method == "GET" and request.range is not None
    packed = packs and not ranged and request.accept_encodings.quality("gzip") > 0
    if packed:
        # No time of day inside: equal content gives equal bytes, whoever packed it.
        raw, tag = gzip.compress(raw, _PACK_LEVEL, mtime=0), f"{tag}-gzip"
    response = Response(raw, content_type=media_type)
    response.set_etag(tag)
    response.headers["Cache-Control"] = cache
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    if packs:
        response.vary.add("Accept-Encoding")
    if cache == OWN:
        response.vary.add("Authorization")
    return _conditional(response, len(raw), is_packed=packed)


def problem(name: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem (RFC 9457) that no cache keeps. name: a key of PROBLEMS."""
    status, title = PROBLEMS[name]
    body = {"type": f"/problems/{name}", "title": title, "status": status, "detail": detail}
    response = Response(
        orjson.dumps(body), status, headers=headers, content_type="application/problem+json"
    )
    response.headers["Cache-Control"] = NEVER
    return response


def token_wanted(*, was_sent: bool) -> Response:
    """Return the refusal of fresh entries. was_sent: a token came, and is not a reader's."""
    fault = ', error="invalid_token"' if was_sent else ""
    return problem(
        "entries-need-token",
        "send a reader's token (Authorization: Bearer), or wait until the entries are a day old",
        {"WWW-Authenticate": f'Bearer realm="log"{fault}', "Vary": "Authorization"},
    )


def bearer() -> str | None:
    """Return the request's bearer token, if there is one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


def open_to_pages(response: Response) -> Response:
    """Let a page from anywhere, a saved one too, read the answer.

    Nothing here is read on the strength of a cookie: whoever has a token may read anyway.
    """
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["X-Content-Type-Options"] = "nosniff"
    if request.method == "OPTIONS":  # a browser asks before it sends a token
        headers["Access-Control-Allow-Methods"] = "GET, HEAD"
        headers["Access-Control-Allow-Headers"] = "Authorization, If-None-Match, Range"
        headers["Access-Control-Max-Age"] = "86400"
    return response


def _conditional(response: Response, length: int, *, is_packed: bool) -> Response:
    """Apply If-None-Match, Range and If-Range to a whole answer of `length` bytes."""
    asked = request.range
    # Other units, several parts at once and HEAD get the whole, as RFC 9110 (14.2) allows.
    in_part = (
        request.method == "GET"
        and not is_packed
        and asked is not None
        and asked.units == "bytes"
        and len(asked.ranges) == 1
    )
    try:
        response.make_conditional(request, accept_ranges=in_part, complete_length=length)
    except RequestedRangeNotSatisfiable:
        size = {"Content-Range": f"bytes */{length}", "Accept-Ranges": "bytes"}
        return problem("wrong-range", f"the file has {length} bytes", size)
    response.headers["Accept-Ranges"] = "bytes"
    return response
