"""The lock-out: how often a PIN may be tried for one NIK.

I/O: one table, keyed by the NIK's blind index whether anybody has that NIK or not, so that the
work done, and with it the time taken, tells nothing about who is enrolled.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select

from consent.store import PinAttemptRow

MOST_FAILURES: Final = 5
LOCK_SECONDS: Final = 15 * 60


class Attempts:
    """Counts attempts before they are judged."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of the broker's database."""
        self._engine = engine

    def begin(self, nik_index: bytes, *, at: int) -> bool:
        """Count one attempt; return whether it may succeed.

        Counted before the PIN is hashed: a thousand attempts sent at once would otherwise all
        see the same low count, and a crash in between would make an attempt free.
        """
        try:
            return self._count(nik_index, at)
        except IntegrityError:
            # Somebody else began the first attempt at the same moment; ours is the second.
            return self._count(nik_index, at)

    def clear(self, nik_index: bytes) -> None:
        """Forget the attempts: this one succeeded."""
        with Session(self._engine) as session:
            session.exec(delete(PinAttemptRow).where(col(PinAttemptRow.nik_index) == nik_index))
            session.commit()

    def _count(self, nik_index: bytes, at: int) -> bool:
        with Session(self._engine) as session:
            # Old rows are of no use, and made-up NIKs must not fill the table.
            session.exec(delete(PinAttemptRow).where(col(PinAttemptRow.until) <= at))
            wanted = select(PinAttemptRow).where(PinAttemptRow.nik_index == nik_index)
            row = session.exec(wanted.with_for_update()).one_or_none()
            if row is None:
                row = PinAttemptRow(nik_index=nik_index, attempts=0, until=0)
            allowed = row.attempts < MOST_FAILURES
            if allowed:
                row.attempts += 1
                # Attempts while locked do not lengthen the lock: a stranger who knows a NIK
                # could otherwise keep its owner out for ever with one attempt in 15 minutes.
                row.until = at + LOCK_SECONDS
            session.add(row)
            session.commit()
            return allowed
