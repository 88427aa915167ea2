"""Processes that append to one log until one of them, at a given moment, kills them all.

Run as `python -m tests.crashes.dying PLACE MOMENT BATCHES`, as the leader of a process group of
its own. Every line on standard output is one fact, in one write, so that a line that arrived is
whole: `signed SIZE ROOT` as soon as a signature exists, `told INDEX LEAF NOTE` once a caller
holds its entry, `doomed MARK` just before the kill. Hashes are hex, notes are base64.

Nothing in the product knows of this: the log gets a signer, a store is wrapped, a step is
overridden.
"""

from __future__ import annotations

import base64
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from audit.batching import Placed
from audit.checkpoint import Checkpoint
from audit.log import Appended, Log
from audit.merkle import leaf_hash
from audit.opening import is_server
from audit.store import Head, LockedHead, Rows
from tests.audit.memory_log import TestSigner
from tests.crashes.moments import Moment
from tests.load.drafts import access

PROCESSES = 2
THREADS = 4


def main(place: str, moment: str, batches: str) -> None:
    """Fork, open the log in each process, and append until the end."""
    dies = True
    for _ in range(PROCESSES - 1):
        if os.fork() == 0:
            dies = False
            break
    where = place if is_server(place) else Path(place)
    death = Death(Moment(moment), int(batches)) if dies else None
    log = DyingLog(where, TellingSigner(death), clock=lambda: datetime.now(UTC))
    if death is not None:
        log._store = DyingStore(log._store, death)
        log.death = death
    for number in range(THREADS):
        threading.Thread(target=_append_for_ever, args=(log, 1 + number % 3)).start()


def _append_for_ever(log: Log, each: int) -> None:
    while True:
        appended = log.append([access() for _ in range(each)])
        note = base64.b64encode(appended.note.encode()).decode()
        for logged in appended.entries:
            _say(f"told {logged.index} {leaf_hash(logged.entry).hex()} {note}")


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


class Death:
    """Comes at one moment of the batch of that number of this process."""

    def __init__(self, moment: Moment, batches: int) -> None:
        self._moment = moment
        self._left = batches
        self._mark = b""

    def count(self, mark: bytes) -> None:
        """Count a batch that is written and not committed, and sets `mark`."""
        self._left -= 1
        self._mark = mark

    def at(self, moment: Moment) -> None:
        """Kill the whole group if this is the moment."""
        if self._left <= 0 and moment is self._moment:
            self._kill()

    def _kill(self) -> NoReturn:
        _say(f"doomed {self._mark.hex()}")
        os.killpg(0, signal.SIGKILL)
        raise AssertionError("one does not survive this")


class TellingSigner(TestSigner):
    """A signer that says what it signed, and may die before it does."""

    def __init__(self, death: Death | None) -> None:
        super().__init__()
        self._death = death

    def sign(self, message: bytes, /) -> bytes:
        """Sign a checkpoint."""
        if self._death is not None:
            self._death.at(Moment.BEFORE_SIGNING)
        signature = super().sign(message)
        _, size, root = message.decode().split("\n")[:3]
        _say(f"signed {size} {base64.b64decode(root).hex()}")
        return signature


class DyingLog(Log):
    """A log that may die between the signature and the release."""

    death: Death | None = None

    def _prove(self, placed: Sequence[Placed], checkpoint: Checkpoint, note: str) -> list[Appended]:
        if self.death is not None:
            self.death.at(Moment.BEFORE_RELEASE)
        return super()._prove(placed, checkpoint, note)


class DyingStore:
    """A store that may die just before or just after a commit; all else is the store's own."""

    def __init__(self, store: Any, death: Death) -> None:
        self._store = store
        self._death = death

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def lock_head(self) -> Iterator[LockedHead]:
        """Lock the head as the store does."""
        with self._store.lock_head() as locked:
            yield _CountedHead(locked, self._death)
            self._death.at(Moment.BEFORE_COMMIT)
        self._death.at(Moment.AFTER_COMMIT)


class _CountedHead:
    def __init__(self, locked: LockedHead, death: Death) -> None:
        self._locked = locked
        self._death = death
        self.head: Head = locked.head

    def present(self, values: Iterable[bytes]) -> set[bytes]:
        return self._locked.present(values)

    def write(self, rows: Rows, root: bytes, at: str) -> Head:
        written = self._locked.write(rows, root, at)
        self._death.count(rows.marks[0][0])
        return written


if __name__ == "__main__":
    main(*sys.argv[1:])
