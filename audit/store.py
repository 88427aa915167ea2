"""What the log needs of a store, whichever database keeps its rows.

Two stores keep these promises: `audit.sqlite_store` in a file, `audit.postgres_store` in a
server. They differ in how the head is locked and in nothing that the log could notice. This file
must not know SQL or which store there is (`audit.opening` does).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

STRIDE = 4
"""Every how many levels of the tree a row is kept: 16 children a row, so that a historical
proof reads a few runs of 16 hashes. Level 0 is the entries' leaves; levels 8, 16.. the tiles'."""

BUSY_SECONDS = 10.0
"""How long anybody waits for the head before the log says that it is unavailable."""

ONLY_GROWS = "the log only grows"
"""What both databases answer to whoever would change or remove a row."""


@dataclass(frozen=True)
class Head:
    """Where the log stands: `at` is the newest entry's `at` as written, "" while empty."""

    size: int
    root: bytes
    at: str


@dataclass(frozen=True)
class Rows:
    """One batch as rows: entries are (leaf, body) from the old size on, nodes and marks carry
    their indexes, withdrawals are (day as YYYY-MM-DD, index, w)."""

    entries: Sequence[tuple[bytes, bytes]]
    nodes: Sequence[tuple[int, int, bytes]]
    marks: Sequence[tuple[bytes, int]]
    withdrawals: Sequence[tuple[str, int, bytes]]


@dataclass(frozen=True)
class Extent:
    """How far head, rows and note reach at one moment, between two batches of anybody.

    sizes: how many hashes each stored level holds by its greatest index; level 0 is the entries.
    note_size: of the newest checkpoint kept by `keep_note`; -1 when there is none.
    """

    head: Head
    sizes: Mapping[int, int]
    note_size: int


@dataclass(frozen=True)
class Pruning:
    """below: the minimum index, under which bodies may be gone. announced: the index of the newest
    `log.pruned` entry that somebody noted, -1 for none."""

    below: int = 0
    announced: int = -1


class LockedHead(Protocol):
    """The head while this process alone may move it; everything read here is the newest."""

    head: Head

    def present(self, values: Iterable[bytes]) -> set[bytes]:
        """Return those of `values` that the log already holds as marks."""

    def write(self, rows: Rows, root: bytes, at: str) -> Head:
        """Write one batch, move the head past it and return it.

        Raises LogUnavailableError if the head is not where it was when it was locked. This
        fence does not rest on the lock: should a lock ever be lost (a network file system, a
        server that was failed over), two writers still cannot move the head from one size.
        """

    def announce(self, index: int) -> None:
        """Note that the entry at `index` is the newest `log.pruned`."""

    def remove_bodies(self, below: int, indexes: Sequence[int]) -> None:
        """Raise the minimum index to `below` and empty the bodies of `indexes`, all under it.

        Both are committed with the block, or neither. Raises LogUnavailableError for a lower
        minimum than there is, or an index that is not under it.
        """


class Store(Protocol):
    """The rows of one log: append, look up, never change.

    What both stores guarantee, and the log builds on:

    - *All or nothing.* What is written while the head is locked is committed with the head when
      the block of `lock_head` ends well, and leaves no trace otherwise, whatever dies.
    - *Durable.* When that block has ended, the rows survive a crash of every process and of the
      machine: the database was asked to wait for the disk, and asked whether it took that.
    - *One at a time.* Of all threads, processes and machines one holds the head, and it sees
      everything that was ever committed. A holder that dies lets it go.
    - *Read as by anybody.* Every other method reads what is committed, on a connection apart
      from the writing one: what the log reads back before signing is what a reader will get.
    - *Only growing.* The database itself refuses to change or remove a row of an entry, but for
      emptying bodies under the minimum index, which only rises. Not against its owner, whom only
      the tree stops, but against our own mistakes.
    - *One error.* What a database or driver raises leaves as LogUnavailableError, and carries
      no value of a row and nothing of the address.

    What no store can take back is a *signed* checkpoint; so `keep_note` comes after the commit.
    """

    origin: str

    @property
    def folder(self) -> Path | None:
        """The folder whose disk the rows fill; None when they are on a server."""

    def lock_head(self) -> AbstractContextManager[LockedHead]:
        """Hold the head alone; commit when the block ends well, otherwise write nothing.

        The caller sees to it that one thread at a time is in it.
        """

    def check_writable(self) -> None:
        """Commit a write that changes no row; raise LogUnavailableError where that fails.

        Taking the lock alone would not tell: a full disk or one turned read-only shows itself
        only to whoever writes.
        """

    def head(self) -> Head:
        """Return the head as committed, whoever committed it."""

    def rows(self, start: int, stop: int) -> list[tuple[bytes, bytes]]:
        """Return (leaf, body) of the entries in [start, stop) that there are; removed bodies are
        empty."""

    def hashes(self, level: int, start: int, stop: int) -> list[bytes]:
        """Return the hashes at `level`, a multiple of STRIDE, with indexes in [start, stop)."""

    def pruning(self) -> Pruning:
        """Return what was noted about bodies that are gone."""

    def compact(self) -> None:
        """Give back the room of bodies that were removed, and overwrite what is left of them.

        Copies the whole log, and nobody appends meanwhile: for when nobody asks.
        """

    def extent(self) -> Extent:
        """Return how far everything reaches, all read at one moment."""

    def find_mark(self, value: bytes) -> int | None:
        """Return the index of the entry that set the mark `value`."""

    def withdrawn(self, day: datetime.date) -> list[tuple[int, bytes]]:
        """Return (index, w) of the withdrawals and expiries of `day`, in the log's order."""

    def note(self) -> tuple[int, str]:
        """Return size and text of the newest checkpoint kept by `keep_note`; -1 when none."""

    def keep_note(self, size: int, note: str) -> None:
        """Keep a signed checkpoint beside the rows, for exports made where no key is.

        Not worth a wait: it may reach the disk later, and when somebody else keeps one just now
        it is left out. A crash here loses a note that anybody who has the key can make again,
        never an entry.
        """

    def close(self) -> None:
        """Close every connection; later calls raise LogUnavailableError."""
