"""The log over HTTP: public, cacheable files under /log, as in C2SP tlog-tiles.

It must not know who the readers are: whether a token may read the entries of the last day is asked
of the function passed in. How an answer is cached, cut or packed is `answers`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import orjson
from flask import Blueprint, Response

from audit.answers import (
    ASK_AGAIN,
    BINARY,
    FOREVER,
    JSON,
    OWN,
    SHORT,
    TEXT,
    answer,
    bearer,
    open_to_pages,
    problem,
    token_wanted,
)
from audit.checkpoint import Checkpoint
from audit.cosigning import Cosigning
from audit.entry import parse_entry
from audit.errors import AuditError, LogUnavailableError, MissingError, PrunedError, TileError
from audit.log import Log
from audit.tag_files import format_tag_file, make_tag_file
from audit.tiles import REMAINS, TILE_WIDTH, TilePath, parse_bundle, parse_tile_path

FRESH = timedelta(hours=25)
"""Entries older than 24 hours are public; `at` is cut to the hour, so it may lie one earlier."""

MayRead = Callable[[str | None], bool]


def log_blueprint(
    log: Log,
    *,
    may_read_entries: MayRead,
    shown: Callable[[], tuple[Checkpoint, str]] | None = None,
    cosigning: Cosigning | None = None,
) -> Blueprint:
    """Return the routes of `log`.

    may_read_entries: whether the bearer of this token (None: of none) may read fresh entries.
    shown: returns the checkpoint that readers get and its note, such as one that witnesses
    cosigned; without it, the log's newest.
    cosigning: adds the log's ML-DSA-44 cosignature to the checkpoint.
    """
    newest = shown or log.newest
    blueprint = Blueprint("log", __name__, url_prefix="/log")

    blueprint.after_request(open_to_pages)

    @blueprint.get("/checkpoint")
    def checkpoint() -> Response:
        note = newest()[1] if cosigning is None else cosigning.checkpoint()
        return answer(note, TEXT, ASK_AGAIN)

    @blueprint.get("/vkey")
    def vkey() -> Response:
        return answer(log.vkey + "\n", TEXT, SHORT)

    @blueprint.get("/vkeys")
    def vkeys() -> Response:
        every = log.vkeys if cosigning is None else (*log.vkeys, cosigning.vkey)
        return answer("".join(f"{one}\n" for one in every), TEXT, SHORT)

    @blueprint.get("/proof/<int:index>")
    def proof(index: int) -> Response:
        checkpoint, note = newest()
        # An entry younger than what witnesses cosigned is proven under the log's own signature.
        under = (checkpoint, note) if index < checkpoint.size else None
        return answer(log.proof(index, under=under), TEXT, ASK_AGAIN)

    @blueprint.get("/tile/<path:rest>")
    def tile(rest: str) -> Response:
        path = f"tile/{rest}"
        named = parse_tile_path(path)
        content = log.read(path)
        # A partial tile never changes either, but is not asked for again once a larger one is.
        cache = FOREVER if named.width == TILE_WIDTH else SHORT
        if named.level is not None:
            # Bodies go after a year at the earliest: nothing that remains is fresh.
            return answer(content, BINARY, cache, packs=named.level == REMAINS)
        if _is_public(log, named, content, may_read_entries):
            return answer(content, BINARY, cache, packs=True)
        token = bearer()
        if not may_read_entries(token):
            return token_wanted(was_sent=token is not None)
        return answer(content, BINARY, OWN)

    @blueprint.get("/tags/<day_text>")
    def tags(day_text: str) -> Response:
        day = _day(day_text)
        if day == date.max:  # has no day after it
            raise MissingError("no such day")
        now = log.clock().astimezone(UTC)
        # Before: an entry of the day may still come, or is too fresh for everybody to read.
        is_over = now >= datetime.combine(day + timedelta(days=1), time(), UTC) + FRESH
        is_open = is_over or may_read_entries(None)
        token = bearer()
        if not is_open and not may_read_entries(token):
            return token_wanted(was_sent=token is not None)
        content = format_tag_file(make_tag_file(log.read, log.size, day))
        cache = FOREVER if is_over else ASK_AGAIN if is_open else OWN
        return answer(content, BINARY, cache)

    @blueprint.get("/withdrawn/<day_text>")
    def withdrawn(day_text: str) -> Response:
        day = _day(day_text)
        size = log.size  # first: the list below then holds all that lies before it
        rows = [[index, w.hex()] for index, w in log.withdrawn(day) if index < size]
        body = {"v": 1, "day": day.isoformat(), "size": size, "withdrawn": rows}
        return answer(orjson.dumps(body), JSON, ASK_AGAIN)

    @blueprint.errorhandler(AuditError)
    def refuse(error: AuditError) -> Response:
        if isinstance(error, PrunedError):
            return problem(
                "pruned", "bodies under the minimum index are gone; hashes and proofs are not"
            )
        if isinstance(error, MissingError | TileError):
            return problem("unknown", "the log has no such file, or not yet")
        if isinstance(error, LogUnavailableError):
            return problem("log-unavailable", "the log cannot be read now; try again later")
        return problem("internal", "the log cannot answer")

    return blueprint


def _is_public(log: Log, tile: TilePath, content: bytes, may_read: MayRead) -> bool:
    """Whether anybody may read this bundle: its newest entry is old enough, or all is open."""
    if may_read(None):
        return True
    newest = parse_entry(parse_bundle(content, tile.width)[-1])
    return log.clock().astimezone(UTC) - newest.at >= FRESH


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise MissingError("no such day") from error
    if day.isoformat() != text:  # Python also reads week dates and dates without hyphens
        raise MissingError("no such day")
    return day
