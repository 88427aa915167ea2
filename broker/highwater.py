"""The high-water mark: how far the log had grown when a proof last left, kept outside the database.

A database put back from a backup forgets entries that others hold proofs of; going on from there
would make a second history under the same key. The mark stands in a file of its own, which must
not be in the same backup, and says so before anything is written.

The mark may lie behind the log, never ahead of what was promised: it is written after the proof
was made and before it leaves, and a crash in between leaves an older mark, which claims less.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import orjson
import structlog

from audit.checkpoint import Checkpoint
from audit.entry import Draft
from audit.errors import AuditError
from audit.log import Appended, Log, Logged
from broker.errors import BrokerError

_log = structlog.get_logger()


class BehindError(BrokerError):
    """The log holds less than, or something else than, what was promised from it."""


class HighWater:
    """The mark of one log in one file; any number of threads and processes."""

    def __init__(self, path: Path, origin: str) -> None:
        """path: need not exist yet. origin: of the log; a mark of another origin is an error."""
        self._path = path
        self._origin = origin
        self._lock = threading.Lock()
        self._known = 0

    def check(self, log: Log) -> None:
        """Raise BehindError unless `log` extends what the mark says was promised from it."""
        mark = self._read()
        if mark is None:
            return
        self._known = mark.size
        if log.size < mark.size:
            raise BehindError(
                f"the log holds {log.size} entries, but proofs of {mark.size} were given out: "
                "it is an older copy; put the newest one back, or, if the rest is lost for good, "
                'go on under a new origin: `izin audit new-origin`, and "After a restore" in '
                "docs/operation.md"
            )
        try:
            extends = not mark.size or log.root_at(mark.size) == mark.root
        except AuditError as error:
            raise BehindError(f"the log and its high-water mark: {error}") from None
        if not extends:
            raise BehindError(
                "the log is not the one that its high-water mark is about: its first "
                f"{mark.size} entries differ"
            )

    def rise(self, checkpoint: Checkpoint, note: str) -> None:
        """Note that a proof under `checkpoint`, signed in `note`, is about to leave."""
        if checkpoint.size <= self._known:
            return
        with self._lock:
            if checkpoint.size <= self._known:
                return
            try:
                self._write(checkpoint, note)
            except OSError as error:
                # An older mark claims less; stopping every question for it would claim too much.
                _log.error("highwater.unwritten", error=type(error).__name__)
                return
            self._known = checkpoint.size

    def promised(self) -> tuple[Checkpoint, str | None] | None:
        """Return the mark and its checkpoint as signed, None where an older version wrote it.

        Raises BehindError where the file is no mark of this log.
        """
        mark = self._read()
        if mark is None:
            return None
        note = self._members().get("note")
        return mark, note if isinstance(note, str) else None

    def _members(self) -> Any:
        try:
            return orjson.loads(self._path.read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            raise BehindError(f"{self._path} cannot be read as a high-water mark") from error

    def _read(self) -> Checkpoint | None:
        if not self._path.exists():
            return None
        told = self._members()
        try:
            mark = Checkpoint(told["origin"], int(told["size"]), bytes.fromhex(told["root"]))
        except (KeyError, TypeError, ValueError):
            raise BehindError(f"{self._path} cannot be read as a high-water mark") from None
        if mark.origin != self._origin:
            raise BehindError(f"{self._path} is the high-water mark of the log {mark.origin}")
        return mark

    def _write(self, checkpoint: Checkpoint, note: str) -> None:
        """Write the whole file at once. Not synced: a mark lost with the power claims less."""
        members = {
            "v": 1,
            "origin": self._origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "note": note,
        }
        # A name for each process: two that write at once must not share a half-written file.
        beside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            beside.write_bytes(orjson.dumps(members))
            beside.chmod(0o600)
            beside.replace(self._path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                beside.unlink()


class Promising:
    """The log for whoever hands its proofs to people and programmes: each raises the mark first.

    A withdrawal that the log forgets is the worst that a backup can do to somebody.
    """

    def __init__(self, log: Log, mark: HighWater) -> None:
        self._log = log
        self._mark = mark

    def append(self, drafts: Sequence[Draft], *, unless: Collection[bytes] = ()) -> Appended:
        """Append all drafts or none, as `Log.append` does."""
        appended = self._log.append(drafts, unless=unless)
        self._mark.rise(appended.checkpoint, appended.note)
        return appended

    def find_mark(self, value: bytes) -> int | None:
        """Return the index of the entry that holds a commitment."""
        return self._log.find_mark(value)

    def prove(self, index: int) -> Logged:
        """Return an entry with its proof against the newest checkpoint; raises MissingError."""
        newest = self._log.newest()
        logged = self._log.prove(index, under=newest)
        self._mark.rise(*newest)
        return logged
