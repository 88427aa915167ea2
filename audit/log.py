"""The log: entries appended in groups, each caller released with a proof in hand.

The first waiting caller leads. It takes everybody's drafts as one batch and, in this order:

1. locks the head and catches up with what other processes appended;
2. checks each caller's conditions apart: one refusal does not fail the others;
3. sets `v`, `at`, `prev`, writes the batch and commits;
4. reads the batch back and hashes it again;
5. signs the checkpoint, then wakes the callers.

A crash before the commit leaves nothing; after it, entries that nobody was told of, which is
honest: an access logged that never happened. Signing before the commit would be the reverse, a
promise about entries that a crash takes back, and so a fork.

This file must not hold a private key (a `Signer` is passed in) or know SQL.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

from audit.batching import Ask, Placed, ask, assemble
from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.edge import Edge, prove_many
from audit.entry import Draft
from audit.errors import AuditError, LogUnavailableError, MissingError, TamperedError
from audit.merkle import EMPTY_ROOT, Nodes, leaf_hash, prove_consistency, prove_inclusion, tree_root
from audit.note import Signer, format_vkey
from audit.opening import open_store
from audit.proof import InclusionProof, format_proof
from audit.store import Head
from audit.stored import STEP, load_edge, read_entry, read_public, stored_nodes

MAX_BATCH = 1024
"""Entries in one transaction, unless a single caller brings more."""

_GATHER_TURNS = 4
_GATHER_SECONDS = 0.00005

_CATCH_UP = 2048
"""How many entries of other processes are read one by one; beyond, the edge is loaded anew."""


@dataclass(frozen=True)
class Logged:
    """An entry in the log, with its tlog-proof text against `Appended.note`."""

    index: int
    entry: bytes
    proof: str


@dataclass(frozen=True)
class Appended:
    """What a caller holds once its entries are in the log: the newest checkpoint covers them."""

    entries: tuple[Logged, ...]
    checkpoint: Checkpoint
    note: str


class _Caller:
    """One caller of `append`, asleep on `gate` until it is done or is to lead."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.gate = threading.Lock()
        self.gate.acquire()
        self.error: BaseException | None = None
        self.appended: Appended | None = None

    @property
    def done(self) -> bool:
        return self.error is not None or self.appended is not None


