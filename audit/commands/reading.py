"""Reading a log once and for all: what a command judges is what it verified.

A log behind a URL may show one thing to the verifier and another to who reads next, or grow in
between. So the checkpoint is taken once, and entries that are read again must lead to its root.
"""

from __future__ import annotations

from collections.abc import Sequence

from audit.checkpoint import Checkpoint
from audit.continued import read_continued
from audit.errors import AuditError, TamperedError
from audit.merkle import Frontier, leaf_hash
from audit.note import Verifier
from audit.source import FileSource, FolderSource, LogSource
from audit.steps import ROOT
from audit.tiles import TileNodes, read_entries
from audit.verify import verify


class Pinned:
    """A source whose checkpoint is the one that it had first."""

    def __init__(self, source: LogSource) -> None:
        self.note = source.checkpoint()
        self._source = source

    def checkpoint(self) -> str:
        """Return the checkpoint that was taken."""
        return self.note

    def read(self, path: str) -> bytes:
        """Return a tile or a bundle."""
        return self._source.read(path)


def verified(
    source: LogSource,
    verifier: Verifier,
    *,
    witnesses: Sequence[Verifier] = (),
    since: Checkpoint | None = None,
) -> tuple[Pinned, Checkpoint]:
    """Return the log at one checkpoint, verified as a whole, or raise TamperedError."""
    pinned = Pinned(source)
    checkpoint = verify(pinned, verifier, witnesses=witnesses, since=since).checkpoint
    if isinstance(source, FolderSource | FileSource):
        source.check_files(checkpoint.size)
    return pinned, checkpoint


def entries_of(source: LogSource, checkpoint: Checkpoint) -> list[bytes]:
    """Return every entry of a verified log, empty where pruned; TamperedError if now others."""
    entries = list(read_entries(source.read, checkpoint.size))
    hashes = TileNodes(source.read, checkpoint.size)
    frontier = Frontier()
    for index, raw in enumerate(entries):
        frontier.add(leaf_hash(raw) if raw else hashes([(0, index)])[0])
    if frontier.root() != checkpoint.root:
        raise TamperedError(ROOT, None, "the log showed other entries when it was read again")
    return entries


def check_key_origin(source: LogSource, checkpoint: Checkpoint, origin: str | None) -> None:
    """Raise AuditError unless a trace key that names `origin` is for this log.

    It is for a log that continues the one it names, too: her key stays the same.
    """
    if origin is None or origin == checkpoint.origin:
        return
    found = read_continued(source.read, checkpoint)
    if found is None or found.checkpoint.origin != origin:
        raise AuditError("the trace key is for another log")
