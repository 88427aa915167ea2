"""The openings of the log's digests: what an entry leaves out, sealed under the person's key.

I/O: the table `opening`. Once a person's key is destroyed, her openings are noise.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine
from sqlmodel import Session

from audit.canonical import Json, JsonInput, encode, parse
from audit.entry import salted_digest
from audit.errors import AuditError
from consent.errors import OpeningError
from consent.persons import Persons, RandomBytes
from consent.store import OpeningRow
from keys.errors import KeysError
from keys.seal import NONCE_BYTES, open_sealed, seal


class Openings:
    """Keeps and opens openings."""

    def __init__(self, engine: Engine, persons: Persons, *, random: RandomBytes) -> None:
        """Take the broker's database and the people under whose keys openings are sealed."""
        self._engine = engine
        self._persons = persons
        self._random = random

    def keep(
        self, person_id: str, digest: str, salt: bytes, opening: Mapping[str, JsonInput]
    ) -> None:
        """Keep the opening of `digest` (hex).

        Called before the entry is appended: a crash in between leaves an opening of no entry,
        which nobody misses; the reverse would be an entry that the broker cannot account for.
        """
        if salted_digest(salt, opening) != digest:
            raise OpeningError("the digest does not commit to this opening")
        sealed = seal(
            self._persons.open(person_id).person_key,
            encode({"salt": salt.hex(), "opening": dict(opening)}),
            context=_context(digest),
            nonce=self._random(NONCE_BYTES),
        )
        with Session(self._engine) as session:
            session.add(OpeningRow(digest=digest, person_id=person_id, sealed=sealed))
            session.commit()

    def open(self, digest: str) -> tuple[bytes, dict[str, Json]]:
        """Return (salt, opening) of `digest` (hex); raises OpeningError."""
        with Session(self._engine) as session:
            row = session.get(OpeningRow, digest)
        if row is None:
            raise OpeningError("no opening is kept for this digest")
        key = self._persons.open(row.person_id).person_key
        try:
            members = parse(open_sealed(key, row.sealed, context=_context(digest)))
            salt, opening = members["salt"], members["opening"]
            if not isinstance(salt, str) or not isinstance(opening, dict):
                raise OpeningError("an opening is not of its form")
            found = bytes.fromhex(salt)
            if salted_digest(found, opening) != digest:
                raise OpeningError("an opening is not the one that its digest commits to")
        except (KeysError, AuditError, KeyError, ValueError) as error:
            raise OpeningError("an opening cannot be opened") from error
        return found, opening


def _context(digest: str) -> str:
    return f"opening/{digest}"
