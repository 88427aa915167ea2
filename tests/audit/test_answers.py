"""The log's files over HTTP: in part, packed, "you have it", and read by pages from elsewhere."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from audit.log import Log
from tests.audit.logs import Clock, access, open_log
from tests.audit.test_web import TOKEN, client_of

PUBLIC = ("checkpoint", "vkey", "proof/7", "tile/0/000", "tile/0/001.p/2", "tile/entries/000")
GZIP = {"Accept-Encoding": "br, gzip"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    clock = Clock()
    opened = open_log(tmp_path, clock=clock)
    opened.append([access() for _ in range(258)])
    yield opened
    opened.close()


@pytest.fixture
def client(log: Log) -> FlaskClient:
    return client_of(log, everybody=True)


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("checkpoint", "text/plain; charset=utf-8"),
        ("vkey", "text/plain; charset=utf-8"),
        ("proof/7", "text/plain; charset=utf-8"),
        ("tile/0/000", "application/octet-stream"),
        ("tile/entries/001.p/2", "application/octet-stream"),
        ("withdrawn/2026-11-24", "application/json"),
    ],
)
def test_each_file_has_its_media_type(client: FlaskClient, path: str, media_type: str) -> None:
    response = client.get(f"/log/{path}")
    assert media_type == response.headers["Content-Type"]
    assert "nosniff" == response.headers["X-Content-Type-Options"]


@pytest.mark.parametrize("path", PUBLIC)
def test_head_says_what_get_would(client: FlaskClient, path: str) -> None:
    got, head = client.get(f"/log/{path}"), client.head(f"/log/{path}")
    assert b"" == head.data
    assert (200, got.headers["ETag"]) == (head.status_code, head.headers["ETag"])
    assert str(len(got.data)) == head.headers["Content-Length"]


@pytest.mark.parametrize("path", PUBLIC)
def test_who_has_a_file_is_not_sent_it_again(client: FlaskClient, path: str) -> None:
    first = client.get(f"/log/{path}")
    again = client.get(f"/log/{path}", headers={"If-None-Match": first.headers["ETag"]})
    assert (304, b"") == (again.status_code, again.data)
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"]
    other = client.get(f"/log/{path}", headers={"If-None-Match": '"another"'})
    assert (200, first.data) == (other.status_code, other.data)


def test_a_grown_log_has_another_checkpoint(log: Log, client: FlaskClient) -> None:
    tag = client.get("/log/checkpoint").headers["ETag"]
    log.append([access()])
    assert client.get("/log/checkpoint", headers={"If-None-Match": tag}).status_code == 200


def test_a_refused_reader_learns_nothing_from_an_old_etag(log: Log) -> None:
    """Would succeed where the condition is looked at before the token."""
    client = client_of(log)
    tag = client.get("/log/tile/entries/000", headers=BEARER).headers["ETag"]
    asked = client.get("/log/tile/entries/000", headers={"If-None-Match": tag})
    assert 401 == asked.status_code
    known = client.get("/log/tile/entries/000", headers={**BEARER, "If-None-Match": tag})
    assert 304 == known.status_code


def test_a_part_of_a_tile_is_served(client: FlaskClient) -> None:
    whole = client.get("/log/tile/0/000").data
    part = client.get("/log/tile/0/000", headers={"Range": "bytes=32-63"})
    assert (206, whole[32:64]) == (part.status_code, part.data)
    assert f"bytes 32-63/{len(whole)}" == part.headers["Content-Range"]
    assert whole[-32:] == client.get("/log/tile/0/000", headers={"Range": "bytes=-32"}).data


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "entries=0-1", "nonsense"])
def test_a_range_that_is_not_understood_gets_the_whole(client: FlaskClient, asked: str) -> None:
    whole = client.get("/log/tile/0/000").data
    response = client.get("/log/tile/0/000", headers={"Range": asked})
    assert (200, whole) == (response.status_code, response.data)


def test_a_range_beyond_the_end_is_a_problem(client: FlaskClient) -> None:
    response = client.get("/log/tile/0/000", headers={"Range": "bytes=8192-"})
    assert (416, "bytes */8192") == (response.status_code, response.headers["Content-Range"])
    assert response.json is not None
    assert "/problems/wrong-range" == response.json["type"]


def test_a_part_of_another_version_is_not_served(client: FlaskClient) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": '"another"'}
    response = client.get("/log/tile/0/000", headers=headers)
    assert (200, 8192) == (response.status_code, len(response.data))


def test_bundles_are_packed_for_who_asks(client: FlaskClient) -> None:
    plain = client.get("/log/tile/entries/000")
    packed = client.get("/log/tile/entries/000", headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert "gzip" == packed.headers["Content-Encoding"]
    assert plain.data == gzip.decompress(packed.data)
    assert len(packed.data) < len(plain.data)
    assert "Accept-Encoding" == plain.headers["Vary"] == packed.headers["Vary"]
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert packed.data == client.get("/log/tile/entries/000", headers=GZIP).data


@pytest.mark.parametrize("coding", ["identity", "br", "gzip;q=0", ""])
def test_bundles_stay_plain_for_who_does_not(client: FlaskClient, coding: str) -> None:
    headers = {"Accept-Encoding": coding}
    assert "Content-Encoding" not in client.get("/log/tile/entries/000", headers=headers).headers


def test_a_part_of_a_bundle_is_of_the_plain_one(client: FlaskClient) -> None:
    whole = client.get("/log/tile/entries/000").data
    part = client.get("/log/tile/entries/000", headers={**GZIP, "Range": "bytes=0-9"})
    assert (206, whole[:10]) == (part.status_code, part.data)


def test_hashes_and_what_a_token_opened_are_not_packed(log: Log) -> None:
    client = client_of(log)
    for path in ("tile/0/000", "checkpoint"):
        assert "Content-Encoding" not in client.get(f"/log/{path}", headers=GZIP).headers
    fresh = client.get("/log/tile/entries/000", headers={**GZIP, **BEARER})
    assert 200 == fresh.status_code
    assert "Content-Encoding" not in fresh.headers


@pytest.mark.parametrize("path", [*PUBLIC, "tile/0/999", "withdrawn/2026-11-24"])
def test_a_page_from_anywhere_may_read(client: FlaskClient, path: str) -> None:
    headers = {"Origin": "null"}  # a saved page's
    assert "*" == client.get(f"/log/{path}", headers=headers).headers["Access-Control-Allow-Origin"]


def test_a_page_may_ask_whether_it_may_send_a_token(log: Log) -> None:
    headers = {
        "Origin": "null",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    response = client_of(log).options("/log/tile/entries/000", headers=headers)
    assert 200 == response.status_code
    assert "*" == response.headers["Access-Control-Allow-Origin"]
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_what_is_committed_but_not_signed_is_not_served(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the moment between a batch's commit and its signature."""
    client = client_of(log, everybody=True)
    signed = log.newest()
    log.append([access()])
    monkeypatch.setattr(log, "_signed", signed)
    monkeypatch.setattr(log, "newest", lambda: signed)
    assert 404 == client.get("/log/tile/entries/001.p/3").status_code
    assert 200 == client.get("/log/tile/entries/001.p/2").status_code


def test_another_process_s_entries_are_served(tmp_path: Path, log: Log) -> None:
    other = open_log(log.folder, clock=Clock(log.clock() + timedelta(hours=1)))
    other.append([access()])
    assert 200 == client_of(log, everybody=True).get("/log/tile/0/001.p/3").status_code
    other.close()
