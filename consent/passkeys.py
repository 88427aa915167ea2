"""People's passkeys, one each.

I/O: the table `passkey`. It must not judge an assertion (see `assertion`). Why one: agencies pin
it (docs/adr/one-passkey-a-person.md).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select, update

from consent.enrolment import NewPasskey
from consent.errors import PasskeyError
from consent.store import PasskeyRow


@dataclass(frozen=True)
class Passkey:
    """One person's passkey. sign_count: the last one that was seen."""

    person_id: str
    credential_id: bytes
    public_key: bytes = field(repr=False)
    sign_count: int
    added_at: int


class Passkeys:
    """Everybody's passkeys."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of the broker's database."""
        self._engine = engine

    def add(self, person_id: str, made: NewPasskey, *, at: int) -> None:
        """Keep a person's passkey; raises PasskeyError where she has one already."""
        with Session(self._engine) as session:
            session.add(
                PasskeyRow(
                    id_hash=_hash(made.credential_id),
                    person_id=person_id,
                    credential_id=made.credential_id,
                    public_key=made.public_key,
                    sign_count=made.sign_count,
                    added_at=at,
                )
            )
            try:
                session.commit()
            except IntegrityError:
                raise PasskeyError("there is a passkey already") from None

    def of_person(self, person_id: str) -> Passkey | None:
        """Return the person's passkey."""
        with Session(self._engine) as session:
            return _read(
                session.exec(
                    select(PasskeyRow).where(PasskeyRow.person_id == person_id)
                ).one_or_none()
            )

    def find(self, credential_id: bytes) -> Passkey | None:
        """Return the passkey with this credential id."""
        with Session(self._engine) as session:
            return _read(session.get(PasskeyRow, _hash(credential_id)))

    def used(self, passkey: Passkey, *, sign_count: int) -> bool:
        """Keep the new sign count; False if the passkey was used, or went, in the meantime."""
        with Session(self._engine) as session:
            changed = session.exec(
                update(PasskeyRow)
                .where(col(PasskeyRow.id_hash) == _hash(passkey.credential_id))
                .where(col(PasskeyRow.sign_count) == passkey.sign_count)
                .values(sign_count=sign_count)
            )
            session.commit()
            return bool(changed.rowcount)

    def remove(self, person_id: str) -> None:
        """Forget the person's passkey."""
        with Session(self._engine) as session:
            session.exec(delete(PasskeyRow).where(col(PasskeyRow.person_id) == person_id))
            session.commit()


def _hash(credential_id: bytes) -> bytes:
    return hashlib.sha256(credential_id).digest()


def _read(row: PasskeyRow | None) -> Passkey | None:
    if row is None:
        return None
    return Passkey(row.person_id, row.credential_id, row.public_key, row.sign_count, row.added_at)
