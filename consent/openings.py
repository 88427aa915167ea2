"""The openings of the log's digests: what an entry leaves out, sealed under the person's key.

I/O: the table `opening`. Once a person's key is destroyed, her openings are noise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Engine, insert
from sqlmodel import Session

from audit.canonical import Json, JsonInput, encode, parse
from audit.entry import salted_digest
from audit.errors import AuditError
from consent.errors import OpeningError
from consent.persons import Person, Persons, RandomBytes
from consent.store import OpeningRow
from keys.errors import KeysError
from keys.seal import NONCE_BYTES, open_sealed, seal

_KEEP: Final = insert(OpeningRow)


@dataclass(frozen=True)
class Opening:
    """What a digest (hex) commits to: a salt of 32 bytes and the members."""

    digest: str
    salt: bytes = field(repr=False)
    members: Mapping[str, JsonInput] = field(repr=False)


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
        """Keep one opening; see `keep_many`."""
        self.keep_many(self._persons.open(person_id), [Opening(digest, salt, opening)])

    def keep_many(self, person: Person, openings: Sequence[Opening]) -> None:
        """Keep openings of one person, in one transaction; raises OpeningError.

        Called before the entries are appended: a crash in between leaves openings of no entry,
        which nobody misses; the reverse would be entries that the broker cannot account for.
        """
        rows = [
            {"digest": one.digest, "person_id": person.id, "sealed": self._sealed(person, one)}
            for one in openings
        ]
        with self._engine.begin() as connection:
            connection.execute(_KEEP, rows)

    def _sealed(self, person: Person, one: Opening) -> bytes:
        if salted_digest(one.salt, one.members) != one.digest:
            raise OpeningError("the digest does not commit to this opening")
        return seal(
            person.person_key,
            encode({"salt": one.salt.hex(), "opening": dict(one.members)}),
            context=_context(one.digest),
            nonce=self._random(NONCE_BYTES),
        )

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
