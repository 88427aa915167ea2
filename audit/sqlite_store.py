"""The log's rows in an SQLite file of their own.

This file knows rows and locks. It must not know what an entry means, hash anything, or sign.

The head is locked by `BEGIN IMMEDIATE`, SQLite's lock of the whole file; `audit.turns` only lets
processes wait for it asleep and in turn. What the store promises is said in `audit.store`.
"""

from __future__ import annotations

import datetime
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite

from audit import sqlite_pruning
from audit.errors import AuditError, LogUnavailableError
from audit.store import BUSY_SECONDS, Extent, Head, Pruning, Rows
from audit.turns import Turns

SAFE_SQLITE = (3, 51, 3)
"""Older ones can lose acknowledged commits when two connections write and checkpoint at once."""

_PARAMETERS = 500
_ROWS_A_STATEMENT = (64, 16, 4, 1)  # few texts, so that SQLite prepares each once

_TABLES = ("entry", "node", "mark", "withdrawal")
_SCHEMA = (
    """
CREATE TABLE entry (idx INTEGER PRIMARY KEY, leaf BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE node (level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,
                   PRIMARY KEY (level, idx)) WITHOUT ROWID;
CREATE TABLE mark (value BLOB PRIMARY KEY, idx INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE withdrawal (day TEXT NOT NULL, idx INTEGER NOT NULL, w BLOB NOT NULL,
                         PRIMARY KEY (day, idx)) WITHOUT ROWID;
CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), origin TEXT NOT NULL,
                   size INTEGER NOT NULL, root BLOB NOT NULL, at TEXT NOT NULL);
CREATE TABLE signed (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL,
                     note TEXT NOT NULL);
INSERT INTO signed VALUES (1, -1, '');
CREATE TRIGGER head_never_shrinks BEFORE UPDATE ON head WHEN NEW.size <= OLD.size
  OR NEW.origin <> OLD.origin BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER head_stays BEFORE DELETE ON head
  BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
"""
    # Not against somebody who owns the file (the tree is), but against our own mistakes.
    + "".join(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;\n"
        for table in _TABLES
        for verb in ("UPDATE", "DELETE")
    )
)


class SqliteHead:
    """The head while this process alone may move it; everything read here is the newest."""

    def __init__(self, connection: Any, head: Head) -> None:
        self._connection = connection
        self.head = head

    def present(self, values: Iterable[bytes]) -> set[bytes]:
        """Return those of `values` that the log already holds as marks."""
        wanted = list(values)
        found: set[bytes] = set()
        for start in range(0, len(wanted), _PARAMETERS):
            some = wanted[start : start + _PARAMETERS]
            places = ",".join("?" * len(some))
            query = f"SELECT value FROM mark WHERE value IN ({places})"  # noqa: S608 only "?"
            found.update(row[0] for row in self._connection.execute(query, some))
        return found

    def write(self, rows: Rows, root: bytes, at: str) -> Head:
        """Write one batch, move the head past it and return it."""
        old = self.head.size
        new = Head(old + len(rows.entries), root, at)
        entries = [(old + i, leaf, body) for i, (leaf, body) in enumerate(rows.entries)]
        for table, tuples in (
            ("entry", entries),
            ("node", rows.nodes),
            ("mark", rows.marks),
            ("withdrawal", rows.withdrawals),
        ):
            self._insert(table, tuples)
        # The fence, for a lock that was lost.
        moved = self._connection.execute(
            "UPDATE head SET size = ?, root = ?, at = ? WHERE size = ?", (new.size, root, at, old)
        ).rowcount
        if moved != 1:
            raise LogUnavailableError("the log's head moved while it was locked")
        self.head = new
        return new

    def announce(self, index: int) -> None:
        """Note that the entry at `index` is the newest `log.pruned`."""
        sqlite_pruning.announce(self._connection, index)

    def remove_bodies(self, below: int, indexes: Sequence[int]) -> None:
        """Raise the minimum index to `below` and empty the bodies of `indexes`."""
        sqlite_pruning.remove_bodies(self._connection, below, indexes)

    def _insert(self, table: str, tuples: Sequence[tuple[object, ...]]) -> None:
        """Insert many rows a statement.

        Each step of SQLite lets Python's lock go, and with a few dozen busy threads each costs a
        wait to get it back, with the head locked: `executemany`, a step a row, is 3 x slower.
        """
        start = 0
        for many in _ROWS_A_STATEMENT:
            while len(tuples) - start >= many:
                some = tuples[start : start + many]
                query = _insert_statement(table, len(some[0]), many)
                self._connection.execute(query, [value for row in some for value in row])
                start += many


