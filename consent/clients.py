"""OAuth clients: which programme each speaks for, its keys and where it may be sent back to.

I/O: the table `client`. Only operators add clients; there is no registration over the wire.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, Row, bindparam, select
from sqlmodel import Session, SQLModel

from consent.store import ClientRow
from policies.words import Words

KEPT_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Client:
    """One client. jwks: its public keys (RFC 7517). redirect_uris: compared as whole texts.

    jwks_uri: where its keys stand instead, if not None (`key_urls`); then jwks is empty.
    """

    client_id: str
    programme: str
    jwks: Mapping[str, Any]
    redirect_uris: tuple[str, ...]
    name: Words
    jwks_uri: str | None = None


# Statements rather than mapped objects: a client is looked up in every request of one.
_COLUMNS: Final = SQLModel.metadata.tables["client"].columns
_ONE: Final = select(*_COLUMNS).where(_COLUMNS["client_id"] == bindparam("wanted"))
_ALL: Final = select(*_COLUMNS).order_by(_COLUMNS["client_id"])


class Clients:
    """The registered clients; each is kept for a moment, since every request looks one up."""

    def __init__(self, engine: Engine, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the engine of the broker's database. clock: seconds that never go back."""
        self._engine = engine
        self._clock = clock
        self._kept: dict[str, tuple[Client, float]] = {}

    def put(self, client: Client) -> None:
        """Add a client, or replace the one of the same id (new keys, new addresses)."""
        with Session(self._engine) as session:
            session.merge(
                ClientRow(
                    client_id=client.client_id,
                    programme=client.programme,
                    jwks=json.dumps(client.jwks),
                    redirect_uris=json.dumps(client.redirect_uris),
                    name_id=client.name.id,
                    name_en=client.name.en,
                    jwks_uri=client.jwks_uri,
                )
            )
            session.commit()
        self._kept.pop(client.client_id, None)

    def find(self, client_id: str) -> Client | None:
        """Return the client.

        client_id: anything that somebody sent; what no database can hold is nobody's.
        A key or an address that another process took away is gone after KEPT_SECONDS.
        """
        if not client_id.isprintable():
            return None
        now = self._clock()
        kept = self._kept.get(client_id)
        if kept is not None and now - kept[1] < KEPT_SECONDS:
            return kept[0]
        with self._engine.connect() as connection:
            row = connection.execute(_ONE, {"wanted": client_id}).one_or_none()
        if row is None:
            self._kept.pop(client_id, None)
            return None
        client = _client(row)
        self._kept[client_id] = (client, now)
        return client

    def list(self) -> tuple[Client, ...]:
        """Return all clients by id."""
        with self._engine.connect() as connection:
            return tuple(_client(row) for row in connection.execute(_ALL))


def _client(row: Row[Any]) -> Client:
    return Client(
        client_id=row.client_id,
        programme=row.programme,
        jwks=json.loads(row.jwks),
        redirect_uris=tuple(json.loads(row.redirect_uris)),
        name=Words(row.name_id, row.name_en),
        jwks_uri=row.jwks_uri,
    )
