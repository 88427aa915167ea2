"""What may be used once: proof ids, assertion ids, anything else with an expiry.

I/O: one table. It must not decide how long something stays usable; the caller says until when.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine, bindparam, text
from sqlmodel import Session, col, delete, select

from consent.secret_text import stored_form
from consent.store import ReplayRow

# Statements rather than mapped objects: one or two of these run in every request.
# DO NOTHING rather than an error: an error would end the transaction that others share.
_USE: Final = text(
    "INSERT INTO replay (what, until) VALUES (:what, :until) ON CONFLICT (what) DO NOTHING"
)
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
        what = {"what": _stored(use.kind, use.id), "until": use.until}
        return bool(connection.execute(_USE, what).rowcount)

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


def _stored(kind: str, id_: str) -> bytes:
    # The length in front keeps ("a:b", "c") apart from ("a", "b:c").
    return stored_form(f"{len(kind)}:{kind}:{id_}")
