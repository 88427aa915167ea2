"""Trace keys as rows: a change that is under way, and the keys that were closed.

I/O: the tables `trace_change`, `closed_key`, and of `person` and `grant_record` what a change
touches. Keys stand sealed under the person's own. It must not write the log or decide what comes
first (see `trace_keys`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, func, select, update

from audit.trace import reader_token
from consent.given_again import give_again
from consent.persons import Person, RandomBytes
from consent.secret_text import stored_form
from consent.store import ClosedKeyRow, PersonRow, TraceChangeRow
from keys.seal import NONCE_BYTES, open_sealed, seal


@dataclass(frozen=True)
class Change:
    """A change under way. again: her grants that are given again, each with its prepared row's id.

    printed: whether somebody else prints the new key for her.
    """

    key: bytes = field(repr=False)
    again: Mapping[str, str]
    printed: bool


@dataclass(frozen=True)
class ClosedKey:
    """A key that was hers. settled: the agencies that have answered under a later one."""

    number: int
    key: bytes = field(repr=False)
    settled: frozenset[str]


class TraceKeyRows:
    """The stored keys and changes."""

    def __init__(self, engine: Engine, *, random: RandomBytes) -> None:
        """Take the engine of the broker's database."""
        self._engine = engine
        self._random = random

    def begin(self, person: Person, change: Change) -> bool:
        """Keep a change; False where one of hers is under way already."""
        sealed = self._sealed(person, "next_trace_key", change.key)
        row = TraceChangeRow(
            person_id=person.id,
            key_sealed=sealed,
            again=json.dumps(dict(change.again)),
            printed=change.printed,
        )
        with Session(self._engine) as session:
            session.add(row)
            try:
                session.commit()
            except IntegrityError:
                return False
        return True

    def under_way(self, person: Person) -> Change | None:
        """Return the person's change that is not finished, if there is one."""
        with Session(self._engine) as session:
            row = session.get(TraceChangeRow, person.id)
        if row is None:
            return None
        key = _opened(person, "next_trace_key", row.key_sealed)
        return Change(key, json.loads(row.again), row.printed)

    def all_under_way(self) -> list[str]:
        """Return the ids of everybody whose change is not finished."""
        with Session(self._engine) as session:
            return list(session.exec(select(TraceChangeRow.person_id)))

    def finish(
        self, person: Person, change: Change, indexes: Mapping[str, int], *, at: datetime
    ) -> None:
        """Make the new key hers, in one transaction; nothing where another process has done so.

        indexes: grant id -> index of the entry that gave it again.
        """
        # Sealed under the same context as at enrolment: from now on it is her trace key.
        sealed = self._sealed(person, "trace_key", change.key)
        with Session(self._engine) as session:
            done = session.exec(
                delete(TraceChangeRow).where(col(TraceChangeRow.person_id) == person.id)
            )
            if done.rowcount != 1:
                return
            session.exec(
                update(PersonRow)
                .where(col(PersonRow.id) == person.id)
                .values(
                    trace_key_sealed=sealed,
                    reader_hash=stored_form(reader_token(change.key)),
                    trace_key_printed=change.printed,
                )
            )
            mine = col(ClosedKeyRow.person_id) == person.id
            number = session.exec(select(func.count()).select_from(ClosedKeyRow).where(mine)).one()
            session.add(
                ClosedKeyRow(
                    person_id=person.id,
                    number=number,
                    key_sealed=self._sealed(person, f"closed_key/{number}", person.trace_key),
                    settled="[]",
                )
            )
            for grant_id, index in indexes.items():
                give_again(session, grant_id, change.again[grant_id], index, at)
            session.commit()

    def closed(self, person: Person) -> list[ClosedKey]:
        """Return the keys that were hers, oldest first."""
        with Session(self._engine) as session:
            rows = session.exec(
                select(ClosedKeyRow)
                .where(ClosedKeyRow.person_id == person.id)
                .order_by(col(ClosedKeyRow.number))
            ).all()
        return [
            ClosedKey(
                row.number,
                _opened(person, f"closed_key/{row.number}", row.key_sealed),
                frozenset(json.loads(row.settled)),
            )
            for row in rows
        ]

    def all_closed(self) -> list[str]:
        """Return the ids of everybody who had another key before."""
        with Session(self._engine) as session:
            return sorted(set(session.exec(select(ClosedKeyRow.person_id))))

    def settle(self, person_id: str, agencies: Sequence[str]) -> None:
        """Remember that these agencies answered under her present key: they have it pinned."""
        with Session(self._engine) as session:
            for row in session.exec(
                select(ClosedKeyRow).where(ClosedKeyRow.person_id == person_id)
            ):
                row.settled = json.dumps(sorted({*json.loads(row.settled), *agencies}))
                session.add(row)
            session.commit()

    def was_printed(self, person_id: str) -> bool:
        """Whether somebody else printed the person's present key for her."""
        with Session(self._engine) as session:
            found = session.exec(
                select(PersonRow.trace_key_printed).where(PersonRow.id == person_id)
            ).one_or_none()
        return bool(found)

    def set_printed(self, person_id: str) -> None:
        """Remember that somebody else printed the person's present key for her."""
        with Session(self._engine) as session:
            session.exec(
                update(PersonRow)
                .where(col(PersonRow.id) == person_id)
                .values(trace_key_printed=True)
            )
            session.commit()

    def _sealed(self, person: Person, column: str, key: bytes) -> bytes:
        nonce = self._random(NONCE_BYTES)
        return seal(person.person_key, key, context=_context(person, column), nonce=nonce)


def _opened(person: Person, column: str, sealed: bytes) -> bytes:
    return open_sealed(person.person_key, sealed, context=_context(person, column))


def _context(person: Person, column: str) -> str:
    return f"person/{person.id}/{column}"
