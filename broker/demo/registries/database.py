"""Writing one registry's SQLite file; knows no agency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite

from broker.errors import BrokerError

Row = tuple[object, ...]
Tables = Mapping[str, Sequence[Row]]
"""Table name -> rows, in the order of the table's columns."""


def write_database(path: Path, schema: str, tables: Tables) -> None:
    """Write a new SQLite file at `path`; an existing one is refused, never added to."""
    if path.exists():
        raise BrokerError("the demo's registry exists already; choose an empty folder")
    connection = sqlite.connect(str(path))
    try:
        # Invented rows need no sync: after a crash the demo starts afresh.
        connection.execute("PRAGMA synchronous = OFF")
        # No write-ahead log: a gateway opens the file read-only and could not make its index.
        connection.executescript(schema)
        for table, rows in tables.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                # The table's name is a constant of this package.
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
        connection.commit()
    finally:
        connection.close()
