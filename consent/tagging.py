"""Tags: each log entry about a person carries one that only her trace key recognises.

I/O: the table `tag_counter`. It must not guess the day: a tag holds only for the log's day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy import Engine, text
from sqlmodel import Session, col, delete

from audit.trace import IZIN, share, tag
from consent.errors import TagsSpentError
from consent.persons import Person, Persons
from consent.store import TagCounterRow

LAST_K: Final = 63

# One statement in both databases, made once: it locks the row, or makes it, until the commit, so
# that two draws never see the same count.
_DRAW: Final = text(
    "INSERT INTO tag_counter (person_id, agency, day, drawn) "
    "VALUES (:whose, :agency, :day, :number) ON CONFLICT (person_id, agency, day) "
    "DO UPDATE SET drawn = tag_counter.drawn + excluded.drawn RETURNING drawn"
)


class TagBook:
    """Draws tags, each once."""

    def __init__(self, engine: Engine, persons: Persons) -> None:
        """Take the broker's database and the people whose trace keys make the tags."""
        self._engine = engine
        self._persons = persons

    def draw(self, person_id: str, agency: str, day: date) -> bytes:
        """Return an unused tag (16 bytes) of the person for an agency, or `izin`, and a day.

        Raises TagsSpentError and UnknownPersonError; see `draw_many`.
        """
        return self.draw_many(self._persons.open(person_id), [agency], day)[0]

    def draw_many(self, person: Person, agencies: Sequence[str], day: date) -> list[bytes]:
        """Return an unused tag for each of `agencies`, in one transaction.

        A tag that is drawn and then not logged stays spent: giving it back could let two
        entries share it. The last of `izin` is given again and again, since a person's own
        withdrawal must never fail for want of a tag; an agency would refuse a tag that it has
        seen, so there the end is TagsSpentError.
        """
        wanted = Counter(agencies)
        shares = {agency: share(person.trace_key, agency) for agency in wanted}
        unused = self._next(person.id, wanted, day)
        drawn = []
        for agency in agencies:
            k = next(unused[agency])
            if k > LAST_K:
                if agency != IZIN:
                    raise TagsSpentError("all tags of this person, agency and day are used")
                k = LAST_K
            drawn.append(tag(shares[agency], day, k))
        return drawn

    def forget(self, *, before: date) -> None:
        """Delete the counters of days that the log has left."""
        with Session(self._engine) as session:
            session.exec(delete(TagCounterRow).where(col(TagCounterRow.day) < before.isoformat()))
            session.commit()

    def _next(
        self, person_id: str, wanted: Mapping[str, int], day: date
    ) -> dict[str, Iterator[int]]:
        """Return the next counts of each agency, as many as are wanted of it."""
        # Statements rather than mapped objects: this runs for every entry about a person.
        counts: dict[str, Iterator[int]] = {}
        with self._engine.begin() as connection:
            for agency, number in sorted(wanted.items()):  # one order, so that no two deadlock
                row = {"whose": person_id, "agency": agency, "day": day.isoformat()}
                drawn = connection.execute(_DRAW, {**row, "number": number}).scalar_one()
                counts[agency] = iter(range(drawn - number, drawn))
        return counts
