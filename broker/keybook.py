"""Every working key that the broker carries a statement for stands in the log, once.

The broker vouches for nobody: an entry says that it carried this statement from then on, so that
an owner who finds a key of hers there that she never made can prove it.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import Engine
from sqlmodel import Session

from audit.canonical import JsonInput
from audit.entry import draft
from audit.log import Log
from broker.store import PostedRow
from keys import base64url
from keys.signing import VerifyKey
from keys.statements import read_statement


class KeyBook:
    """Logs statements as `key.added`, and the ends of keys as `key.retired`."""

    def __init__(self, engine: Engine, log: Log) -> None:
        self._engine = engine
        self._log = log
        self._known: set[bytes] = set()

    def note(self, statement: str, root: VerifyKey) -> None:
        """Log `statement`, by `root`, unless it is in the log already.

        Raises KeysError where the root did not sign it, LogUnavailableError.
        """
        digest = hashlib.sha256(statement.encode()).digest()
        if digest in self._known:
            return
        said = read_statement(statement, root)
        with Session(self._engine) as session:
            known = session.get(PostedRow, digest) is not None
        if not known:
            members: dict[str, JsonInput] = {
                "owner": said.owner,
                "use": said.use,
                "thumbprint": base64url.decode(said.thumbprint).hex(),
                "from": said.from_,
                "until": said.until,
                "statement": digest.hex(),
            }
            (logged,) = self._log.append([draft("key.added", members)]).entries
            # A crash here, or two first uses at once, logs it twice: true both times.
            with Session(self._engine) as session:
                session.merge(PostedRow(statement=digest, index=logged.index))
                session.commit()
        self._known.add(digest)

    def retire(self, owner: str, use: str, thumbprint: str) -> int:
        """Log that a key ends, once; return the size up to which it counts.

        thumbprint: its kid. Everything signed with it so far stays good: the size includes the
        entry that says so.
        """
        known = self.retired_at(owner, use, thumbprint)
        if known is not None:
            return known
        members: dict[str, JsonInput] = {
            "owner": owner,
            "use": use,
            "thumbprint": base64url.decode(thumbprint).hex(),
        }
        (logged,) = self._log.append([draft("key.retired", members)]).entries
        with Session(self._engine) as session:
            session.merge(PostedRow(statement=_end(owner, use, thumbprint), index=logged.index))
            session.commit()
        return logged.index + 1

    def retired_at(self, owner: str, use: str, thumbprint: str) -> int | None:
        """Return the size up to which a key counts, if the log says that it ended."""
        with Session(self._engine) as session:
            row = session.get(PostedRow, _end(owner, use, thumbprint))
            return None if row is None else row.index + 1


def _end(owner: str, use: str, thumbprint: str) -> bytes:
    """Return under what the end of a key is found again."""
    return hashlib.sha256(f"izin/v1/retired/{owner}/{use}/{thumbprint}".encode()).digest()
