"""`izin audit trace --from`: some days of a log behind a URL, proven, and what it says of that."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from werkzeug.serving import make_server

from audit.cli import audit
from audit.log import Log
from audit.trace import format_trace_key, reader_token, share, tag
from audit.web import log_blueprint
from tests.audit.logs import Clock, access, open_log

KEY = bytes(range(32))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    clock = Clock()
    opened = open_log(tmp_path, clock=clock)
    for _ in range(2):
        hers = tag(share(KEY, "polri"), clock().date(), 0)
        opened.append([access(), access(tag=hers.hex())])
        clock.moment += timedelta(days=1)
    yield opened
    opened.close()


@pytest.fixture
def url(log: Log) -> Iterator[str]:
    app = Flask("log")
    token = reader_token(KEY)
    app.register_blueprint(log_blueprint(log, may_read_entries=lambda shown: shown == token))
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/log"
    server.shutdown()
    thread.join()
    server.server_close()


def _trace(log: Log, source: str, *more: str) -> Result:
    key = format_trace_key(log.origin, KEY)
    return CliRunner().invoke(audit, ["trace", source, "--trace-key", "-", *more], input=key)


def test_some_days_are_searched_and_proven(log: Log, url: str) -> None:
    day = (log.clock().date() - timedelta(days=1)).isoformat()
    result = _trace(log, url, "--vkey", log.vkey, "--from", day, "--to", day, "--json")
    said = json.loads(result.output)
    assert [each["index"] for each in said["entries"]] == [3]
    assert (said["verified"], said["by_tag_files"]) == (False, True)


def test_it_says_what_is_left_to_be_believed(log: Log, url: str) -> None:
    days = ("--from", "2026-11-01", "--to", log.clock().date().isoformat())
    result = _trace(log, url, "--vkey", log.vkey, *days)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[-2].startswith("2 entries from 2026-11-01")
    assert "each proven to be in the log" in lines[-2]
    assert "rests on the log's tag files being complete" in lines[-1]
    unchecked = _trace(log, url, *days).output
    assert "an unchecked checkpoint" in unchecked


def test_a_copy_is_searched_whole(log: Log, tmp_path: Path) -> None:
    result = _trace(log, str(tmp_path / "log.db"), "--from", "2026-11-01")
    assert (result.exit_code, "URL" in result.output) == (2, True)
    result = _trace(log, str(tmp_path / "log.db"), "--to", "2026-11-01")
    assert (result.exit_code, "--from" in result.output) == (2, True)
