"""Pauses: who said no to everything is not asked again by the same programme for some days.

A "no" that is followed by the same question every morning is not one. She herself may end a pause
early. I/O: the table `pause`.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine
from sqlmodel import Session, col, delete, select

from consent.store import PauseRow

DAY_SECONDS: Final = 86_400


class Pauses:
    """The pauses under way."""

    def __init__(self, engine: Engine, *, days: int) -> None:
        """Take the engine of the broker's database. days: how long a pause is; 0 = none."""
        self._engine = engine
        self.days = days

    def begin(self, person_id: str, programme: str, *, at: int) -> None:
        """Begin a pause now, or begin it anew."""
        if not self.days:
            return
        until = at + self.days * DAY_SECONDS
        with Session(self._engine) as session:
            session.merge(PauseRow(person_id=person_id, programme=programme, until=until))
            session.commit()

    def until(self, person_id: str, programme: str, *, at: int) -> int | None:
        """Return when the programme may ask her again (Unix seconds); None = it may now."""
        return self.of_person(person_id, at=at).get(programme)

    def of_person(self, person_id: str, *, at: int) -> dict[str, int]:
        """Return the end of each of her pauses by programme."""
        with Session(self._engine) as session:
            rows = session.exec(
                select(PauseRow)
                .where(PauseRow.person_id == person_id, PauseRow.until > at)
                .order_by(col(PauseRow.programme))
            )
            return {row.programme: row.until for row in rows}

    def end(self, person_id: str, programme: str) -> None:
        """End a pause: she changed her mind."""
        with Session(self._engine) as session:
            session.exec(
                delete(PauseRow)
                .where(col(PauseRow.person_id) == person_id)
                .where(col(PauseRow.programme) == programme)
            )
            session.commit()

    def forget(self, *, at: int) -> int:
        """Delete the pauses that are over; return how many."""
        with Session(self._engine) as session:
            gone = session.exec(delete(PauseRow).where(col(PauseRow.until) <= at))
            session.commit()
            return gone.rowcount
