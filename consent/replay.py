"""What may be used once: proof ids, assertion ids, anything else with an expiry.

I/O: one table. It must not decide how long something stays usable; the caller says until when.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine, TextClause, bindparam, text
from sqlmodel import Session, col, delete, select

from consent.secret_text import stored_form
from consent.store import ReplayRow

# Statements rather than mapped objects: one or two of these run in every request.
_USED: Final = select(ReplayRow.what).where(col(ReplayRow.what) == bindparam("wanted"))


class Use(NamedTuple):
    """One use of something. until: Unix seconds after which it would be refused for its age."""

    kind: str
    id: str
    until: int


class Replays:
    """Remembers uses across threads, processes and restarts."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of the broker's database."""
        self._engine = engine

    def first_use(self, kind: str, id_: str, until: int) -> bool:
        """Whether this is the first use of `id_` among its `kind`; it is recorded if so.

        until: Unix seconds after which the thing would be refused for its age, so that it may be
        forgotten. The primary key decides between two that come at once: exactly one is first.
        """
        with self._engine.begin() as connection:
            return self.record(connection, Use(kind, id_, until))

    def record(self, connection: Connection, use: Use) -> bool:
        """Do the same as a part of the caller's transaction: it counts if that commits."""
        return self.record_all(connection, [use]) is None

    def record_all(self, connection: Connection, uses: Sequence[Use]) -> Use | None:
        """Do the same for several at once; return one that is no first use, or None."""
        if not uses:
            return None
        stored = {_stored(use.kind, use.id): use for use in uses}
        values: dict[str, bytes | int] = {}
        for number, (what, use) in enumerate(stored.items()):
            values[f"what{number}"], values[f"until{number}"] = what, use.until
        first = {bytes(row.what) for row in connection.execute(_use(len(stored)), values)}
        return next((use for what, use in stored.items() if what not in first), None)

    def used(self, kind: str, id_: str) -> bool:
        """Whether `id_` was used among its `kind`; nothing is recorded."""
        with self._engine.connect() as connection:
            return self.was_recorded(connection, kind, id_)

    def was_recorded(self, connection: Connection, kind: str, id_: str) -> bool:
        """Whether `id_` was used among its `kind`, asked in the caller's transaction."""
        found = connection.execute(_USED, {"wanted": _stored(kind, id_)})
        return found.one_or_none() is not None

    def forget(self, *, at: int) -> int:
        """Delete what is too old to be used anyway; return how much that was."""
        with Session(self._engine) as session:
            gone = session.exec(delete(ReplayRow).where(col(ReplayRow.until) < at))
            session.commit()
            return gone.rowcount


@lru_cache(maxsize=8)
def _use(number: int) -> TextClause:
    """Return the statement that records so many uses and returns those that are the first.

    DO NOTHING rather than an error: an error would end the transaction that others share.
    """
    rows = ", ".join(f"(:what{each}, :until{each})" for each in range(number))
    return text(
        f"INSERT INTO replay (what, until) VALUES {rows} "  # noqa: S608 - numbers only
        "ON CONFLICT (what) DO NOTHING RETURNING what"
    )


def _stored(kind: str, id_: str) -> bytes:
    # The length in front keeps ("a:b", "c") apart from ("a", "b:c").
    return stored_form(f"{len(kind)}:{kind}:{id_}")
