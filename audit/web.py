"""The log over HTTP: public, cacheable files under /log, as in C2SP tlog-tiles.

This is the only file of `audit` that imports Flask. It must not know who the readers are: whether
a token may read the entries of the last day is asked of the function passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import orjson
from flask import Blueprint, Response, request

from audit.entry import parse_entry
from audit.errors import AuditError, LogUnavailableError, MissingError, TileError
from audit.log import Log
from audit.tag_files import format_tag_file, make_tag_file
from audit.tiles import TILE_WIDTH, TilePath, parse_bundle, parse_tile_path

FRESH = timedelta(hours=25)
"""Entries older than 24 hours are public; `at` is cut to the hour, so it may lie one earlier."""

_FOREVER = "max-age=31536000, immutable"
_SHORT = "max-age=3600"

MayRead = Callable[[str | None], bool]


def log_blueprint(log: Log, *, may_read_entries: MayRead) -> Blueprint:
    """Return the routes of `log`.

    may_read_entries: whether the bearer of this token (None: of none) may read fresh entries.
    """
    blueprint = Blueprint("log", __name__, url_prefix="/log")

    @blueprint.get("/checkpoint")
    def checkpoint() -> Response:
        return _text(log.checkpoint(), "no-cache")

    @blueprint.get("/vkey")
    def vkey() -> Response:
        return _text(log.vkey + "\n", f"public, {_SHORT}")

    @blueprint.get("/proof/<int:index>")
    def proof(index: int) -> Response:
        return _text(log.prove(index).proof, "no-cache")

    @blueprint.get("/tile/<path:rest>")
    def tile(rest: str) -> Response:
        path = f"tile/{rest}"
        named = parse_tile_path(path)
        content = log.read(path)
        shared = "public"
        if named.level is None and not _is_public(log, named, content, may_read_entries):
            if not may_read_entries(_bearer()):
                refusal = "entries of the last 24 hours need a reader's token\n"
                return _text(refusal, "no-store", status=403)
            shared = "private"  # a shared cache would hand it to readers without a token
        # A partial tile never changes either, but is not asked for again once a larger one is.
        age = _FOREVER if named.width == TILE_WIDTH else _SHORT
        response = Response(content, mimetype="application/octet-stream")
        return _headed(response, f"{shared}, {age}")

    @blueprint.get("/tags/<day_text>")
    def tags(day_text: str) -> Response:
        day = _day(day_text)
        if day == date.max:  # has no day after it
            raise MissingError("no such day")
        now = log.clock().astimezone(UTC)
        # Before: an entry of the day may still come, or is too fresh for everybody to read.
        is_over = now >= datetime.combine(day + timedelta(days=1), time(), UTC) + FRESH
        is_open = is_over or may_read_entries(None)
        if not is_open and not may_read_entries(_bearer()):
            refusal = "entries of the last 24 hours need a reader's token\n"
            return _text(refusal, "no-store", status=403)
        content = format_tag_file(make_tag_file(log.read, log.size, day))
        response = Response(content, mimetype="application/octet-stream")
        shared = "public" if is_open else "private"
        return _headed(response, f"{shared}, {_FOREVER if is_over else 'no-cache'}")

    @blueprint.get("/withdrawn/<day_text>")
    def withdrawn(day_text: str) -> Response:
        day = _day(day_text)
        size = log.size  # first: the list below then holds all that lies before it
        rows = [[index, w.hex()] for index, w in log.withdrawn(day) if index < size]
        body = {"v": 1, "day": day.isoformat(), "size": size, "withdrawn": rows}
        response = Response(orjson.dumps(body), mimetype="application/json")
        return _headed(response, "no-cache")

    @blueprint.errorhandler(AuditError)
    def refuse(error: AuditError) -> Response:
        if isinstance(error, MissingError | TileError):
            return _text("the log has no such file\n", "no-store", status=404)
        if isinstance(error, LogUnavailableError):
            return _text("the log cannot be read now\n", "no-store", status=503)
        return _text("the log cannot answer\n", "no-store", status=500)

    return blueprint


def _is_public(log: Log, tile: TilePath, content: bytes, may_read: MayRead) -> bool:
    """Whether anybody may read this bundle: its newest entry is old enough, or all is open."""
    if may_read(None):
        return True
    newest = parse_entry(parse_bundle(content, tile.width)[-1])
    return log.clock().astimezone(UTC) - newest.at >= FRESH


def _bearer() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise MissingError("no such day") from error
    if day.isoformat() != text:  # Python also reads week dates and dates without hyphens
        raise MissingError("no such day")
    return day


def _text(text: str, cache: str, *, status: int = 200) -> Response:
    return _headed(Response(text, status=status, mimetype="text/plain"), cache)


def _headed(response: Response, cache: str) -> Response:
    response.headers["Cache-Control"] = cache
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
