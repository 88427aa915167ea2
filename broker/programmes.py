"""The programmes' root signing keys, from the paper agreement.

A programme's OAuth client is consent's business; here is only who may sign in its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Engine
from sqlmodel import Session, select

from broker.store import ProgrammeRootRow
from keys import base64url
from keys.errors import KeysError
from keys.signing import VerifyKey
from keys.statements import check_statement, read_statement

# A signed statement of a programme carries its signing key and the root's statement for it.
SIGNATURE_EXTRA: Final = frozenset({"pub", "stmt"})


class Programmes:
    """The registered programmes' roots."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, programme: str, root: VerifyKey) -> None:
        """Register (or replace) a programme's root key."""
        with Session(self._engine) as session:
            row = session.get(ProgrammeRootRow, programme)
            row = row or ProgrammeRootRow(programme=programme, root="")
            row.root = base64url.encode(bytes(root))
            session.add(row)
            session.commit()

    def roots(self) -> dict[str, VerifyKey]:
        """Return every programme's root key."""
        with Session(self._engine) as session:
            rows = session.exec(select(ProgrammeRootRow)).all()
            return {row.programme: VerifyKey(base64url.decode(row.root)) for row in rows}

    def signing_key(self, header: Mapping[str, str], *, at: int) -> tuple[str, VerifyKey]:
        """Return whose signing key a JWS header carries, and the key.

        header: with `pub` (the key, base64url) and `stmt` (a root's statement for it). Unverified
        as it is, it only proposes; the registered root decides. at: Unix seconds.
        Raises KeysError.
        """
        key = VerifyKey(base64url.decode(header.get("pub", "")))
        statement = header.get("stmt", "")
        for programme, root in self.roots().items():
            try:
                if read_statement(statement, root).owner != programme:
                    continue
            except KeysError:
                continue
            check_statement(
                statement, root, owner=programme, use="sign", thumbprint=key.thumbprint, at=at
            )
            return programme, key
        raise KeysError("no registered programme's root key vouches for the signing key")