class SqliteStore:
    """The rows of one log, in one file.

    One connection writes, any number read, one keeps notes.
    """

    def __init__(self, path: Path, *, origin: str | None = None, empty_root: bytes = b"") -> None:
        """Open the file at `path`; make it when `origin` (of the log) is given and it is absent."""
        self.path = path
        self._readers: list[Any] = []
        self._pool_lock = threading.Lock()
        self._closed = False
        with _translated():
            if origin is not None and not path.exists():
                # Entries of the last 24 hours are not for everybody: owner only, from the start.
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._notes: Any = None
            self._turns = Turns(path) if origin is not None else None
            try:
                # In turn: of two that begin a file at once SQLite makes one fail, not wait.
                with self._turns.turn() if self._turns else nullcontext():
                    self._writer = _connect(path, "FULL")
                    try:
                        self.origin = _prepare(self._writer, origin, empty_root)
                    except BaseException:
                        self._writer.close()
                        raise
            except BaseException:
                if self._turns is not None:
                    self._turns.close()
                raise

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self.path.parent

    def close(self) -> None:
        """Close every connection; later calls raise LogUnavailableError."""
        with self._pool_lock:
            self._closed = True
            connections = [self._writer, self._notes, *self._readers]
            self._readers, self._notes = [], None
        for connection in connections:
            if connection is not None:
                connection.close()
        if self._turns is not None:
            self._turns.close()

    @contextmanager
    def lock_head(self) -> Iterator[SqliteHead]:
        """Hold the head alone; commit when the block ends well, otherwise write nothing."""
        if self._closed:
            raise LogUnavailableError("the log is closed")
        with _translated(), self._turns.turn() if self._turns else nullcontext():
            connection = self._writer
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteHead(connection, _read_head(connection))
                connection.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def check_writable(self) -> None:
        """Commit a write that changes no row; raise LogUnavailableError where that fails."""
        # The number that SQLite keeps for a file's users is free for this.
        with _translated():
            connection = _connect(self.path, "FULL", busy_seconds=1)
            try:
                number = connection.execute("PRAGMA user_version").fetchone()[0]
                connection.execute(f"PRAGMA user_version = {(number + 1) % 2**31}")
            except sqlite.OperationalError as error:
                # Somebody else writes just now, so one can.
                if getattr(error, "sqlite_errorcode", None) != sqlite.SQLITE_BUSY:
                    raise
            finally:
                connection.close()

    def head(self) -> Head:
        """Return the head as committed, whoever committed it."""
        with self._reading() as connection:
            return _read_head(connection)

    def rows(self, start: int, stop: int) -> list[tuple[bytes, bytes]]:
        """Return (leaf, body) of the entries in [start, stop)."""
        if stop - start == 1:
            return self._all("SELECT leaf, body FROM entry WHERE idx = ?", start)
        # One step for all rows, for the reason given at `_insert`.
        query = (
            "SELECT group_concat(hex(leaf), ' '), group_concat(hex(body), ' ') FROM "
            "(SELECT leaf, body FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx)"
        )
        leaves, bodies = self._all(query, start, stop)[0]
        return list(zip(_from_hex(leaves), _from_hex(bodies), strict=True))

    def hashes(self, level: int, start: int, stop: int) -> list[bytes]:
        """Return the hashes at `level`, a multiple of STRIDE, with indexes in [start, stop)."""
        if level == 0:
            found = self._all(_joined("SELECT leaf AS hash FROM entry WHERE"), start, stop)
        else:
            query = _joined("SELECT hash FROM node WHERE level = ? AND")
            found = self._all(query, level, start, stop)
        return _from_hex(found[0][0])

    def pruning(self) -> Pruning:
        """Return what was noted about bodies that are gone."""
        with self._reading() as connection:
            return sqlite_pruning.pruning(connection)

    def compact(self) -> None:
        """Give back the room of bodies that were removed, and overwrite what is left of them."""
        with _translated():
            sqlite_pruning.compact(self._writer)

    def extent(self) -> Extent:
        """Return how far everything reaches, all read at one moment."""
        with self._reading() as connection:
            connection.execute("BEGIN")  # what is read from here on is of one moment
            try:
                levels = connection.execute("SELECT level, max(idx) + 1 FROM node GROUP BY level")
                sizes = dict(levels.fetchall())
                last = connection.execute("SELECT max(idx) FROM entry").fetchone()[0]
                note_size = connection.execute("SELECT size FROM signed").fetchone()[0]
                head = _read_head(connection)
            finally:
                connection.execute("ROLLBACK")
        return Extent(head, {**sizes, 0: 0 if last is None else last + 1}, note_size)

    def find_mark(self, value: bytes) -> int | None:
        """Return the index of the entry that set the mark `value`."""
        found = self._all("SELECT idx FROM mark WHERE value = ?", value)
        return found[0][0] if found else None

    def withdrawn(self, day: datetime.date) -> list[tuple[int, bytes]]:
        """Return (index, w) of the withdrawals and expiries of `day`, in the log's order."""
        return self._all(
            "SELECT idx, w FROM withdrawal WHERE day = ? ORDER BY idx", day.isoformat()
        )

    def note(self) -> tuple[int, str]:
        """Return size and text of the newest checkpoint kept by `keep_note`; -1 when none."""
        found: tuple[int, str] = self._all("SELECT size, note FROM signed")[0]
        return found

    def keep_note(self, size: int, note: str) -> None:
        """Keep a signed checkpoint beside the rows, unless somebody else writes just now."""
        with suppress(sqlite.Error, LogUnavailableError):
            if self._notes is None:
                self._notes = _connect(self.path, "NORMAL", busy_seconds=0)
            self._notes.execute(
                "UPDATE signed SET size = ?, note = ? WHERE size < ?", (size, note, size)
            )

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        with _translated():
            with self._pool_lock:
                if self._closed:
                    raise LogUnavailableError("the log is closed")
                connection = self._readers.pop() if self._readers else None
            if connection is None:
                connection = _connect(self.path, "FULL")
                connection.execute("PRAGMA query_only = ON")
            try:
                yield connection
            finally:
                with self._pool_lock:
                    if not self._closed:
                        self._readers.append(connection)
                        connection = None
                if connection is not None:
                    connection.close()

    def _all(self, query: str, *values: object) -> list[Any]:
        with self._reading() as connection:
            rows: list[Any] = connection.execute(query, values).fetchall()
            return rows


