"""Database engines, opened so that a commit that was acknowledged is still there after a crash.

The broker, the gateways and the programme all open their databases here: SQLite in a file, or
PostgreSQL on a server (`broker.postgres`). No tables, no queries.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any, Final

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError

from broker.postgres import DatabaseError, open_postgres

# SQLite 3.7.0 to 3.51.2 can lose an acknowledged commit when two connections write and
# checkpoint a WAL at once (https://sqlite.org/wal.html#walresetbug).
OLDEST_SQLITE: Final = (3, 51, 3)
BUSY_TIMEOUT_MS: Final = 10_000

__all__ = ["DatabaseError", "check_sqlite", "in_home", "open_engine"]


def open_engine(url: str, *, at_once: bool = False) -> Engine:
    """Return an engine for `url` (SQLAlchemy form).

    SQLite runs through pysqlite3 with a write-ahead log that is synced at every commit, and every
    transaction takes the write lock at its start, so that a read followed by a write never fails
    half way because somebody else wrote in between. PostgreSQL runs through psycopg, waits for
    its disk at every commit, and lets one transaction run at a time as well.

    at_once: let a server run transactions at once; only for tables whose every change says in
    its own statement which state it expects.

    Raises DatabaseError where the URL is not one, or the library could lose commits.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Not chained: it quotes the URL, password and all.
        raise DatabaseError(
            "the database URL is not one; write sqlite:///PATH or "
            "postgresql+psycopg://USER@HOST/DATABASE"
        ) from None
    if parsed.get_backend_name() == "postgresql":
        return open_postgres(parsed, at_once=at_once)
    if parsed.get_backend_name() != "sqlite":
        raise DatabaseError(f"databases of the kind {parsed.get_backend_name()} are not supported")
    check_sqlite(sqlite.sqlite_version_info)
    _make_private(parsed.database)
    engine = create_engine(
        parsed,
        module=sqlite,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def in_home(url: str, home: Path) -> str:
    """Return the SQLite `url` with a relative path taken from `home`; other URLs unchanged."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or url.startswith(prefix + "/"):
        return url
    return prefix + str(home.resolve() / url.removeprefix(prefix))


def check_sqlite(version: tuple[int, ...]) -> None:
    """Raise DatabaseError when SQLite's `version` could lose acknowledged commits."""
    if version < OLDEST_SQLITE:
        found = ".".join(map(str, version))
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise DatabaseError(
            f"SQLite {found} can lose acknowledged commits; "
            f"install a pysqlite3 with {wanted} or later"
        )


def _make_private(path: str | None) -> None:
    """Make a database file that is not there yet for its owner only, whatever the umask says.

    SQLite gives its write-ahead log the same mode. What cannot be made fails when it is opened,
    with a better word for it.
    """
    if path and path != ":memory:" and not path.startswith("file:") and not os.path.exists(path):
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # We begin transactions ourselves (below); the driver's own rules would begin too late.
    connection.isolation_level = None
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    cursor = connection.cursor()
    try:
        for pragma, value in wanted.items():
            cursor.execute(f"PRAGMA {pragma} = {value}")
            # Read back: SQLite answers an impossible pragma with silence. An in-memory database
            # knows no WAL and nothing to lose.
            found = cursor.execute(f"PRAGMA {pragma}").fetchone()[0]
            if found != value and found != "memory":
                raise DatabaseError(f"SQLite refused {pragma} = {value}; the disk may not allow it")
    finally:
        cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
