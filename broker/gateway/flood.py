"""Counting what anybody can send: above a rate, unreadable messages share one entry.

Without it, whoever can reach the gateway could fill its log with refusals of garbage.
"""

from __future__ import annotations

import threading
from typing import Final

SINGLE_ENTRIES: Final = 60
WINDOW_SECONDS: Final = 60


class Flood:
    """How many unreadable messages came in the current minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = 0
        self._seen = 0
        self._uncounted = 0

    def count(self, at: int) -> int:
        """Count one message; return how many an entry written now stands for, 0 = write none.

        at: Unix seconds. What a minute held back is counted by the first entry of a later one;
        what is held back when the process ends is lost.
        """
        with self._lock:
            if at >= self._began + WINDOW_SECONDS:
                self._began, self._seen = at, 0
            self._seen += 1
            self._uncounted += 1
            if self._seen > SINGLE_ENTRIES:
                return 0
            counted, self._uncounted = self._uncounted, 0
            return counted
