"""Where a log lies in a test: in a file or on a server, for tests that hold for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pysqlite3.dbapi2 as sqlite

from audit.opening import open_store
from audit.store import Store
from tests import databases

FILE = {
    "entry": "entry", "node": "node", "mark": "mark", "withdrawal": "withdrawal",
    "head": "head", "signed": "signed", "pruning": "pruning",
    "zeros": "zeroblob(32)", "json": "x'7b7d'", "nothing": "x''",
}  # fmt: skip
SERVER = {
    **{name: f"log_{name}" for name in
       ("entry", "node", "mark", "withdrawal", "head", "signed", "pruning")},
    "zeros": r"decode(repeat('00', 32), 'hex')", "json": r"'\x7b7d'::bytea",
    "nothing": "''::bytea",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A log's place, and what a test does there that no log would.

    words: the names of the tables and values there, for statements that hold for both databases.
    """

    where: Path | str
    words: Mapping[str, str]
    execute: Callable[[str], None]
    """Run one statement in a transaction of its own, as the database's triggers allow."""
    change: Callable[[str], None]
    """Run one statement as somebody who owns the database can: triggers first."""

    def store(self, origin: str | None = "log.example") -> Store:
        """Open the rows alone."""
        return open_store(self.where, origin=origin, empty_root=b"e" * 32)


@contextmanager
def place(kind: str, folder: Path) -> Iterator[Place]:
    """Return an empty place: a file in `folder`, or a schema that goes away afterwards."""
    if kind == "sqlite":
        yield in_file(folder / "log.db")
        return
    with databases.schema() as url:
        yield on_server(url)


def in_file(path: Path) -> Place:
    """Return the place of a log in the file `path`."""

    def run(statement: str, *, without_triggers: bool) -> None:
        connection: Any = sqlite.connect(str(path), isolation_level=None)
        connection.execute("PRAGMA recursive_triggers = ON")
        try:
            if without_triggers:
                names = "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
                for (name,) in connection.execute(names).fetchall():
                    connection.execute(f"DROP TRIGGER {name}")
            connection.execute(statement.format(**FILE))
        finally:
            connection.close()

    return _place(path, FILE, run)


def on_server(url: str) -> Place:
    """Return the place of a log in the schema that `url` names."""

    def run(statement: str, *, without_triggers: bool) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            if without_triggers:
                for name in SERVER.values():
                    if name.startswith("log_"):
                        connection.execute(f"ALTER TABLE IF EXISTS {name} DISABLE TRIGGER USER")
            connection.execute(statement.format(**SERVER))

    return _place(url, SERVER, run)


def _place(where: Path | str, words: Mapping[str, str], run: Callable[..., None]) -> Place:
    return Place(
        where,
        words,
        lambda statement: run(statement, without_triggers=False),
        lambda statement: run(statement, without_triggers=True),
    )
