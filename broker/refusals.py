"""Refusals are logged one by one, and counted together when somebody floods (P11).

Without the limit, a programme's client could fill the log with refusals; without the count, it
could hide an attempt among thousands.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from audit.errors import AuditError
from audit.log import Logged
from broker.outcomes import Outcomes, RefusedAccess
from consent.persons import Clock

SINGLE_ENTRIES: Final = 60
WINDOW_SECONDS: Final = 60
REASON: Final = "too_many_refusals"

_log = structlog.get_logger()


@dataclass
class _Window:
    """One client's current minute. held: for each person, how many refusals wait to be counted."""

    began: int
    seen: int = 0
    held: dict[str | None, tuple[RefusedAccess, int]] = field(default_factory=dict)


class Refusals:
    """Each client's refusals of the current minute."""

    def __init__(self, outcomes: Outcomes, *, clock: Clock) -> None:
        self._outcomes = outcomes
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[str, _Window] = {}
        self._timer: threading.Timer | None = None

    def record(self, client_id: str, refused: Sequence[RefusedAccess]) -> Sequence[Logged] | None:
        """Log `refused` and return the entries, or None if they are only counted for now.

        What a minute holds back is logged at its end, one entry for each person; a crash before
        that loses the count, not the entries that said who began.
        """
        at = int(self._clock().timestamp())
        with self._lock:
            window = self._windows.get(client_id)
            if window is not None and at >= window.began + WINDOW_SECONDS:
                self._flush(window)
                window = None
            if window is None:
                window = self._windows[client_id] = _Window(at)
            window.seen += len(refused)
            if window.seen > SINGLE_ENTRIES:
                for each in refused:
                    first, count = window.held.get(each.person_id, (each, 0))
                    window.held[each.person_id] = (first, count + 1)
                self._arm()
                return None
        return self._outcomes.refused(refused).entries

    def flush(self) -> None:
        """Log what is held back: at the end of a minute, and of the process."""
        with self._lock:
            self._timer = None
            for window in self._windows.values():
                self._flush(window)
            self._windows.clear()

    def _flush(self, window: _Window) -> None:
        held = [
            replace(first, agency="izin", questions=(), reasons=(REASON,), count=count)
            for first, count in window.held.values()
        ]
        window.held.clear()
        if not held:
            return
        try:
            self._outcomes.refused(held)
        except AuditError:
            _log.error("refusals.lost", count=sum(each.count or 0 for each in held))

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(WINDOW_SECONDS, self.flush)
            # A process that ends must not wait for it; closing the broker flushes.
            self._timer.daemon = True
            self._timer.start()
