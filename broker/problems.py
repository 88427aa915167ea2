"""Errors as RFC 9457 problems. The only file that knows HTTP status codes of our errors.

A problem says what was wrong and what to do, never whose data it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from broker.errors import BrokerError

PROBLEM_JSON: Final = "application/problem+json"


@dataclass(frozen=True)
class ProblemType:
    """One row of the table below: a problem's name, its status and its title."""

    status: int
    title: str


# The `type` member is "/problems/" and the key; docs/formats/problems.md explains each.
TYPES: Final[Mapping[str, ProblemType]] = {
    "malformed": ProblemType(400, "The request is not what this address takes"),
    "invalid-token": ProblemType(401, "The access token is missing, ended or not bound to you"),
    "entries-need-token": ProblemType(
        401, "The log's entries of the last day are for readers with a token"
    ),
    "invalid-signature": ProblemType(401, "The signature does not verify"),
    "grant-not-live": ProblemType(403, "The person's permission is not live"),
    "not-permitted": ProblemType(403, "This may not be asked"),
    "refused": ProblemType(403, "The agency refuses the question"),
    "unknown": ProblemType(404, "There is no such thing here"),
    "request-id-reused": ProblemType(409, "This request_id already stands for another request"),
    "formula-not-in-force": ProblemType(409, "The formula is not the one in force"),
    "pruned": ProblemType(410, "The log no longer keeps these entries' bodies"),
    "too-large": ProblemType(413, "The request is too large"),
    "length-required": ProblemType(411, "The request does not say how long it is"),
    "wrong-content-type": ProblemType(415, "The request is not JSON"),
    "wrong-range": ProblemType(416, "The file has no such part"),
    "too-many-requests": ProblemType(429, "Too many requests"),
    "internal": ProblemType(500, "Something failed on our side"),
    "busy": ProblemType(503, "Too many verifications are under way"),
    "log-unavailable": ProblemType(503, "The log cannot be read or written now"),
    "storage-unavailable": ProblemType(503, "Our database takes or gives nothing now"),
}


@dataclass
class Problem(BrokerError):  # noqa: N818 - the name that RFC 9457 gives it
    """An error that ends a request. `name` is a key of TYPES."""

    name: str
    detail: str
    members: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}"

    def body(self) -> dict[str, object]:
        """Return the problem's JSON members (RFC 9457, section 3.1)."""
        kind = TYPES[self.name]
        return {
            "type": f"/problems/{self.name}",
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            **self.members,
        }

    def response(self) -> Response:
        """Return the problem as an HTTP response."""
        return Response(
            orjson.dumps(self.body()),
            status=TYPES[self.name].status,
            headers=dict(self.headers),
            content_type=PROBLEM_JSON,
        )


def register_problems(app: Flask) -> None:
    """Answer with a problem wherever `app` raises one."""

    @app.errorhandler(Problem)
    def _problem(error: Problem) -> Response:
        return error.response()


def http_problem(error: HTTPException) -> Response:
    """Return werkzeug's `error` (wrong method, unknown path, ...) as a problem without a type."""
    body = {"title": error.name, "status": error.code or 500}
    response = Response(orjson.dumps(body), status=error.code, content_type=PROBLEM_JSON)
    if error.code == 405:
        for name, value in error.get_headers():
            if name == "Allow":
                response.headers["Allow"] = value
    return response
