"""People: enrolment, sign-in with NIK and PIN, and the keys that belong to one person.

I/O: the table `person`. Nothing here writes to the audit log, and no message names anybody.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import Engine, bindparam
from sqlalchemy import select as sqlalchemy_select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from audit.trace import reader_token
from consent.appending import Clock
from consent.attempts import Attempts
from consent.errors import (
    ConsentError,
    EnrolmentError,
    PersonExistsError,
    UnknownPersonError,
)
from consent.secret_text import stored_form
from consent.store import PersonRow
from keys import base64url
from keys.errors import KeysError
from keys.kek import KekProvider, RandomBytes
from keys.keyring import Keyring
from keys.pseudonym import PIN_COST, Cost, stretch, subject
from keys.seal import NONCE_BYTES, open_sealed, seal

__all__ = ["Clock", "Person", "Persons", "RandomBytes"]

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
EPOCH_KEY_SECONDS: Final = 60

_NIK = re.compile(r"[0-9]{16}", re.ASCII)
_PIN = re.compile(r"[0-9]{6}", re.ASCII)
_NOBODY_SALT: Final = bytes(SALT_BYTES)
_NOBODY_HASH: Final = bytes(33)

# A statement rather than a mapped object: people are opened in every request about one.
_SEALED: Final = sqlalchemy_select(
    col(PersonRow.id),
    col(PersonRow.epoch_kid),
    col(PersonRow.key),
    col(PersonRow.nik_sealed),
    col(PersonRow.name_sealed),
    col(PersonRow.village_sealed),
    col(PersonRow.trace_key_sealed),
).where(col(PersonRow.id) == bindparam("wanted"))


@dataclass(frozen=True)
class Person:
    """One person, opened. Shows her id only."""

    id: str
    nik: str = field(repr=False)
    name: str = field(repr=False)
    village: str = field(repr=False)
    trace_key: bytes = field(repr=False)
    person_key: bytes = field(repr=False)


class Persons:
    """Everybody who enrolled."""

    def __init__(
        self,
        engine: Engine,
        keyring: Keyring,
        kek: KekProvider,
        *,
        clock: Clock,
        random: RandomBytes,
        pin_cost: Cost = PIN_COST,
    ) -> None:
        """Take the database, the keyring with its active epoch key, and the KEK's peppers."""
        self._engine = engine
        self._keyring = keyring
        self._kek = kek
        self._clock = clock
        self._random = random
        self._pin_cost = pin_cost
        self._attempts = Attempts(engine)
        self._epoch_keys: dict[str, tuple[bytes, float]] = {}

    def enrol(self, nik: str, pin: str, name: str, village: str) -> str:
        """Keep a new person and return her id (22 random characters).

        nik: 16 digits, pin: 6 digits, village: its code. Raises EnrolmentError, PersonExistsError.
        """
        if not _NIK.fullmatch(nik):
            raise EnrolmentError("a NIK has 16 digits")
        if not _PIN.fullmatch(pin):
            raise EnrolmentError("a PIN has 6 digits")
        if not 1 <= len(name) <= 200 or not 1 <= len(village) <= 64:
            raise EnrolmentError("a name has 1 to 200 characters, a village's code 1 to 64")
        row = self._new_row(nik, pin, name, village)
        person_id = row.id
        with Session(self._engine) as session:
            session.add(row)
            try:
                session.commit()
            except IntegrityError:
                # Not chained: the driver's message quotes the statement's parameters.
                raise PersonExistsError("this NIK is enrolled already") from None
        return person_id

    def sign_in(self, nik: str, pin: str) -> str | None:
        """Return the person's id, or None for a wrong PIN, an unknown NIK or a locked one.

        All three look and take the same: every call counts one attempt and runs one Argon2id.
        Five attempts without success lock the NIK for 15 minutes.
        """
        nik_index = self._nik_index(nik)
        may_succeed = self._attempts.begin(nik_index, at=int(self._clock().timestamp()))
        with Session(self._engine) as session:
            row = session.exec(
                select(PersonRow).where(PersonRow.nik_index == nik_index)
            ).one_or_none()
        # Outside the session: SQLite's write lock must not be held for the length of a hash.
        salt = _NOBODY_SALT if row is None else row.pin_salt
        expected = _NOBODY_HASH if row is None else row.pin_hash
        matches = hmac.compare_digest(self._pin_hash(pin, salt), expected)
        if row is None or not may_succeed or not matches:
            return None
        self._attempts.clear(nik_index)
        return row.id

    def with_nik(self, nik: str) -> str | None:
        """Return the id of the person with this NIK, which somebody else has verified.

        Never for a NIK that a visitor typed: the answer says who is enrolled.
        """
        wanted = self._nik_index(nik)
        with Session(self._engine) as session:
            return session.exec(
                select(PersonRow.id).where(PersonRow.nik_index == wanted)
            ).one_or_none()

    def open(self, person_id: str) -> Person:
        """Return the person; raises UnknownPersonError, and ConsentError where keys fail."""
        with self._engine.connect() as connection:
            row = connection.execute(_SEALED, {"wanted": person_id}).one_or_none()
        if row is None:
            raise UnknownPersonError("there is no such person")
        try:
            epoch_key = self._epoch_key(row.epoch_kid)
            key = open_sealed(epoch_key, row.key, context=_context(row.id, "key"))

            def column(name: str, sealed: bytes) -> bytes:
                return open_sealed(key, sealed, context=_context(person_id, name))

            return Person(
                id=row.id,
                nik=column("nik", row.nik_sealed).decode(),
                name=column("name", row.name_sealed).decode(),
                village=column("village", row.village_sealed).decode(),
                trace_key=column("trace_key", row.trace_key_sealed),
                person_key=key,
            )
        except KeysError as error:
            raise ConsentError("a person's row cannot be opened") from error

    def subject(self, person_id: str, programme: str) -> str:
        """Return the programme's pseudonym of the person."""
        return subject(self.open(person_id).person_key, programme)

    def enrolled_on(self, person_id: str) -> date:
        """Return the UTC day on which she was enrolled; raises UnknownPersonError."""
        with Session(self._engine) as session:
            found = session.exec(select(PersonRow.enrolled_at).where(PersonRow.id == person_id))
            at = found.one_or_none()
        if at is None:
            raise UnknownPersonError("there is no such person")
        return datetime.fromtimestamp(at, UTC).date()

    def knows_reader(self, token: str) -> bool:
        """Whether `token` is the reader's token of somebody (she may read fresh log entries)."""
        wanted = stored_form(token)
        with Session(self._engine) as session:
            found = session.exec(select(PersonRow.id).where(PersonRow.reader_hash == wanted))
            return found.one_or_none() is not None

    def _new_row(self, nik: str, pin: str, name: str, village: str) -> PersonRow:
        person_id = base64url.encode(self._random(16))
        key = self._random(KEY_BYTES)
        trace_key = self._random(KEY_BYTES)
        epoch = self._keyring.active("epoch")
        if epoch is None:
            raise ConsentError("the keyring has no epoch key")
        epoch_key = self._epoch_key(epoch.kid)
        salt = self._random(SALT_BYTES)

        def sealed(name: str, value: bytes, *, under: bytes = key) -> bytes:
            nonce = self._random(NONCE_BYTES)
            return seal(under, value, context=_context(person_id, name), nonce=nonce)

        return PersonRow(
            id=person_id,
            nik_index=self._nik_index(nik),
            reader_hash=stored_form(reader_token(trace_key)),
            epoch_kid=epoch.kid,
            # Under a key that is destroyed on schedule: a backup must not bring an erased
            # person back.
            key=sealed("key", key, under=epoch_key),
            nik_sealed=sealed("nik", nik.encode()),
            name_sealed=sealed("name", name.encode()),
            village_sealed=sealed("village", village.encode()),
            trace_key_sealed=sealed("trace_key", trace_key),
            pin_salt=salt,
            pin_hash=self._pin_hash(pin, salt),
            enrolled_at=int(self._clock().timestamp()),
        )

    def _epoch_key(self, kid: str) -> bytes:
        """Return an epoch key, unwrapped at most once a minute.

        Not longer: when the key is destroyed, this process must soon be unable to open anybody.
        """
        now = self._clock().timestamp()
        kept = self._epoch_keys.get(kid)
        if kept is None or not 0 <= now - kept[1] < EPOCH_KEY_SECONDS:
            kept = (self._keyring.secret("epoch", kid), now)
            self._epoch_keys[kid] = kept
        return kept[0]

    def _nik_index(self, nik: str) -> bytes:
        return self._kek.mac("nik", nik.encode("utf-8", "surrogatepass"))

    def _pin_hash(self, pin: str, salt: bytes) -> bytes:
        peppered = self._kek.mac("pin", pin.encode("utf-8", "surrogatepass"))
        return stretch(peppered, salt, cost=self._pin_cost)


def _context(person_id: str, column: str) -> str:
    """Return what a sealed value is bound to: nobody can move it to another row or column."""
    return f"person/{person_id}/{column}"
