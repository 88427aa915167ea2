"""A database on a server: opened durably or not at all, one transaction at a time unless told."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from audit import postgres_server
from broker.db import DatabaseError, open_engine
from broker.doctor.broker import examine
from broker.health import failing
from broker.settings import load_settings
from broker.setup import initialise
from broker.wiring import open_broker
from tests import databases

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty database on the server."""
    with databases.database("postgres", tmp_path) as made:
        yield made


def test_a_commit_waits_for_the_disk(url: str) -> None:
    engine = open_engine(url, at_once=True)
    with engine.connect() as connection:
        assert "on" == connection.execute(text("SHOW synchronous_commit")).scalar()
        assert "10s" == connection.execute(text("SHOW lock_timeout")).scalar()
        level = connection.execute(text("SHOW transaction_isolation")).scalar()
        assert "read committed" == level
    engine.dispose()


def test_a_server_that_can_lose_commits_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_server, "OLDEST", 990_000)
    with pytest.raises(DatabaseError, match="too old"):
        open_engine(url)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://izin:s3cret@localhost:1/nothing",
        "postgresql://izin:s3cret@db.example/nothing",
        "postgresql://izin:s3cret@localhost:port/nothing",
        "postgres-s3cret",
    ],
)
def test_what_cannot_be_opened_is_said_without_the_address(address: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        open_engine(address)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("at_once", [False, True])
def test_transactions_run_one_at_a_time_unless_told(url: str, *, at_once: bool) -> None:
    """A gateway counts before it writes: what SQLite's one writer makes safe stays safe."""
    engine = open_engine(url, at_once=at_once)
    began = threading.Event()

    def begin() -> None:
        with engine.begin() as connection:
            connection.execute(text("SELECT 1"))
            began.set()

    thread = threading.Thread(target=begin)
    with engine.begin() as connection:
        connection.execute(text("SELECT 1"))
        thread.start()
        assert at_once == began.wait(2 if at_once else 0.2)
    thread.join()
    assert began.is_set()
    engine.dispose()


def test_a_server_that_was_restarted_is_used_again(url: str) -> None:
    engine = open_engine(url, at_once=True)
    with engine.begin() as connection:
        connection.execute(text("SELECT 1"))
    _cut(engine)
    with engine.begin() as connection:
        assert 1 == connection.execute(text("SELECT 1")).scalar()
    engine.dispose()


def test_an_error_does_not_show_what_was_sent(url: str) -> None:
    engine = open_engine(url, at_once=True)
    with pytest.raises(Exception) as caught, engine.begin() as connection:  # noqa: PT011
        connection.execute(text("SELECT CAST(:nik AS boolean) FROM nothing"), {"nik": "3510994"})
    assert "3510994" not in str(caught.value)
    engine.dispose()


def test_a_broker_begins_and_runs_with_everything_on_a_server(url: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    initialise(
        home,
        issuer="https://izin.example",
        origin="izin.example",
        port=8000,
        clock=lambda: NOW,
        database=url,
        log_place=url,
    )
    assert [] == list(home.glob("*.db*"))
    environment = {"IZIN_HOME": str(home)}
    with open_broker(load_settings(environment)) as broker:
        assert 2 == broker.log.size
        assert [] == failing(broker.log, broker.engine)
    found = {finding.subject: finding for finding in examine(environment)}
    assert found["database"].is_good, found["database"]
    assert "2 entries" in found["log"].words


def test_a_server_that_is_away_is_a_finding_and_a_passing_failure(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(url, at_once=True)
    _cut(engine)
    engine.dispose()
    monkeypatch.setattr(postgres_server.psycopg, "connect", _nobody_answers)
    with pytest.raises(OperationalError, match="cannot be reached"), engine.connect():
        pass


def _nobody_answers(*_: object, **__: object) -> None:
    raise psycopg.OperationalError("nobody answers at s3cret")


def _cut(engine: Engine) -> None:
    """End the connections that `engine` keeps, as a restart of the server would."""
    with engine.connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
    with psycopg.connect(str(databases.server()), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
