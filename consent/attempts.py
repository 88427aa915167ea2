"""The lock-out: how often a PIN may be tried for one NIK.

I/O: one table, keyed by the NIK's blind index whether anybody has that NIK or not, so that the
work done, and with it the time taken, tells nothing about who is enrolled.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine, text
from sqlmodel import Session, col, delete, select

from consent.store import PinAttemptRow

MOST_FAILURES: Final = 5
LOCK_SECONDS: Final = 15 * 60


# One statement in both databases. Attempts while locked do not lengthen the lock: a stranger who
# knows a NIK could otherwise keep its owner out for ever with one attempt in 15 minutes.
_COUNT: Final = text(
    "INSERT INTO pin_attempt (nik_index, attempts, until) VALUES (:nik_index, 1, :until) "
    "ON CONFLICT (nik_index) DO UPDATE SET "
    "attempts = CASE WHEN pin_attempt.until <= :at THEN 1 "
    "WHEN pin_attempt.attempts >= :locked THEN :locked ELSE pin_attempt.attempts + 1 END, "
    "until = CASE WHEN pin_attempt.until > :at AND pin_attempt.attempts >= :locked - 1 "
    "THEN pin_attempt.until ELSE :until END RETURNING attempts"
)


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
        counted = {
            "nik_index": nik_index,
            "at": at,
            "until": at + LOCK_SECONDS,
            "locked": MOST_FAILURES + 1,
        }
        with self._engine.begin() as connection:
            attempts: int = connection.execute(_COUNT, counted).scalar_one()
        self._forget(at=at)
        return attempts <= MOST_FAILURES

    def clear(self, nik_index: bytes) -> None:
        """Forget the attempts: this one succeeded."""
        with Session(self._engine) as session:
            session.exec(delete(PinAttemptRow).where(col(PinAttemptRow.nik_index) == nik_index))
            session.commit()

    def _forget(self, *, at: int) -> None:
        """Delete old rows: they are of no use, and made-up NIKs must not fill the table."""
        old = select(PinAttemptRow.nik_index).where(col(PinAttemptRow.until) <= at)
        # A row that somebody holds is counted just now: two who delete many rows at once, each in
        # its own order, would otherwise wait for each other.
        mine = old.with_for_update(skip_locked=True)
        with Session(self._engine) as session:
            session.exec(delete(PinAttemptRow).where(col(PinAttemptRow.nik_index).in_(mine)))
            session.commit()
