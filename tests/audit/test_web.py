"""The log over HTTP: what is served to whom, and how long it may be kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from audit.errors import LogUnavailableError, MissingError
from audit.log import Log
from audit.note import parse_vkey
from audit.proof import check_proof
from audit.verify import verify
from audit.web import log_blueprint
from tests.audit.logs import Clock, access, open_log, verifier, withdrawal

TOKEN = "made-up-token"
W = b"w" * 32


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[Log]:
    opened = open_log(tmp_path, clock=clock)
    opened.append([access() for _ in range(255)])
    opened.append([withdrawal(W)])
    opened.append([access()])
    yield opened
    opened.close()


def client_of(log: Log, *, everybody: bool = False) -> FlaskClient:
    app = Flask(__name__)
    may_read = (lambda _: True) if everybody else (lambda token: token == TOKEN)
    app.register_blueprint(log_blueprint(log, may_read_entries=may_read))
    return app.test_client()


class WebSource:
    """A LogSource over a test client."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def checkpoint(self) -> str:
        return self._client.get("/log/checkpoint").text

    def read(self, path: str) -> bytes:
        response = self._client.get(f"/log/{path}", headers={"Authorization": f"Bearer {TOKEN}"})
        if response.status_code == 404:
            raise MissingError("no such file")
        assert response.status_code == 200
        return response.data


def test_a_reader_verifies_the_log_as_served(log: Log) -> None:
    client = client_of(log)
    vkey = client.get("/log/vkey").text
    assert verify(WebSource(client), parse_vkey(vkey.strip())).size == 257


def test_full_tiles_are_kept_for_ever_and_partial_ones_for_a_while(log: Log) -> None:
    client = client_of(log, everybody=True)
    for path in ("tile/0/000", "tile/entries/000"):
        cache = client.get(f"/log/{path}").headers["Cache-Control"]
        assert cache == "public, max-age=31536000, immutable"
    for path in ("tile/0/001.p/1", "tile/1/000.p/1", "tile/entries/000.p/9"):
        assert "immutable" not in client.get(f"/log/{path}").headers["Cache-Control"]
    assert client.get("/log/checkpoint").headers["Cache-Control"] == "no-cache"


def test_every_width_that_the_log_has_reached_is_served(log: Log) -> None:
    client = client_of(log, everybody=True)
    full = client.get("/log/tile/0/000").data
    assert len(full) == 256 * 32
    for width in (1, 100, 255):
        assert client.get(f"/log/tile/0/000.p/{width}").data == full[: width * 32]


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/001",
        "tile/0/001.p/2",
        "tile/1/000",
        "tile/2/000.p/1",
        "tile/entries/001.p/2",
        "tile/0/000.p/256",
        "tile/0/0",
        "tile/8/000",
        "tile/x",
        "proof/257",
        "proof/99999999999999999999999999",
        "withdrawn/2026-W48-2",
        "withdrawn/20261124",
        "withdrawn/today",
    ],
)
def test_what_the_log_does_not_have_is_not_found(log: Log, path: str) -> None:
    response = client_of(log, everybody=True).get(f"/log/{path}")
    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ({}, 'Bearer realm="log"'),
        ({"Authorization": "Bearer wrong"}, 'Bearer realm="log", error="invalid_token"'),
        ({"Authorization": f"Basic {TOKEN}"}, 'Bearer realm="log"'),
    ],
)
def test_fresh_entries_are_refused_without_a_token(
    log: Log, header: dict[str, str], fault: str
) -> None:
    response = client_of(log).get("/log/tile/entries/000", headers=header)
    assert (401, fault) == (response.status_code, response.headers["WWW-Authenticate"])
    assert response.mimetype == "application/problem+json"
    assert response.json is not None
    assert response.json["type"] == "/problems/entries-need-token"
    assert response.headers["Cache-Control"] == "no-store"
    assert client_of(log).get("/log/tile/0/000", headers=header).status_code == 200


def test_fresh_entries_for_a_reader_are_not_kept_by_shared_caches(log: Log) -> None:
    header = {"Authorization": f"Bearer {TOKEN}"}
    response = client_of(log).get("/log/tile/entries/000", headers=header)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["Vary"] == "Authorization"


def test_entries_are_public_once_they_are_a_day_old(log: Log, clock: Clock) -> None:
    """Made at 13:20 and marked 13:00: at 13:59 the next day some of that hour may be fresher."""
    client = client_of(log)
    clock.moment += timedelta(hours=24, minutes=39)
    assert client.get("/log/tile/entries/000").status_code == 401
    clock.moment += timedelta(minutes=1)
    response = client.get("/log/tile/entries/000")
    assert response.status_code == 200
    assert response.headers["Cache-Control"].startswith("public")


def test_a_bundle_is_as_fresh_as_its_newest_entry(log: Log, clock: Clock) -> None:
    clock.moment += timedelta(days=2)
    log.append([access()])
    client = client_of(log)
    assert client.get("/log/tile/entries/001.p/1").status_code == 200
    assert client.get("/log/tile/entries/001.p/2").status_code == 401


def test_a_proof_is_served_as_text(log: Log) -> None:
    response = client_of(log).get("/log/proof/7")
    assert response.mimetype == "text/plain"
    assert check_proof(response.text, log.entry(7), verifier(log))[0] == 7


def test_the_withdrawals_of_a_day_are_listed(log: Log) -> None:
    client = client_of(log)
    assert client.get("/log/withdrawn/2026-11-24").json == {
        "v": 1,
        "day": "2026-11-24",
        "size": 257,
        "withdrawn": [[255, W.hex()]],
    }
    empty = client.get("/log/withdrawn/2026-11-23").json
    assert empty is not None
    assert empty["withdrawn"] == []


def test_a_log_that_cannot_be_read_says_so(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise LogUnavailableError("/var/lib/secret/path: disk full")

    monkeypatch.setattr(log, "newest", fail)
    response = client_of(log).get("/log/checkpoint")
    assert response.status_code == 503
    assert "secret" not in response.text
