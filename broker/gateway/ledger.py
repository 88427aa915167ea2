"""The gateway's memory of people: steps 12 to 15 and what they leave, in one transaction.

It is committed before the registry is asked. A crash after the commit leaves a question that
counts and was not answered, which a retry mends; the reverse order would leave answers that
nobody counted.
"""

from __future__ import annotations

from sqlalchemy import Engine
from sqlmodel import Session

from broker.gateway.asked import check_first, check_frequency, check_values, keep_asked
from broker.gateway.passed import Checked, Entered, Judged
from broker.gateway.pins import Newcomers, check_pins, forget_passkey
from keys.kek import KekProvider


class Ledger:
    """Who was asked about what, by pseudonyms that only this gateway's KEK can make."""

    def __init__(self, engine: Engine, kek: KekProvider, *, newcomers: Newcomers) -> None:
        self._engine = engine
        self._kek = kek
        self._newcomers = newcomers

    def person(self, nik: str) -> bytes:
        """Return how this gateway calls the person with this NIK."""
        return self._kek.mac("person", nik.encode())

    def enter(self, judged: Judged, *, at: int) -> Checked:
        """Run steps 12 to 15 and remember the question; at: Unix seconds.

        A refusal leaves nothing behind, not even a pin. Raises GatewayRefusal.
        """
        person = self.person(judged.bound.question.read.payload.nik)
        with Session(self._engine) as session:
            retry = check_first(session, judged, at=at)  # 12
            check_pins(session, person, judged, newcomers=self._newcomers, at=at)  # 13
            if not retry:
                check_frequency(session, person, judged, at=at)  # 14
                check_values(session, person, judged, at=at)  # 15
                keep_asked(session, person, judged, at=at)
            session.commit()
        return Checked(judged, Entered(person, retry))

    def forget_passkey(self, nik: str, *, at: int) -> bool:
        """Let go the passkey pinned for the person with this NIK; False if there is none."""
        with Session(self._engine) as session:
            forgotten = forget_passkey(session, self.person(nik), at=at)
            session.commit()
        return forgotten
