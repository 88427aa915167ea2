"""The log's rows in PostgreSQL, for several machines that write one log.

This file knows rows and locks. It must not know what an entry means, hash anything, or sign.

The head is locked by `SELECT ... FOR UPDATE` on its one row: the server lets the others sleep,
wakes them in turn, and lets the row go when its holder's connection ends, however that came.
What the store promises is said in `audit.store`. Each log has its tables, which all begin with
`log_`, in the first schema of its connection's search path.
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.errors import LockNotAvailable

from audit import postgres_pruning
from audit.errors import AuditError, LogUnavailableError
from audit.postgres_server import Connection, connect, translated
from audit.store import BUSY_SECONDS, Extent, Head, Pruning, Rows

_READERS = 4
"""Connections that read, for all threads of a process: a server has some hundred for everybody."""

_FROZEN_SECONDS = 30
"""After this the server ends a holder of the head that does nothing, such as a stopped process."""

# A plan that was kept from when the log was short would read every row of a long one. Without
# JIT: the one row of the head, which has no other way, would seem worth compiling for.
_PLANS = {"enable_seqscan": "off", "jit": "off"}

_MAKING = 0x697A696E  # any number that all processes share: one makes the tables at a time

_TABLES = ("log_entry", "log_node", "log_mark", "log_withdrawal")
_SCHEMA = (
    """
CREATE TABLE log_entry (idx BIGINT PRIMARY KEY, leaf BYTEA NOT NULL, body BYTEA NOT NULL);
CREATE TABLE log_node (level INTEGER NOT NULL, idx BIGINT NOT NULL, hash BYTEA NOT NULL,
                       PRIMARY KEY (level, idx));
CREATE TABLE log_mark (value BYTEA PRIMARY KEY, idx BIGINT NOT NULL);
CREATE TABLE log_withdrawal (day TEXT NOT NULL, idx BIGINT NOT NULL, w BYTEA NOT NULL,
                             PRIMARY KEY (day, idx));
CREATE TABLE log_head (one INTEGER PRIMARY KEY CHECK (one = 1), origin TEXT NOT NULL,
                       size BIGINT NOT NULL, root BYTEA NOT NULL, at TEXT NOT NULL);
CREATE TABLE log_signed (one INTEGER PRIMARY KEY CHECK (one = 1), size BIGINT NOT NULL,
                         note BYTEA NOT NULL);
INSERT INTO log_signed VALUES (1, -1, '');
CREATE TABLE log_tried (one INTEGER PRIMARY KEY CHECK (one = 1), times BIGINT NOT NULL);
INSERT INTO log_tried VALUES (1, 0);
CREATE FUNCTION log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE integrity_constraint_violation USING MESSAGE = 'the log only grows'; END $$;
CREATE TRIGGER never_shrinks BEFORE UPDATE ON log_head FOR EACH ROW
  WHEN (NEW.size <= OLD.size OR NEW.origin <> OLD.origin) EXECUTE FUNCTION log_only_grows();
CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON log_head EXECUTE FUNCTION log_only_grows();
"""
    # Not against the tables' owner (the tree is), but against our own mistakes.
    + "".join(
        f"CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "EXECUTE FUNCTION log_only_grows();\n"
        for table in _TABLES
    )
)

# One round trip for a whole batch, while everybody else waits for the head. The fence stands at
# its end: should the lock have been lost, the head is not at the old size, and no row is moved.
_WRITE = """
WITH
  e AS (INSERT INTO log_entry SELECT %(old)s + n - 1, leaf, body FROM
        unnest(%(leaves)s::bytea[], %(bodies)s::bytea[]) WITH ORDINALITY AS t (leaf, body, n)),
  n AS (INSERT INTO log_node SELECT * FROM
        unnest(%(levels)s::integer[], %(nodes)s::bigint[], %(hashes)s::bytea[])),
  m AS (INSERT INTO log_mark SELECT * FROM unnest(%(marks)s::bytea[], %(marked)s::bigint[])),
  w AS (INSERT INTO log_withdrawal SELECT * FROM
        unnest(%(days)s::text[], %(withdrawn)s::bigint[], %(ws)s::bytea[]))
UPDATE log_head SET size = %(size)s, root = %(root)s, at = %(at)s WHERE size = %(old)s
"""

# The greatest index of each level, one look into the index for each; beside it head and note.
_EXTENT = """
WITH RECURSIVE found AS (
  SELECT min(level) AS level FROM log_node
  UNION ALL
  SELECT (SELECT min(level) FROM log_node WHERE level > found.level) FROM found
  WHERE level IS NOT NULL
), reach AS (
  SELECT level, (SELECT max(idx) FROM log_node WHERE log_node.level = found.level) AS last
  FROM found WHERE level IS NOT NULL
  UNION ALL SELECT 0, max(idx) FROM log_entry)
