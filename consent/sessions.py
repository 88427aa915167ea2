"""Browser sessions: an opaque cookie, kept as its hash, and a few ids on our side.

I/O: the table `web_session`. It must not set cookies or know Flask.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Engine
from sqlmodel import Session, col, delete, select, update

from consent.persons import RandomBytes
from consent.secret_text import new_secret, stored_form
from consent.store import WebSessionRow

LIFE_SECONDS: Final = 30 * 60


class Sessions:
    """The sessions under way."""

    def __init__(self, engine: Engine, *, random: RandomBytes) -> None:
        """Take the engine of the broker's database."""
        self._engine = engine
        self._random = random

    def start(self, content: Mapping[str, Any], *, at: int) -> str:
        """Begin a session and return its cookie.

        A new one at every sign-in, so that a cookie planted before is worth nothing after.
        """
        cookie = new_secret(self._random)
        with Session(self._engine) as session:
            session.add(
                WebSessionRow(
                    cookie_hash=stored_form(cookie),
                    content=json.dumps(content),
                    expires=at + LIFE_SECONDS,
                )
            )
            session.commit()
        return cookie

    def find(self, cookie: str, *, at: int) -> dict[str, Any] | None:
        """Return the content of a session that has not ended."""
        with Session(self._engine) as session:
            row = session.exec(
                select(WebSessionRow).where(
                    WebSessionRow.cookie_hash == stored_form(cookie), WebSessionRow.expires > at
                )
            ).one_or_none()
            if row is None:
                return None
            content: dict[str, Any] = json.loads(row.content)
            return content

    def change(self, cookie: str, content: Mapping[str, Any], *, at: int) -> bool:
        """Replace a session's content and lengthen its life; False if it has ended."""
        with Session(self._engine) as session:
            changed = session.exec(
                update(WebSessionRow)
                .where(col(WebSessionRow.cookie_hash) == stored_form(cookie))
                .where(col(WebSessionRow.expires) > at)
                .values(content=json.dumps(content), expires=at + LIFE_SECONDS)
            )
            session.commit()
            return bool(changed.rowcount)

    def lengthen(self, cookie: str, *, at: int) -> None:
        """Lengthen a session's life, if it has not ended, and leave its content alone."""
        with Session(self._engine) as session:
            session.exec(
                update(WebSessionRow)
                .where(col(WebSessionRow.cookie_hash) == stored_form(cookie))
                .where(col(WebSessionRow.expires) > at)
                .values(expires=at + LIFE_SECONDS)
            )
            session.commit()

    def end(self, cookie: str) -> None:
        """End a session."""
        with Session(self._engine) as session:
            session.exec(
                delete(WebSessionRow).where(col(WebSessionRow.cookie_hash) == stored_form(cookie))
            )
            session.commit()

    def forget(self, *, at: int) -> int:
        """Delete the ended sessions; return how many."""
        with Session(self._engine) as session:
            gone = session.exec(delete(WebSessionRow).where(col(WebSessionRow.expires) <= at))
            session.commit()
            return gone.rowcount
