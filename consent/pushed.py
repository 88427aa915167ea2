"""Pushed authorization requests (RFC 9126): kept under the hash of their request_uri.

I/O: the table `pushed_request`. It must not judge the payload; PAR did before keeping it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine
from sqlmodel import Session, col, delete, select, update

from consent.persons import RandomBytes
from consent.secret_text import new_secret, stored_form
from consent.store import PushedRequestRow

URI_PREFIX: Final = "urn:ietf:params:oauth:request_uri:"


@dataclass(frozen=True)
class PushedRequest:
    """What a client pushed. expires: Unix seconds."""

    client_id: str
    payload: Mapping[str, Any]
    dpop_jkt: str | None
    expires: int


class PushedRequests:
    """The pushed requests that may still be used."""

    def __init__(self, engine: Engine, *, random: RandomBytes) -> None:
        """Take the engine of the broker's database."""
        self._engine = engine
        self._random = random

    def push(self, request: PushedRequest) -> str:
        """Keep a request and return its request_uri."""
        uri = URI_PREFIX + new_secret(self._random)
        with Session(self._engine) as session:
            session.add(
                PushedRequestRow(
                    uri_hash=stored_form(uri),
                    client_id=request.client_id,
                    payload=json.dumps(request.payload),
                    dpop_jkt=request.dpop_jkt,
                    expires=request.expires,
                )
            )
            session.commit()
        return uri

    def peek(self, uri: str, client_id: str, *, at: int) -> PushedRequest | None:
        """Return the client's unused, unexpired request; looking does not use it up.

        One-time use counts at authorization, not at the first visit: a reload of the page, or a
        link preview, must not end the flow. client_id: anything that somebody sent; what no
        database can hold is nobody's.
        """
        if not client_id.isprintable():
            return None
        with Session(self._engine) as session:
            row = session.exec(
                select(PushedRequestRow).where(
                    PushedRequestRow.uri_hash == stored_form(uri),
                    PushedRequestRow.client_id == client_id,
                    PushedRequestRow.expires > at,
                    col(PushedRequestRow.used).is_(False),
                )
            ).one_or_none()
            return None if row is None else _request(row)

    def use(self, uri: str, client_id: str, *, at: int) -> PushedRequest | None:
        """Return the request and use it up: of two that come at once, one gets it."""
        with Session(self._engine) as session:
            mine = col(PushedRequestRow.uri_hash) == stored_form(uri)
            used = session.exec(
                update(PushedRequestRow)
                .where(mine)
                .where(col(PushedRequestRow.client_id) == client_id)
                .where(col(PushedRequestRow.expires) > at)
                .where(col(PushedRequestRow.used).is_(False))
                .values(used=True)
            )
            if not used.rowcount:
                return None
            request = _request(session.exec(select(PushedRequestRow).where(mine)).one())
            session.commit()
            return request

    def forget(self, *, at: int) -> int:
        """Delete the expired requests; return how many."""
        with Session(self._engine) as session:
            gone = session.exec(delete(PushedRequestRow).where(col(PushedRequestRow.expires) <= at))
            session.commit()
            return gone.rowcount


def _request(row: PushedRequestRow) -> PushedRequest:
    return PushedRequest(row.client_id, json.loads(row.payload), row.dpop_jkt, row.expires)