SELECT log_head.size, root, at, log_signed.size, level, last FROM log_head, log_signed, reach
"""


class PostgresHead:
    """The head while this process alone may move it; everything read here is the newest."""

    def __init__(self, connection: Connection, head: Head) -> None:
        self._connection = connection
        self.head = head

    def present(self, values: Iterable[bytes]) -> set[bytes]:
        """Return those of `values` that the log already holds as marks."""
        wanted = list(values)
        if not wanted:
            return set()
        query = "SELECT value FROM log_mark WHERE value = ANY(%s)"
        found = self._connection.execute(query, (wanted,), binary=True)
        return {row[0] for row in found}

    def write(self, rows: Rows, root: bytes, at: str) -> Head:
        """Write one batch, move the head past it and return it."""
        old = self.head.size
        new = Head(old + len(rows.entries), root, at)
        values = {
            "old": old,
            "size": new.size,
            "root": root,
            "at": at,
            **_columns(("leaves", "bodies"), rows.entries),
            **_columns(("levels", "nodes", "hashes"), rows.nodes),
            **_columns(("marks", "marked"), rows.marks),
            **_columns(("days", "withdrawn", "ws"), rows.withdrawals),
        }
        if self._connection.execute(_WRITE, values).rowcount != 1:
            raise LogUnavailableError("the log's head moved while it was locked")
        self.head = new
        return new

    def announce(self, index: int) -> None:
        """Note that the entry at `index` is the newest `log.pruned`."""
        postgres_pruning.announce(self._connection, index)

    def remove_bodies(self, below: int, indexes: Sequence[int]) -> None:
        """Raise the minimum index to `below` and empty the bodies of `indexes`."""
        postgres_pruning.remove_bodies(self._connection, below, indexes)


class PostgresStore:
    """The rows of one log, on one server.

    A process has one connection that writes, some that read and one that keeps notes. Each is
    opened again when the server has gone away and come back.
    """

    folder = None

    def __init__(self, url: str, *, origin: str | None = None, empty_root: bytes = b"") -> None:
        """Open the log behind `url`; make it when `origin` (of the log) is given and it is absent.

        url: as libpq reads it.
        """
        self._url = url
        self._readers: list[Connection] = []
        self._reading_now = threading.Semaphore(_READERS)
        self._pool_lock = threading.Lock()
        self._closed = False
        self._notes: Connection | None = None
        self._writer: Connection | None = None
        with translated():
            if origin is None:
                self.origin = self._found_origin()
            else:
                self._writer = self._connect_writer()
                try:
                    _prepare(self._writer, origin, empty_root)
                    self.origin = self._found_origin()
                    if self.origin != origin:
                        raise AuditError("the database holds the log of another origin")
                except BaseException:
                    self.close()
                    raise

    def close(self) -> None:
        """Close every connection; later calls raise LogUnavailableError."""
        with self._pool_lock:
            self._closed = True
            connections = [self._writer, self._notes, *self._readers]
            self._readers, self._notes, self._writer = [], None, None
        for connection in connections:
            if connection is not None:
                connection.close()

    @contextmanager
    def lock_head(self) -> Iterator[PostgresHead]:
        """Hold the head alone; commit when the block ends well, otherwise write nothing."""
        with translated():
            connection, head = self._locked()
            try:
                yield PostgresHead(connection, head)
                # A transaction that failed ends in a ROLLBACK, without an error, when asked to
                # commit.
                if connection.execute("COMMIT").statusmessage != "COMMIT":
                    raise LogUnavailableError("the server did not commit")
            except BaseException:
                _roll_back(connection)
                raise

    def check_writable(self) -> None:
        """Commit a write that changes no row of the log; raise LogUnavailableError if it fails."""
        with translated():
            connection = connect(self._url, {"lock_timeout": "1s"})
            try:
                connection.execute("UPDATE log_tried SET times = times + 1")
            except LockNotAvailable:
                pass  # somebody else tries just now, and will find out
            finally:
                connection.close()

    def head(self) -> Head:
        """Return the head as committed, whoever committed it."""
        return Head(*self._all("SELECT size, root, at FROM log_head")[0])

    def rows(self, start: int, stop: int) -> list[tuple[bytes, bytes]]:
        """Return (leaf, body) of the entries in [start, stop) that there are."""
        query = "SELECT leaf, body FROM log_entry WHERE idx >= %s AND idx < %s ORDER BY idx"
        return self._all(query, start, stop)

    def hashes(self, level: int, start: int, stop: int) -> list[bytes]:
        """Return the hashes at `level`, a multiple of STRIDE, with indexes in [start, stop)."""
        if level == 0:
            query = "SELECT leaf FROM log_entry WHERE idx >= %s AND idx < %s ORDER BY idx"
            return [row[0] for row in self._all(query, start, stop)]
        query = "SELECT hash FROM log_node WHERE level = %s AND idx >= %s AND idx < %s ORDER BY idx"
        return [row[0] for row in self._all(query, level, start, stop)]

    def pruning(self) -> Pruning:
        """Return what was noted about bodies that are gone."""
        if self._all("SELECT to_regclass('log_pruning')::text")[0][0] is None:
            return Pruning()
        return Pruning(*self._all("SELECT below, announced FROM log_pruning")[0])

    def compact(self) -> None:
        """Give back the room of bodies that were removed."""
        with translated(), connect(self._url, {}) as connection:
            connection.execute("VACUUM FULL log_entry")

    def extent(self) -> Extent:
        """Return how far everything reaches, all read at one moment."""
        # One statement sees one moment.
        rows = self._all(_EXTENT)
        sizes = {level: 0 if last is None else last + 1 for *_, level, last in rows}
        size, root, at, note_size = rows[0][:4]
        return Extent(Head(size, root, at), sizes, note_size)

    def find_mark(self, value: bytes) -> int | None:
        """Return the index of the entry that set the mark `value`."""
        found = self._all("SELECT idx FROM log_mark WHERE value = %s", value)
        return found[0][0] if found else None

    def withdrawn(self, day: datetime.date) -> list[tuple[int, bytes]]:
        """Return (index, w) of the withdrawals and expiries of `day`, in the log's order."""
        query = "SELECT idx, w FROM log_withdrawal WHERE day = %s ORDER BY idx"
        return self._all(query, day.isoformat())

    def note(self) -> tuple[int, str]:
        """Return size and text of the newest checkpoint kept by `keep_note`; -1 when none."""
        size, note = self._all("SELECT size, note FROM log_signed")[0]
        return size, note.decode()

    def keep_note(self, size: int, note: str) -> None:
        """Keep a signed checkpoint beside the rows, unless somebody else keeps one just now."""
        with suppress(psycopg.Error, LogUnavailableError):
            if self._notes is None or self._notes.closed:
                self._notes = connect(self._url, {"synchronous_commit": "off"})
            self._notes.execute(
                "UPDATE log_signed SET size = %s, note = %s WHERE one IN "
                "(SELECT one FROM log_signed WHERE size < %s FOR UPDATE SKIP LOCKED)",
                (size, note.encode(), size),
            )

    def _locked(self) -> tuple[Connection, Head]:
        """Lock the head; on a new connection, if the server went away since the last time."""
        while True:
            with self._pool_lock:
                if self._closed:
                    raise LogUnavailableError("the log is closed")
            connection, is_old = self._writer, True
            if connection is None or connection.closed:
                connection, is_old = self._connect_writer(), False
                self._writer = connection
            try:
                # Both at once, since the others wait; two statements cannot be prepared.
                cursor = connection.execute(
                    "BEGIN; SELECT size, root, at FROM log_head FOR UPDATE", prepare=False
                )
                cursor.nextset()
                row = cursor.fetchone()
                if row is None:
                    raise LogUnavailableError("the log has lost its head")
                return connection, Head(*row)
            except psycopg.OperationalError:
                _roll_back(connection)
                if not (is_old and connection.closed):
                    raise
            except BaseException:
                _roll_back(connection)
                raise

    def _connect_writer(self) -> Connection:
        return connect(
            self._url,
            {
                **_PLANS,
                "lock_timeout": f"{BUSY_SECONDS:.0f}s",
                "idle_in_transaction_session_timeout": f"{_FROZEN_SECONDS}s",
            },
        )

    def _found_origin(self) -> str:
        if self._all("SELECT to_regclass('log_head')::text")[0][0] is None:
            raise LogUnavailableError("the database holds no log")
        return str(self._all("SELECT origin FROM log_head")[0][0])

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with translated(), self._reading_now:
            with self._pool_lock:
                if self._closed:
                    raise LogUnavailableError("the log is closed")
                connection = self._readers.pop() if self._readers else None
            if connection is None:
                connection = connect(self._url, {**_PLANS, "default_transaction_read_only": "on"})
            try:
                yield connection
            finally:
                with self._pool_lock:
                    keeps = not self._closed and not connection.closed
                    if keeps:
                        self._readers.append(connection)
                if not keeps:
                    connection.close()

    def _all(self, query: str, *values: object) -> list[Any]:
        # When the server went away, the old connections are found out one by one, and then a new
        # one either opens or says why not. Reading twice does no harm.
        for attempt in range(_READERS + 1):
            with self._reading() as connection:
                try:
                    return connection.execute(query, values, binary=True).fetchall()
                except psycopg.OperationalError:
                    if not connection.closed or attempt == _READERS:
                        raise
        raise AssertionError("the last attempt returns or raises")


def _columns(names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Return the columns of `rows` by name."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def _roll_back(connection: Connection) -> None:
    """End what was begun; a connection that cannot is closed, and the server does it."""
    try:
        connection.execute("ROLLBACK")
    except BaseException:
        connection.close()


def _prepare(connection: Connection, origin: str, empty_root: bytes) -> None:
    """Make the tables if they are absent."""
    connection.execute("BEGIN")
    try:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
        # Another process may have begun the log meanwhile.
        found = connection.execute("SELECT to_regclass('log_head')::text").fetchone()
        if found is None or found[0] is None:
            connection.execute(_SCHEMA)
            connection.execute(
                "INSERT INTO log_head VALUES (1, %s, 0, %s, '')", (origin, empty_root)
            )
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise
