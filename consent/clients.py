"""OAuth clients: which programme each speaks for, its keys and where it may be sent back to.

I/O: the table `client`. Only operators add clients; there is no registration over the wire.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from consent.store import ClientRow
from policies.words import Words


@dataclass(frozen=True)
class Client:
    """One client. jwks: its public keys (RFC 7517). redirect_uris: compared as whole texts."""

    client_id: str
    programme: str
    jwks: Mapping[str, Any]
    redirect_uris: tuple[str, ...]
    name: Words


class Clients:
    """The registered clients."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of the broker's database."""
        self._engine = engine

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
                )
            )
            session.commit()

    def find(self, client_id: str) -> Client | None:
        """Return the client.

        client_id: anything that somebody sent; what no database can hold is nobody's.
        """
        if not client_id.isprintable():
            return None
        with Session(self._engine) as session:
            row = session.get(ClientRow, client_id)
            return None if row is None else _client(row)

    def list(self) -> tuple[Client, ...]:
        """Return all clients by id."""
        with Session(self._engine) as session:
            rows = session.exec(select(ClientRow).order_by(col(ClientRow.client_id)))
            return tuple(_client(row) for row in rows)


def _client(row: ClientRow) -> Client:
    return Client(
        client_id=row.client_id,
        programme=row.programme,
        jwks=json.loads(row.jwks),
        redirect_uris=tuple(json.loads(row.redirect_uris)),
        name=Words(row.name_id, row.name_en),
    )
