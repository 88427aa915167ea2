"""Authorization codes: used once, atomically, and remembered a while to notice a second use.

I/O: the table `authorization_code`. It must not issue tokens; it says what a code was for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, bindparam
from sqlalchemy import select as sqlalchemy_select
from sqlmodel import Session, col, delete, update

from consent.persons import RandomBytes
from consent.secret_text import new_secret, stored_form
from consent.store import AuthorizationCodeRow

LIFE_SECONDS: Final = 60
REMEMBERED_SECONDS: Final = 3_600

_IS_MINE: Final = (
    col(AuthorizationCodeRow.code_hash) == bindparam("hashed"),
    col(AuthorizationCodeRow.client_id) == bindparam("whose"),
)
_WHAT: Final = (
    col(AuthorizationCodeRow.request),
    col(AuthorizationCodeRow.grant_id),
    col(AuthorizationCodeRow.person_id),
    col(AuthorizationCodeRow.code_challenge),
    col(AuthorizationCodeRow.expires),
)
_USE_UP: Final = (
    update(AuthorizationCodeRow)
    .where(*_IS_MINE)
    .where(col(AuthorizationCodeRow.consumed).is_(False))
    .values(consumed=True)
    .returning(*_WHAT)
)
_MINE: Final = sqlalchemy_select(*_WHAT).where(*_IS_MINE)


@dataclass(frozen=True)
class Code:
    """What a code stands for. request: what was pushed. expires: Unix seconds.

    second_use: it had been used already: whoever shows it, or showed it first, stole it, so
    what the first use issued must be revoked (RFC 9700, section 2.1.1) and nothing given.
    """

    client_id: str
    request: Mapping[str, Any]
    grant_id: str
    person_id: str
    code_challenge: str
    expires: int
    second_use: bool = False


class Codes:
    """The codes that were issued lately."""

    def __init__(self, engine: Engine, *, random: RandomBytes) -> None:
        """Take the engine of the broker's database."""
        self._engine = engine
        self._random = random

    def issue(self, code: Code) -> str:
        """Keep a code and return its text."""
        text = new_secret(self._random)
        with Session(self._engine) as session:
            session.add(
                AuthorizationCodeRow(
                    code_hash=stored_form(text),
                    client_id=code.client_id,
                    request=json.dumps(code.request),
                    grant_id=code.grant_id,
                    person_id=code.person_id,
                    code_challenge=code.code_challenge,
                    expires=code.expires,
                )
            )
            session.commit()
        return text

    def consume(self, connection: Connection, text: str, client_id: str, *, at: int) -> Code | None:
        """Return what the client's code stands for and use it up; None if unknown or expired.

        In the caller's transaction, which must commit whatever the code turns out to be for: a
        code that could be tried again would let PKCE verifiers be guessed. Of two transactions
        at once the second waits, and sees what the first did. Another client's code looks
        unknown and stays whole.
        """
        mine = {"hashed": stored_form(text), "whose": client_id}
        row = connection.execute(_USE_UP, mine).one_or_none()
        first = row is not None
        if row is None:
            row = connection.execute(_MINE, mine).one_or_none()
        if row is None or (row.expires <= at and first):
            return None
        return Code(
            client_id=client_id,
            request=json.loads(row.request),
            grant_id=row.grant_id,
            person_id=row.person_id,
            code_challenge=row.code_challenge,
            expires=row.expires,
            second_use=not first,
        )

    def forget(self, *, at: int) -> int:
        """Delete the codes whose second use need not be noticed any more; return how many."""
        with Session(self._engine) as session:
            gone = session.exec(
                delete(AuthorizationCodeRow).where(
                    col(AuthorizationCodeRow.expires) <= at - REMEMBERED_SECONDS
                )
            )
            session.commit()
            return gone.rowcount