@contextmanager
def _translated() -> Iterator[None]:
    """Let no error of SQLite or of the file system out as itself."""
    try:
        yield
    except (sqlite.Error, OSError) as error:
        # SQLite's messages name tables and conditions, never values.
        raise LogUnavailableError(f"the log cannot be read or written: {error}") from error


def _connect(path: Path, synchronous: str, *, busy_seconds: float = BUSY_SECONDS) -> Any:
    if sqlite.sqlite_version_info < SAFE_SQLITE:
        raise LogUnavailableError(f"SQLite {sqlite.sqlite_version} can lose commits: too old")
    if not path.is_file():
        raise LogUnavailableError("there is no log at that path")
    connection = sqlite.connect(
        str(path), timeout=busy_seconds, isolation_level=None, check_same_thread=False
    )
    try:
        _set(connection, "journal_mode", "WAL", "wal")
        _set(connection, "synchronous", synchronous, {"FULL": 2, "NORMAL": 1}[synchronous])
        # Otherwise INSERT OR REPLACE would delete rows without asking the triggers.
        _set(connection, "recursive_triggers", "ON", 1)
    except BaseException:
        connection.close()
        raise
    return connection


def _set(connection: Any, pragma: str, value: str, expected: object) -> None:
    """Set a pragma and read it back: SQLite ignores what it cannot do."""
    connection.execute(f"PRAGMA {pragma} = {value}")
    if connection.execute(f"PRAGMA {pragma}").fetchone()[0] != expected:
        raise LogUnavailableError(f"SQLite did not take {pragma} = {value}")


def _prepare(connection: Any, origin: str | None, empty_root: bytes) -> str:
    """Make the tables if they are absent and return the origin of the log in the file."""
    if not _has_tables(connection):
        if origin is None:
            raise LogUnavailableError("the file holds no log")
        connection.execute("BEGIN IMMEDIATE")
        try:
            if not _has_tables(connection):  # another process may have begun the log meanwhile
                for statement in _statements(_SCHEMA):
                    connection.execute(statement)
                connection.execute("INSERT INTO head VALUES (1, ?, 0, ?, '')", (origin, empty_root))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    found = str(connection.execute("SELECT origin FROM head").fetchone()[0])
    if origin is not None and found != origin:
        raise AuditError("the file holds the log of another origin")
    return found


def _has_tables(connection: Any) -> bool:
    query = "SELECT 1 FROM sqlite_schema WHERE name = 'head'"
    return connection.execute(query).fetchone() is not None


def _statements(script: str) -> Iterator[str]:
    """Split a script: `executescript` would commit in between."""
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite.complete_statement(statement):
            yield statement
            statement = ""


@cache
def _insert_statement(table: str, columns: int, rows: int) -> str:
    row = f"({','.join('?' * columns)})"
    return f"INSERT INTO {table} VALUES {','.join([row] * rows)}"  # noqa: S608 names of ours


def _joined(select: str) -> str:
    rows = f"{select} idx >= ? AND idx < ? ORDER BY idx"
    return f"SELECT group_concat(hex(hash), ' ') FROM ({rows})"  # noqa: S608 texts of ours


def _from_hex(joined: str | None) -> list[bytes]:
    return [bytes.fromhex(word) for word in joined.split(" ")] if joined is not None else []


def _read_head(connection: Any) -> Head:
    return Head(*connection.execute("SELECT size, root, at FROM head").fetchone())
