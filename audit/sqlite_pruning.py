"""Removing bodies from a log's SQLite file: the one change that it lets anybody make.

Until a log is pruned for the first time, its file refuses every change. Then, in the transaction
that notes the first announcement, one rule is exchanged: a body under the minimum index may be
emptied, and nothing else of its row may differ. This file must not know what an entry means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.errors import LogUnavailableError
from audit.store import Pruning

_EXISTS = "SELECT 1 FROM sqlite_schema WHERE name = 'pruning'"
_SCHEMA = (
    """CREATE TABLE pruning (one INTEGER PRIMARY KEY CHECK (one = 1), below INTEGER NOT NULL,
                            announced INTEGER NOT NULL)""",
    "INSERT INTO pruning VALUES (1, 0, -1)",
    """CREATE TRIGGER pruning_never_shrinks BEFORE UPDATE ON pruning
        WHEN NEW.below < OLD.below OR NEW.announced < OLD.announced
          OR NEW.below > (SELECT size FROM head)
        BEGIN SELECT RAISE(ABORT, 'the log only grows'); END""",
    """CREATE TRIGGER pruning_stays BEFORE DELETE ON pruning
        BEGIN SELECT RAISE(ABORT, 'the log only grows'); END""",
    "DROP TRIGGER entry_no_update",
    """CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
        WHEN NEW.idx IS NOT OLD.idx OR NEW.leaf IS NOT OLD.leaf OR NEW.body IS NOT x''
          OR OLD.idx >= (SELECT below FROM pruning)
        BEGIN SELECT RAISE(ABORT, 'the log only grows'); END""",
)


def pruning(connection: Any) -> Pruning:
    """Return what was noted about bodies that are gone."""
    if connection.execute(_EXISTS).fetchone() is None:
        return Pruning()
    return Pruning(*connection.execute("SELECT below, announced FROM pruning").fetchone())


def announce(connection: Any, index: int) -> None:
    """Note the newest `log.pruned`. connection: in a transaction that holds the head."""
    if connection.execute(_EXISTS).fetchone() is None:
        for statement in _SCHEMA:
            connection.execute(statement)
    connection.execute("UPDATE pruning SET announced = ?", (index,))


def remove_bodies(connection: Any, below: int, indexes: Sequence[int]) -> None:
    """Raise the minimum index and empty bodies. connection: as for `announce`."""
    if connection.execute(_EXISTS).fetchone() is None:
        raise LogUnavailableError("bodies go only after that was announced")
    # What is removed is overwritten in the file, not only forgotten; copies that pages left when
    # they were split go with `compact`.
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("UPDATE pruning SET below = ?", (below,))
    connection.executemany(
        "UPDATE entry SET body = x'' WHERE idx = ?", [(index,) for index in indexes]
    )


def compact(connection: Any) -> None:
    """Write the file anew without what was removed. connection: not in a transaction."""
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
