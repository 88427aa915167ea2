"""Every working key that the broker carries a statement for stands in the log, once.

The broker vouches for nobody: an entry says that it carried this statement from then on, so that
an owner who finds a key of hers there that she never made can prove it.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from audit.canonical import JsonInput
from audit.entry import draft
from audit.log import Log
from broker.store import PostedRow
from keys import base64url
from keys.signing import VerifyKey
from keys.statements import read_statement


class KeyBook:
    """Logs statements as `key.added`."""

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
            with Session(self._engine) as session, suppress(IntegrityError):
                session.add(PostedRow(statement=digest, index=logged.index))
                session.commit()
        self._known.add(digest)
