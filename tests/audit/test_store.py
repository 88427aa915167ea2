"""The log's file: what it refuses to do, and what it finds out when it is opened."""

from __future__ import annotations

import stat
import threading
from contextlib import closing
from datetime import date
from pathlib import Path

import pysqlite3.dbapi2 as sqlite
import pytest

from audit.errors import AuditError, LogUnavailableError, TamperedError
from audit.store import Head, Rows, Store
from tests.audit.logs import access, change, open_log, withdrawal

ROWS = Rows([(b"l" * 32, b"{}")], [(4, 0, b"n" * 32)], [(b"m" * 32, 0)], [])


def new_store(folder: Path) -> Store:
    return Store(folder / "log.db", origin="log.example", empty_root=b"e" * 32)


@pytest.mark.parametrize(
    "statement",
    [
        *(
            f"{verb}{table}{rest}"
            for table in ("entry", "node", "mark", "withdrawal")
            for verb, rest in (("DELETE FROM ", ""), ("UPDATE ", " SET idx = 99"))
        ),
        "INSERT OR REPLACE INTO entry VALUES (0, x'00', x'00')",
        "UPDATE head SET size = 1",
        "UPDATE head SET origin = 'other', size = 99",
        "DELETE FROM head",
    ],
)
def test_rows_are_never_changed_or_removed(tmp_path: Path, statement: str) -> None:
    with closing(open_log(tmp_path)) as log:
        log.append([access() for _ in range(17)])
        log.append([withdrawal(b"w" * 32)])
        with pytest.raises(sqlite.IntegrityError, match="only grows"):
            log._store._writer.execute(statement)


def test_every_connection_is_wal_and_full(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with store._reading() as reader:
        for connection in (store._writer, reader):
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(LogUnavailableError, match="too old"):
        new_store(tmp_path)


def test_the_file_is_its_owners_only(tmp_path: Path) -> None:
    new_store(tmp_path)
    assert stat.S_IMODE((tmp_path / "log.db").stat().st_mode) == 0o600


def test_the_log_of_another_origin_is_refused(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    with pytest.raises(AuditError, match="another origin"):
        Store(tmp_path / "log.db", origin="other.example")


def test_an_absent_log_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailableError):
        Store(tmp_path / "log.db")
    assert not (tmp_path / "log.db").exists()


def test_a_batch_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path)

    def fail() -> None:
        with store.lock_head() as locked:
            locked.write(ROWS, b"r" * 32, "2026-11-24T13:00:00Z")
            raise AuditError("stop")

    with pytest.raises(AuditError, match="stop"):
        fail()
    assert Head(0, b"e" * 32, "") == store.head()
    assert store.stored_sizes() == {0: 0}


def test_a_head_that_moved_meanwhile_is_not_moved_again(tmp_path: Path) -> None:
    """The fence: even without the lock, only one of two writers gets past."""
    store = new_store(tmp_path)

    def write() -> None:
        with store.lock_head() as locked:
            locked.head = Head(5, b"r" * 32, "")
            locked.write(ROWS, b"r" * 32, "2026-11-24T13:00:00Z")

    with pytest.raises(LogUnavailableError, match="moved"):
        write()
    assert store.head().size == 0


def test_two_may_make_the_file_at_once(tmp_path: Path) -> None:
    stores: list[Store] = []
    threads = [
        threading.Thread(target=lambda: stores.append(new_store(tmp_path))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 8


def test_the_withdrawals_of_a_day_are_found(tmp_path: Path) -> None:
    with closing(open_log(tmp_path)) as log:
        log.append([access(), withdrawal(b"w" * 32)])
        assert log.withdrawn(date(2026, 11, 24)) == [(1, b"w" * 32)]
        assert log.withdrawn(date(2026, 11, 25)) == []


def test_a_note_is_never_replaced_by_an_older_one(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.keep_note(3, "three")
    store.keep_note(2, "two")
    assert store.note() == (3, "three")


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("UPDATE entry SET body = x'7b7d' WHERE idx = 299", 299),
        ("UPDATE entry SET leaf = zeroblob(32) WHERE idx = 298", 298),
        ("DELETE FROM entry WHERE idx = 299", None),
        ("DELETE FROM entry WHERE idx = 290", None),
        ("INSERT INTO entry SELECT 300, leaf, body FROM entry WHERE idx = 0", None),
        ("UPDATE node SET hash = zeroblob(32) WHERE level = 4 AND idx = 17", None),
        ("UPDATE node SET hash = zeroblob(32) WHERE level = 8 AND idx = 0", None),
        ("DELETE FROM node WHERE level = 8", None),
        ("UPDATE head SET root = zeroblob(32)", None),
        ("UPDATE head SET size = 299", 299),
    ],
)
def test_a_torn_file_is_not_opened(tmp_path: Path, statement: str, index: int | None) -> None:
    with closing(open_log(tmp_path)) as log:
        log.append([access() for _ in range(300)])
    open_log(tmp_path).close()
    change(tmp_path / "log.db", statement)
    with pytest.raises(TamperedError) as caught:
        open_log(tmp_path)
    assert index == caught.value.index


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"x" * 8192)
    with pytest.raises(LogUnavailableError):
        open_log(tmp_path)
