"""Tag files: made of the entries alone, searched by a phone, and what a false one can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.entry import draft
from audit.errors import AuditError, TamperedError
from audit.log import Log
from audit.tag_files import (
    TagFile,
    candidates,
    check_tag_file,
    format_tag_file,
    make_tag_file,
    parse_tag_file,
)
from audit.tag_search import search_days
from audit.trace import IZIN, share, tag
from audit.web import log_blueprint
from tests.audit.logs import START, Clock, access, open_log, verifier

KEY, TOKEN = bytes(range(32)), "made-up-token"
NOTHING = draft("policy.changed", {"policy": "ab" * 32})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def first() -> date:
    return START.date()


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[Log]:
    """Return a log of three days: 300 entries, 300 with two of hers, and 1."""
    opened = open_log(tmp_path, clock=clock)
    day = clock().date()
    opened.append([*(access() for _ in range(299)), NOTHING])
    clock.moment += timedelta(days=1)
    hers = (tag(share(KEY, name), day + timedelta(days=1), 7) for name in ("polri", IZIN))
    opened.append([*(access() for _ in range(298)), *(access(tag=one.hex()) for one in hers)])
    clock.moment += timedelta(days=1)
    opened.append([access()])
    yield opened
    opened.close()


def _checkpoint(log: Log) -> Checkpoint:
    return open_checkpoint(log.checkpoint(), verifier(log))


def _served(log: Log, day: date) -> bytes:
    return format_tag_file(make_tag_file(log.read, log.size, day))


def test_a_day_s_file_holds_the_tags_of_that_day(log: Log, first: date) -> None:
    files = [make_tag_file(log.read, log.size, first + timedelta(days=n)) for n in range(-1, 4)]
    assert [(each.start, len(each.tags)) for each in files] == [
        (0, 0),
        (0, 300),
        (300, 300),
        (600, 1),
        (601, 0),
    ]
    assert files[1].tags[299] == bytes(16)
    assert files[2].agencies == ("polri",)


def test_a_file_is_read_as_it_was_written(log: Log, first: date) -> None:
    made = make_tag_file(log.read, log.size, first)
    assert parse_tag_file(format_tag_file(made), first) == made
    assert len(format_tag_file(made)) < 17 * 300


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b":300:polri", b":301:polri"),
        (b":300:polri", b":300:pol ri"),
        (b":300:polri", b":300:polri,pln"),
        (b"tags:1:", b"tags:2:"),
        (b"\n", b""),
        (b":0:300", b":00:300"),
    ],
)
def test_what_we_would_not_write_is_refused(log: Log, first: date, old: bytes, new: bytes) -> None:
    with pytest.raises(AuditError):
        parse_tag_file(_served(log, first).replace(old, new, 1), first)


def test_the_file_of_another_day_is_refused(log: Log, first: date) -> None:
    with pytest.raises(AuditError):
        parse_tag_file(_served(log, first), first + timedelta(days=1))


def test_a_key_finds_its_entries_and_they_are_proven(log: Log, first: date) -> None:
    days = first, first + timedelta(days=2)
    found = search_days(log.read, lambda day: _served(log, day), _checkpoint(log), KEY, days)
    assert [(each.index, each.agency) for each in found] == [(598, "polri"), (599, IZIN)]
    assert found[0].entry.raw == log.entry(598)


def test_another_key_finds_nothing(log: Log, first: date) -> None:
    assert candidates(make_tag_file(log.read, log.size, first), bytes(32)) == []


def test_days_in_the_wrong_order_are_refused(log: Log, first: date) -> None:
    days = first, first - timedelta(days=1)
    with pytest.raises(AuditError, match="first day"):
        search_days(log.read, lambda day: _served(log, day), _checkpoint(log), KEY, days)


def test_a_file_that_leads_to_another_entry_is_reported(log: Log, first: date) -> None:
    day = first + timedelta(days=1)
    made = make_tag_file(log.read, log.size, day)
    false = replace(made, start=made.start - 1)
    with pytest.raises(TamperedError) as caught:
        search_days(log.read, lambda _: format_tag_file(false), _checkpoint(log), KEY, (day, day))
    assert caught.value.index == 597


def test_an_entry_that_is_not_in_the_tree_is_reported(log: Log, first: date) -> None:
    day = first + timedelta(days=1)
    other = replace(_checkpoint(log), root=bytes(32))
    with pytest.raises(TamperedError, match="not in the tree"):
        search_days(log.read, lambda each: _served(log, each), other, KEY, (day, day))


def test_a_file_that_leaves_an_entry_out_is_found_by_making_it_again(log: Log, first: date) -> None:
    day = first + timedelta(days=1)
    made = make_tag_file(log.read, log.size, day)
    check_tag_file(format_tag_file(made), day, log.read, log.size)
    hidden = replace(made, tags=(*made.tags[:298], bytes(16), made.tags[299]))
    with pytest.raises(TamperedError) as caught:
        check_tag_file(format_tag_file(hidden), day, log.read, log.size)
    assert caught.value.index == 598
    for false in (b"", format_tag_file(TagFile(day, 300, made.tags, ()))):
        with pytest.raises(TamperedError):
            check_tag_file(false, day, log.read, log.size)


def _client(log: Log) -> FlaskClient:
    app = Flask("log")
    app.register_blueprint(log_blueprint(log, may_read_entries=lambda token: token == TOKEN))
    return app.test_client()


def test_a_day_that_is_long_over_is_everybody_s_for_ever(
    log: Log, first: date, clock: Clock
) -> None:
    clock.moment = datetime.combine(first + timedelta(days=2), datetime.min.time(), UTC)
    clock.moment += timedelta(hours=1)
    response = _client(log).get(f"/log/tags/{first.isoformat()}")
    assert (response.status_code, response.data) == (200, _served(log, first))
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_fresh_day_is_its_readers_and_kept_by_nobody(log: Log, clock: Clock) -> None:
    path = f"/log/tags/{clock().date().isoformat()}"
    client = _client(log)
    assert client.get(path).status_code == 401
    response = client.get(path, headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "9999-12-31"])
def test_what_is_no_day_is_not_there(log: Log, day: str) -> None:
    assert _client(log).get(f"/log/tags/{day}").status_code == 404
