"""What only the log's file can get wrong: its rights, its library, its settings."""

from __future__ import annotations

import stat
from contextlib import closing
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest

from audit.errors import LogUnavailableError
from audit.sqlite_store import SqliteStore
from tests.audit.logs import access, open_log


def new_store(folder: Path) -> SqliteStore:
    return SqliteStore(folder / "log.db", origin="log.example", empty_root=b"e" * 32)


def test_an_entry_is_not_replaced_by_an_insert(tmp_path: Path) -> None:
    with closing(open_log(tmp_path)) as log:
        log.append([access()])
        with pytest.raises(sqlite.IntegrityError, match="only grows"):
            log._store._writer.execute("INSERT OR REPLACE INTO entry VALUES (0, x'00', x'00')")


def test_every_connection_is_wal_and_full(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with store._reading() as reader:
        for connection in (store._writer, reader):
            assert ("wal",) == connection.execute("PRAGMA journal_mode").fetchone()
            assert (2,) == connection.execute("PRAGMA synchronous").fetchone()


def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(LogUnavailableError, match="too old"):
        new_store(tmp_path)


def test_the_file_is_its_owners_only(tmp_path: Path) -> None:
    new_store(tmp_path)
    assert 0o600 == stat.S_IMODE((tmp_path / "log.db").stat().st_mode)


def test_an_absent_file_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailableError):
        SqliteStore(tmp_path / "log.db")
    assert not (tmp_path / "log.db").exists()


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"x" * 8192)
    with pytest.raises(LogUnavailableError):
        open_log(tmp_path)
