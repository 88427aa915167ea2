"""Read a request's JSON body without trusting its length, its type or its shape."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Final

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request

from broker.problems import Problem

REST_BYTES: Final = 65_536


def read_json(request: Request, *, limit_bytes: int) -> Any:
    """Return the parsed body, or raise a Problem that says what to send instead.

    The parser's own message is not passed on: it quotes the input.
    """
    if request.mimetype != "application/json":
        raise Problem("wrong-content-type", "send the body as Content-Type: application/json")
    body = read_bytes(request, limit_bytes=limit_bytes)
    try:
        value = orjson.loads(body)
        # orjson is the strict reader, but keeps the last of two members of one name. Whoever stands
        # in between may have checked the first, so a second reader looks for them.
        json.loads(body, object_pairs_hook=_once)
    except _RepeatedMemberError:
        raise Problem("malformed", "the body has two members of the same name") from None
    except (ValueError, RecursionError):
        raise Problem("malformed", "the body is not JSON (UTF-8)") from None
    return value


def read_bytes(request: Request, *, limit_bytes: int) -> bytes:
    """Return the whole body of at most `limit_bytes`, or raise a Problem."""
    # Without a Content-Length a server may cut a long chunked body silently and call it whole.
    if request.content_length is None:
        raise Problem("length-required", "send a Content-Length")
    too_large = Problem("too-large", f"the body may have at most {limit_bytes} bytes")
    if request.content_length > limit_bytes:
        raise too_large
    body = request.stream.read(limit_bytes + 1)
    if len(body) > limit_bytes:
        raise too_large
    if len(body) != request.content_length:
        raise Problem("malformed", "the body is shorter than its Content-Length")
    return body


def read_to_the_end(app: Flask) -> None:
    """Have `app` read what it left of a request's body, before it answers.

    A server closes a connection whose request was answered unread, such as one without a good
    token, and a client that keeps its connections finds the next request lost.
    """

    @app.after_request
    def _read_rest(response: Response) -> Response:
        # What is longer is not waited for: who sends it has to expect the close.
        if 0 < (request.content_length or 0) <= REST_BYTES:
            with suppress(HTTPException, OSError):
                request.stream.read(REST_BYTES)
        return response


class _RepeatedMemberError(Exception):
    """An object has a member twice; says no more, since names are the sender's text."""


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise _RepeatedMemberError
