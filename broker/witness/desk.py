"""Cosign a checkpoint: compare with the last one, remember the new one, sign, in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from audit.checkpoint import Checkpoint
from audit.cosignature import cosign
from audit.note import Signer, Verifier
from audit.witness import WitnessRefusalError, judge, name_origin, parse_request
from broker.witness.store import CosignedRow


class WitnessDesk:
    """Takes requests of any number of logs; any number of threads and processes."""

    def __init__(
        self,
        engine: Engine,
        signer: Signer,
        logs: Mapping[str, Verifier],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """logs: origin -> the key that is trusted for it."""
        self._engine = engine
        self._signer = signer
        self._logs = logs
        self._clock = clock

    def add_checkpoint(self, body: bytes) -> str:
        """Return the signature line for the checkpoint in `body`; raises WitnessRefusalError."""
        request = parse_request(body)
        log = self._logs.get(name_origin(request))
        if log is None:
            raise WitnessRefusalError("unknown_origin", "this witness does not know the log")
        at = int(self._clock().timestamp())
        # The transaction takes the database's write lock at its start: comparing and replacing is
        # one step, and of two requests at once the later one is compared with the earlier.
        with Session(self._engine) as session:
            row = session.get(CosignedRow, log.name)
            last = None if row is None else Checkpoint(log.name, row.size, row.root)
            new = judge(request, log=log, last=last)
            session.merge(
                CosignedRow(origin=log.name, size=new.size, root=new.root, note=request.note, at=at)
            )
            session.commit()
        # Signed after the commit: a crash here leaves a checkpoint that is remembered and was
        # not vouched for; the reverse could vouch for one and forget it.
        return cosign(request.text, self._signer, at=at)

    def last(self, origin: str) -> str | None:
        """Return the note of the last checkpoint that was cosigned for a log."""
        with Session(self._engine) as session:
            row = session.get(CosignedRow, origin)
            return None if row is None else row.note
