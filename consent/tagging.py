"""Tags: each log entry about a person carries one that only her trace key recognises.

I/O: the table `tag_counter`. It must not guess the day: a tag holds only for the log's day.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, update

from audit.trace import IZIN, share, tag
from consent.errors import TagsSpentError
from consent.persons import Persons
from consent.store import TagCounterRow

LAST_K: Final = 63


class TagBook:
    """Draws tags, each once."""

    def __init__(self, engine: Engine, persons: Persons) -> None:
        """Take the broker's database and the people whose trace keys make the tags."""
        self._engine = engine
        self._persons = persons

    def draw(self, person_id: str, agency: str, day: date) -> bytes:
        """Return an unused tag (16 bytes) of the person for an agency, or `izin`, and a day.

        A tag that is drawn and then not logged stays spent: giving it back could let two
        entries share it. The last of `izin` is given again and again, since a person's own
        withdrawal must never fail for want of a tag; an agency would refuse a tag that it has
        seen, so there the end is TagsSpentError.
        """
        person = self._persons.open(person_id)
        k = self._next(person_id, agency, day)
        if k > LAST_K:
            if agency != IZIN:
                raise TagsSpentError("all tags of this person, agency and day are used")
            k = LAST_K
        return tag(share(person.trace_key, agency), day, k)

    def forget(self, *, before: date) -> None:
        """Delete the counters of days that the log has left."""
        with Session(self._engine) as session:
            session.exec(delete(TagCounterRow).where(col(TagCounterRow.day) < before.isoformat()))
            session.commit()

    def _next(self, person_id: str, agency: str, day: date) -> int:
        try:
            return self._count(person_id, agency, day)
        except IntegrityError:
            # Another thread made the row between our look and our insert; it exists now.
            return self._count(person_id, agency, day)

    def _count(self, person_id: str, agency: str, day: date) -> int:
        key = (
            col(TagCounterRow.person_id) == person_id,
            col(TagCounterRow.agency) == agency,
            col(TagCounterRow.day) == day.isoformat(),
        )
        # Statements rather than mapped objects: this runs for every entry about a person.
        with self._engine.begin() as connection:
            # The update locks the row until the commit: two draws never see the same count.
            drawn = connection.execute(
                update(TagCounterRow)
                .where(*key)
                .values(drawn=col(TagCounterRow.drawn) + 1)
                .returning(col(TagCounterRow.drawn))
            ).scalar_one_or_none()
            if drawn is None:
                drawn = 1
                connection.execute(
                    insert(TagCounterRow).values(
                        person_id=person_id, agency=agency, day=day.isoformat(), drawn=drawn
                    )
                )
        return int(drawn) - 1
