"""Turns: several processes that write one log's file wait for each other asleep, and in turn.

SQLite's own lock is waited for by asking again and again, with pauses of up to 100 ms, and whoever
asks at the right moment gets it. This lock saves the waiting and protects nothing: a writer
without it, such as a backup being put back, still meets SQLite's.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turns:
    """The turns at one file; every process that writes to it makes its own."""

    def __init__(self, path: Path) -> None:
        """Open the lock's file beside `path`, and make it if it is absent; raises OSError."""
        beside = path.with_name(f"{path.name}-turns")
        self._file = os.open(beside, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn, and have it. The kernel ends it if its holder ends, however."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if self._file >= 0:  # else the log was closed meanwhile, which ended the turn
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the lock's file; idempotent."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