class Log:
    """One log in one place; any number of threads, and of processes that have it open."""

    def __init__(
        self,
        place: Path | str,
        signer: Signer,
        *,
        clock: Callable[[], datetime],
        also: Sequence[Signer] = (),
    ) -> None:
        """Open the log at `place`, or begin it; raise TamperedError if it is torn.

        place: a file's path, or `postgresql://USER@HOST/DATABASE`.
        clock: returns the moment, timezone-aware. also: keys that sign beside `signer`, under the
        same name, while readers change from an old one to it.
        """
        self.clock = clock
        self._signer = signer
        self._signers = (signer, *also)
        self._store = open_store(place, origin=signer.name, empty_root=EMPTY_ROOT)
        self._stored = stored_nodes(self._store)
        self._queue: list[_Caller] = []
        self._queue_lock = threading.Lock()
        self._leading = False
        self._last_batch = 0
        # Held from before the head's lock until the signature: whoever wants a checkpoint
        # meanwhile waits rather than sign for a batch that has not been read back.
        self._edge_lock = threading.Lock()
        self._closed = False
        try:
            head = self._store.head()
            self._edge: Edge | None = load_edge(self._store, head)
            self._signed = self._sign(head)  # this head: others may have moved it since
        except BaseException:
            self._store.close()
            raise

    @property
    def origin(self) -> str:
        """The log's name, which its checkpoints carry."""
        return self._signer.name

    @property
    def folder(self) -> Path | None:
        """The folder of the log's file; None when its rows are on a server."""
        return self._store.folder

    @property
    def vkey(self) -> str:
        """The verifier key that checks this log's checkpoints."""
        return self.vkeys[0]

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The verifier keys of all that sign the checkpoints, the newest first."""
        return tuple(format_vkey(one.name, one.public_key) for one in self._signers)

    @property
    def size(self) -> int:
        """How many entries are committed."""
        return self._store.head().size

    def append(self, drafts: Sequence[Draft], *, unless: Collection[bytes] = ()) -> Appended:
        """Append `drafts`, all or none, in order and next to each other.

        unless: marks (`w` commitments); if the log holds any of them, WithdrawnError.
        Raises DayTurnedError when a draft is for another day than the log's, EntryError for a
        repeated mark or an impossible entry, LogUnavailableError when nothing can be promised.
        """
        caller = _Caller(ask(drafts, unless))
        with self._queue_lock:
            if self._closed:
                raise LogUnavailableError("the log is closed")
            self._queue.append(caller)
            leads = not self._leading
            self._leading = True
        if not leads:
            caller.gate.acquire()
        if not caller.done:
            self._lead()
        if caller.error is not None:
            # Each thread raises an exception of its own: a shared one would gather the
            # tracebacks, and so the values, of other people's requests.
            raise caller.error
        if caller.appended is None:
            raise LogUnavailableError("the batch ended without a result")
        return caller.appended

    def newest(self) -> tuple[Checkpoint, str]:
        """Return the newest checkpoint and its signed note, whichever process appended last."""
        signed, head = self._signed, self._store.head()
        if head.size == signed[0].size:
            return signed
        with self._edge_lock:
            head = self._store.head()
            if head.size != self._signed[0].size:
                self._edge_at(head)
                self._signed = self._sign(head)
            return self._signed

    def checkpoint(self) -> str:
        """Return the note of the newest checkpoint."""
        return self.newest()[1]

    def check_ready(self) -> None:
        """Raise unless an entry could be appended now; appends none."""
        with self._queue_lock:
            if self._closed:
                raise LogUnavailableError("the log is closed")
        self.newest()
        self._store.check_writable()

    def proof(self, index: int, *, under: tuple[Checkpoint, str] | None = None) -> str:
        """Return the proof of entry `index`, whose body may be gone, under the newest checkpoint.

        under: another checkpoint of this log and its note, such as one that witnesses cosigned.
        """
        checkpoint, note = under or self.newest()
        if not 0 <= index < checkpoint.size:
            raise MissingError("the log has no entry of that number")
        path = prove_inclusion(index, checkpoint.size, self._nodes())
        return format_proof(InclusionProof(index, tuple(path), note))

    def prove(self, index: int, *, under: tuple[Checkpoint, str] | None = None) -> Logged:
        """Return the entry at `index` with its `proof`."""
        return Logged(index, self.entry(index), self.proof(index, under=under))

    def prove_growth(self, old_size: int, new_size: int) -> list[bytes]:
        """Return the consistency proof between two sizes that the log had (RFC 6962, 2.1.2)."""
        if not 0 < old_size <= new_size <= self.size:
            raise MissingError("the log never had these sizes")
        return prove_consistency(old_size, new_size, self._nodes())

    def root_at(self, size: int) -> bytes:
        """Return the root of the tree that the log was at `size`; raises MissingError."""
        if not 0 < size <= self.size:
            raise MissingError("the log never had that size")
        return tree_root(size, self._nodes())

    def entry(self, index: int) -> bytes:
        """Return the entry at `index` as it was hashed."""
        return read_entry(self._store, index)

    def find_mark(self, value: bytes) -> int | None:
        """Return the index of the entry that set the mark (g, w or q), if there is one."""
        return self._store.find_mark(value)

    def withdrawn(self, day: date) -> list[tuple[int, bytes]]:
        """Return (index, w) of each withdrawal and expiry of `day`."""
        return self._store.withdrawn(day)

    def read(self, path: str) -> bytes:
        """Return the public file at `path` (`tile/...`) of the log as far as it is signed."""
        try:
            return read_public(self._store, path, self._signed[0].size)
        except MissingError:  # unless another process has signed for more meanwhile
            return read_public(self._store, path, self.newest()[0].size)

    def close(self) -> None:
        """Let the batch under way finish, then close the connections; idempotent."""
        with self._queue_lock:
            if self._closed:
                return
            self._closed = True
        with self._edge_lock:
            if not self._leading:
                self._store.close()

    # The leader's work

    def _lead(self) -> None:
        """Append one batch, then hand the lead to the next waiting caller, if there is one."""
        batch: list[_Caller] = []
        try:
            self._gather()
            with self._edge_lock:
                self._append_batch(batch)
        except BaseException as error:
            # Nobody is left waiting, whatever happened; nobody who was not signed for is told
            # that it is in. What is in memory may not be what was committed: read it anew.
            self._edge = None
            if not batch:  # the head could not even be locked
                self._take(batch)
            for caller in batch:
                if not caller.done:
                    caller.error = _translated(error)
            if not isinstance(error, Exception):
                raise
        finally:
            with self._queue_lock:
                following = self._queue[0] if self._queue else None
                self._leading = following is not None
                finished = self._closed and following is None
            if following is not None:
                following.gate.release()
            # The leader's own gate is released too, unheeded: it does not wait.
            for caller in batch:
                caller.gate.release()
            if finished:
                self._store.close()

    def _gather(self) -> None:
        """Wait a moment for those whom the last batch released, if it released several.

        The first of them to come back would otherwise commit alone while the rest queue up
        behind it: two commits for one. Nobody waits where callers come one at a time.
        """
        for _ in range(_GATHER_TURNS):
            if 2 * len(self._queue) >= self._last_batch:
                return
            time.sleep(_GATHER_SECONDS)

    def _take(self, batch: list[_Caller]) -> None:
        """Move callers from the queue to `batch` up to MAX_BATCH entries, at least the leader."""
        entries = 0
        with self._queue_lock:
            for caller in self._queue:
                entries += len(caller.ask.drafts)
                if batch and entries > MAX_BATCH:
                    break
                batch.append(caller)
            del self._queue[: len(batch)]
        self._last_batch = len(batch)

    def _append_batch(self, callers: list[_Caller]) -> None:
        with self._store.lock_head() as locked:
            edge = self._edge_at(locked.head)
            self._take(callers)  # now: whoever came while other processes held the head is in
            asks = [caller.ask for caller in callers]
            batch = assemble(asks, locked, edge, self.clock().astimezone(UTC))
            if batch.rows is not None and batch.growth is not None:
                head = locked.write(batch.rows, batch.growth.root, batch.at)
        if batch.growth is not None:
            self._read_back(edge, head)
            edge.adopt(batch.growth)
            self._signed = self._sign(head)
        placed = [outcome for outcome in batch.outcomes if not isinstance(outcome, AuditError)]
        results = iter(self._prove(placed, *self._signed) if placed else ())
        for caller, outcome in zip(callers, batch.outcomes, strict=True):
            if isinstance(outcome, AuditError):
                caller.error = outcome
            else:
                caller.appended = next(results)
        if batch.growth is not None and not self._queue:  # else the next batch keeps its own
            self._store.keep_note(head.size, self._signed[1])

    def _read_back(self, edge: Edge, head: Head) -> None:
        """Raise unless what a new reader finds has the root about to be signed."""
        rows = self._store.rows(edge.size, head.size)
        leaves = [leaf_hash(body) for _, body in rows]
        if len(rows) != head.size - edge.size or edge.grow(leaves).root != head.root:
            raise TamperedError(STEP, edge.size, "the batch reads back differently")
        if any(leaf != row[0] for leaf, row in zip(leaves, rows, strict=True)):
            raise TamperedError(STEP, edge.size, "a leaf reads back differently")

    # What a reader needs

    def _edge_at(self, head: Head) -> Edge:
        """Return the edge at `head`, hashing what other processes appended since."""
        signed = self._signed[0]
        if head.size < signed.size:
            # A backup put back under a running process: whatever is signed from here on forks.
            raise TamperedError(STEP, head.size, "the log is shorter than it was")
        edge = self._edge
        if edge is None or edge.size > head.size or head.size - edge.size > _CATCH_UP:
            edge = load_edge(self._store, head)
            if signed.size and tree_root(signed.size, edge.reader(self._stored)) != signed.root:
                raise TamperedError(STEP, None, "the log does not extend what was signed")
            self._edge = edge
        elif edge.size < head.size:
            rows = self._store.rows(edge.size, head.size)
            growth = edge.grow([leaf_hash(body) for _, body in rows])
            if growth.size != head.size or growth.root != head.root:
                raise TamperedError(STEP, edge.size, "the head does not follow from the entries")
            edge.adopt(growth)
        elif edge.root != head.root:
            raise TamperedError(STEP, None, "the head's root is not the root of the entries")
        return edge

    def _sign(self, head: Head) -> tuple[Checkpoint, str]:
        checkpoint = Checkpoint(self._signer.name, head.size, head.root)
        return checkpoint, sign_checkpoint(checkpoint, *self._signers)

    def _nodes(self) -> Nodes:
        edge = self._edge
        return self._stored if edge is None else edge.reader(self._stored)

    def _prove(self, placed: Sequence[Placed], checkpoint: Checkpoint, note: str) -> list[Appended]:
        """Return what each caller of a batch gets, in order."""
        first = placed[0][0]
        total = sum(len(entries) for _, entries in placed)
        proofs = iter(prove_many(first, total, checkpoint.size, self._nodes()))
        return [
            Appended(
                tuple(
                    Logged(index, entry, format_proof(InclusionProof(index, tuple(path), note)))
                    for index, (entry, path) in enumerate(
                        zip(entries, islice(proofs, len(entries)), strict=True), start
                    )
                ),
                checkpoint,
                note,
            )
            for start, entries in placed
        ]


def _translated(error: BaseException) -> BaseException:
    """Return what a caller of the failed batch is to raise: nothing is promised, try again."""
    unavailable = LogUnavailableError("the log could not append; nothing was promised")
    unavailable.__cause__ = error
    return unavailable
