"""What may be used once: proof ids, assertion ids, anything else with an expiry.

I/O: one table. It must not decide how long something stays usable; the caller says until when.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine, bindparam, insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select

from consent.secret_text import stored_form
from consent.store import ReplayRow

# Statements rather than mapped objects: one or two of these run in every request.
_USE: Final = insert(ReplayRow)
_USED: Final = select(ReplayRow.what).where(col(ReplayRow.what) == bindparam("wanted"))


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
        # The length in front keeps ("a:b", "c") apart from ("a", "b:c").
        what = stored_form(f"{len(kind)}:{kind}:{id_}")
        try:
            with self._engine.begin() as connection:
                connection.execute(_USE, {"what": what, "until": until})
        except IntegrityError:
            return False
        return True

    def used(self, kind: str, id_: str) -> bool:
        """Whether `id_` was used among its `kind`; nothing is recorded."""
        what = stored_form(f"{len(kind)}:{kind}:{id_}")
        with self._engine.connect() as connection:
            return connection.execute(_USED, {"wanted": what}).one_or_none() is not None

    def forget(self, *, at: int) -> int:
        """Delete what is too old to be used anyway; return how much that was."""
        with Session(self._engine) as session:
            gone = session.exec(delete(ReplayRow).where(col(ReplayRow.until) < at))
            session.commit()
            return gone.rowcount
