"""What the gateway knows of the broker's log: checkpoints, each consistent with all before.

A log that shows the gateway one history and others another is caught here, because a checkpoint
counts only once its tree is proven to extend (or to begin) the largest tree seen so far. The
proof is made from the log's own tiles: they need no trust, since both roots are signed.

Nothing here is about a person.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine
from sqlmodel import Session, col, delete, func, select

from audit.checkpoint import Checkpoint
from audit.errors import AuditError
from audit.merkle import check_consistency, prove_consistency, tree_root
from audit.tiles import Fetch, TileNodes
from broker.gateway.errors import GatewayRefusal
from broker.gateway.passed import Anchored, InLog, Proven
from broker.gateway.store import CheckpointRow, ConflictRow

# Messages overtake each other on their way; a log that went back further than this is hiding
# something, such as a withdrawal.
OVERTAKING_SECONDS: Final = 300


class Checkpoints:
    """The verified checkpoints of one log, kept in the gateway's database."""

    def __init__(self, engine: Engine, fetch: Fetch) -> None:
        """fetch: reads a tile of the broker's log by its path."""
        self._engine = engine
        self._fetch = fetch

    def anchor(self, proven: Proven, *, at: int) -> Anchored:
        """Step 4: have all proofs stand in the one history that this gateway knows.

        at: Unix seconds. Raises GatewayRefusal: stale_checkpoint, inconsistent_log,
        log_unavailable.
        """
        if proven.access.checkpoint.size < self._least(at):
            raise GatewayRefusal("stale_checkpoint")
        closings = (each.shown for each in proven.closings)
        for shown in (proven.access, proven.grant, *closings):
            self._accept(shown, at)
        return Anchored(proven)

    def largest(self) -> tuple[Checkpoint, str] | None:
        """Return the largest verified checkpoint and its note."""
        with Session(self._engine) as session:
            row = session.exec(
                select(CheckpointRow).order_by(col(CheckpointRow.size).desc()).limit(1)
            ).one_or_none()
            return None if row is None else (Checkpoint("", row.size, row.root), row.note)

    def _least(self, at: int) -> int:
        """Return the size of the largest checkpoint verified at least 300 s before `at`."""
        with Session(self._engine) as session:
            size = session.exec(
                select(func.max(CheckpointRow.size)).where(
                    CheckpointRow.verified_at <= at - OVERTAKING_SECONDS
                )
            ).one()
            return size or 0

    def _accept(self, shown: InLog, at: int) -> None:
        new = shown.checkpoint
        while True:
            largest = self.largest()
            if self._known(new):
                return
            if largest is not None:
                # Reads tiles over the network: never inside a transaction.
                self._compare(largest, shown, at)
            if self._keep(shown, largest[0] if largest else None, at):
                return
            # Another thread verified a larger one meanwhile. Keeping this one unseen could admit
            # two histories that both extend the old tree: compare again.

    def _known(self, checkpoint: Checkpoint) -> bool:
        with Session(self._engine) as session:
            row = session.get(CheckpointRow, checkpoint.size)
            return row is not None and row.root == checkpoint.root

    def _compare(self, largest: tuple[Checkpoint, str], shown: InLog, at: int) -> None:
        known, note = largest
        new = shown.checkpoint
        old, young = (known, new) if known.size <= new.size else (new, known)
        nodes = TileNodes(self._fetch, young.size)
        try:
            proof = prove_consistency(old.size, young.size, nodes)
            is_its_tree = tree_root(young.size, nodes) == young.root
        except AuditError:
            # Unreachable, or tiles of another length than the signed size asks for.
            raise GatewayRefusal("log_unavailable") from None
        try:
            check_consistency(proof, old.size, young.size, old.root, young.root)
        except AuditError:
            # Tiles that are not the signed tree's prove nothing to others; they are refused alike.
            if is_its_tree or old.size == young.size:
                self._keep_conflict(shown, note, at)
            raise GatewayRefusal("inconsistent_log") from None

    def _keep(self, shown: InLog, largest: Checkpoint | None, at: int) -> bool:
        """Keep a compared checkpoint; False if `largest` is not the largest any more."""
        new = shown.checkpoint
        with Session(self._engine) as session:
            size = session.exec(select(func.max(CheckpointRow.size))).one()
            if size != (None if largest is None else largest.size):
                return False
            if session.get(CheckpointRow, new.size) is None:
                session.add(
                    CheckpointRow(size=new.size, root=new.root, note=shown.note, verified_at=at)
                )
            _prune(session, at)
            session.commit()
        return True

    def _keep_conflict(self, shown: InLog, against: str, at: int) -> None:
        # Two signatures of the log under two histories: whoever holds both proves the fork.
        with Session(self._engine) as session:
            key = (shown.checkpoint.size, shown.checkpoint.root)
            if session.get(ConflictRow, key) is None:
                session.add(
                    ConflictRow(
                        size=key[0], root=key[1], note=shown.note, against=against, seen_at=at
                    )
                )
                session.commit()


def _prune(session: Session, at: int) -> None:
    """Forget what no check looks at: all below the largest of those older than 300 s."""
    least = session.exec(
        select(func.max(CheckpointRow.size)).where(
            CheckpointRow.verified_at <= at - OVERTAKING_SECONDS
        )
    ).one()
    if least is not None:
        session.exec(delete(CheckpointRow).where(col(CheckpointRow.size) < least))
