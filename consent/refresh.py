"""Refresh tokens: how a programme asks again next month without the person at her browser.

Each is bound to one client, DPoP key and grant, and is never rotated: FAPI 2.0 (section 5.3.2.1)
forbids it, since a lost response would cost the person a second consent. It ends with the grant;
whoever uses one must ask whether that is still live. I/O: the table `refresh_token`, in the
caller's transactions. It must not issue access tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, insert, select, update
from sqlmodel import Session, col, delete

from consent.grants import GrantRecord
from consent.persons import RandomBytes
from consent.secret_text import new_secret, stored_form
from consent.store import RefreshTokenRow

_KEEP: Final = insert(RefreshTokenRow)
_FIND: Final = select(
    col(RefreshTokenRow.family),
    col(RefreshTokenRow.client_id),
    col(RefreshTokenRow.grant_id),
    col(RefreshTokenRow.jkt),
    col(RefreshTokenRow.expires),
).where(
    col(RefreshTokenRow.token_hash) == bindparam("hashed"),
    col(RefreshTokenRow.client_id) == bindparam("whose"),
    col(RefreshTokenRow.revoked).is_(False),
    col(RefreshTokenRow.expires) > bindparam("now"),
)
_REVOKE: Final = (
    update(RefreshTokenRow)
    .where(col(RefreshTokenRow.family) == bindparam("which"))
    .values(revoked=True)
)


@dataclass(frozen=True)
class RefreshToken:
    """What a refresh token stands for. jkt: of the DPoP key. expires: Unix seconds."""

    family: str
    client_id: str
    grant_id: str
    jkt: str
    expires: int


class RefreshTokens:
    """The refresh tokens that may still be used."""

    def __init__(self, engine: Engine, *, random: RandomBytes) -> None:
        """Take the engine of the broker's database."""
        self._engine = engine
        self._random = random

    def issue(self, connection: Connection, token: RefreshToken) -> str:
        """Keep a token and return its text; nobody has it unless the transaction commits."""
        text = new_secret(self._random)
        row = {
            "token_hash": stored_form(text),
            "family": token.family,
            "client_id": token.client_id,
            "grant_id": token.grant_id,
            "jkt": token.jkt,
            "expires": token.expires,
            "revoked": False,
        }
        connection.execute(_KEEP, row)
        return text

    def find(
        self, connection: Connection, text: str, client_id: str, *, at: int
    ) -> RefreshToken | None:
        """Return what the client's token stands for; None if unknown, revoked or expired.

        Another client's token looks unknown.
        """
        mine = {"hashed": stored_form(text), "whose": client_id, "now": at}
        row = connection.execute(_FIND, mine).one_or_none()
        return None if row is None else RefreshToken(*row)

    def revoke(self, connection: Connection, family: str) -> None:
        """Revoke the token of a family; idempotent."""
        connection.execute(_REVOKE, {"which": family})

    def forget(self, *, at: int) -> int:
        """Delete the tokens whose grant's last day is over; return how many."""
        with Session(self._engine) as session:
            gone = session.exec(delete(RefreshTokenRow).where(col(RefreshTokenRow.expires) <= at))
            session.commit()
            return gone.rowcount


def last_moment(grant: GrantRecord) -> int:
    """Return when a grant's last day (UTC) is over, in Unix seconds."""
    after = grant.valid_until + timedelta(days=1)
    return int(datetime.combine(after, time(), UTC).timestamp())
