"""A log verified from its address: going on, two processes, its lists and its tag files."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from werkzeug.serving import make_server

from audit import web, workers
from audit.cli import audit
from audit.errors import MissingError
from audit.log import Log
from audit.tag_files import TagFile, make_tag_file
from audit.tiles import Fetch
from audit.web import log_blueprint
from tests.audit.logs import Clock, access, open_log, withdrawal

W = [bytes([number]) * 32 for number in range(1, 5)]


class Hiding:
    """A log that leaves withdrawals out of its lists, and signs them all the same."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.hidden: set[bytes] = set()
        self.serves = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.log, name)

    def withdrawn(self, day: date) -> list[tuple[int, bytes]]:
        if not self.serves:
            raise MissingError("no such list")
        return [(index, w) for index, w in self.log.withdrawn(day) if w not in self.hidden]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = open_log(tmp_path)
    opened.append([access() for _ in range(300)])
    opened.append([withdrawal(w) for w in W[:3]])
    yield opened
    opened.close()


@pytest.fixture
def hiding(log: Log) -> Hiding:
    return Hiding(log)


@pytest.fixture
def url(hiding: Hiding) -> Iterator[str]:
    app = Flask("log")
    app.register_blueprint(log_blueprint(hiding, may_read_entries=lambda _: True))  # type: ignore[arg-type]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/log"
    server.shutdown()
    thread.join()
    server.server_close()


def document(log: Log, *arguments: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(
        audit, ("verify", *arguments, "--vkey", log.vkey, "--json"), catch_exceptions=False
    )
    return result.exit_code, json.loads(result.stdout)


def outcome_of(members: dict[str, Any], step: str) -> str:
    return next(each["outcome"] for each in members["steps"] if each["step"] == step)


def test_a_log_is_gone_on_with_from_its_address(log: Log, url: str, tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    code, members = document(log, url, "--state", state)
    assert (code, members["size"], members["read_from"]) == (0, 303, 0)
    assert outcome_of(members, "withdrawn") == "passed"
    log.append([access(), withdrawal(W[3])])
    code, members = document(log, url, "--state", state)
    assert (code, members["size"], members["read_from"]) == (0, 305, 256)


def test_two_processes_read_from_an_address(
    log: Log, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "SMALL", 10)
    assert document(log, url, "--jobs", "2")[0] == 0


@pytest.mark.parametrize("number", [0, 2])
def test_a_withdrawal_that_a_list_leaves_out(
    log: Log, hiding: Hiding, url: str, number: int
) -> None:
    """The log signs it, the person finds it, and no gateway hears of it: only here it shows."""
    hiding.hidden = {W[number]}
    code, members = document(log, url)
    assert code == 1
    fault = members["fault"]
    assert (fault["step"], fault["promise"]) == ("withdrawn", "P8")
    assert (fault["number"], fault["index"]) == (13, 300 + number)


def test_a_withdrawal_left_out_later_is_found_by_who_goes_on(
    log: Log, hiding: Hiding, url: str, tmp_path: Path
) -> None:
    state = str(tmp_path / "state")
    assert document(log, url, "--state", state)[0] == 0
    hiding.hidden = {W[0]}
    code, members = document(log, url, "--state", state)
    assert (code, members["fault"]["index"]) == (1, 300)


def test_a_log_without_lists_says_that_they_were_not_checked(
    log: Log, hiding: Hiding, url: str
) -> None:
    hiding.serves = False
    code, members = document(log, url)
    assert (code, outcome_of(members, "withdrawn")) == (0, "skipped")


@pytest.fixture
def second_day(log: Log) -> None:
    assert isinstance(log.clock, Clock)
    log.clock.moment += timedelta(days=1)
    log.append([access()])


@pytest.mark.usefixtures("second_day")
def test_tag_files_are_compared_where_that_is_asked_for(log: Log, url: str) -> None:
    assert outcome_of(document(log, url)[1], "tags") == "skipped"
    code, members = document(log, url, "--tag-files")
    assert (code, outcome_of(members, "tags")) == (0, "passed")


@pytest.mark.usefixtures("second_day")
def test_a_tag_file_that_hides_an_entry_from_phones(
    log: Log, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log signs it, and whoever reads all of it finds it; a phone would not."""

    def hidden(fetch: Fetch, size: int, day: date) -> TagFile:
        made = make_tag_file(fetch, size, day)
        return replace(made, tags=(*made.tags[:7], bytes(16), *made.tags[8:]))

    monkeypatch.setattr(web, "make_tag_file", hidden)
    code, members = document(log, url, "--tag-files")
    assert code == 1
    fault = members["fault"]
    assert (fault["step"], fault["promise"], fault["number"]) == ("tags", "P5", 14)
    assert fault["index"] == 7


def test_tag_files_are_asked_for_at_an_address_only(log: Log, tmp_path: Path) -> None:
    code, members = document(log, str(tmp_path / "log.db"), "--tag-files")
    assert (code, members["error"]) == (
        2,
        "--tag-files goes with the URL of a log, and without --watch",
    )
