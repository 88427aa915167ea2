"""What a programme's database holds about a person, sealed under the programme's key at rest."""

from __future__ import annotations

from typing import Any

import orjson

from broker.programme.errors import ProgrammeError
from keys import seal
from keys.errors import KeysError
from keys.kek import RandomBytes


class Vault:
    """Seals and opens JSON members, each bound to the row that it stands in."""

    def __init__(self, key: bytes, *, random: RandomBytes) -> None:
        """Take the key at rest (32 bytes)."""
        self._key = key
        self._random = random

    def seal(self, members: dict[str, Any], *, row: str) -> bytes:
        """Return the members sealed. row: such as `application/REF`."""
        nonce = self._random(seal.NONCE_BYTES)
        return seal.seal(self._key, orjson.dumps(members), context=row, nonce=nonce)

    def open(self, sealed: bytes, *, row: str) -> dict[str, Any]:
        """Return the members; raises ProgrammeError for another row or altered bytes."""
        try:
            members: dict[str, Any] = orjson.loads(seal.open_sealed(self._key, sealed, context=row))
        except KeysError as error:
            raise ProgrammeError("a row of the programme's database does not open") from error
        return members
