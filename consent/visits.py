"""Visits: how many requests of one programme may be put to one person in 30 days.

Each request that she is shown takes a place; when all are taken, the programme is sent back and she
is not asked. Without this, a programme could ask every day until she says yes. I/O through the
replays, whose key decides between two requests that come at once.
"""

from __future__ import annotations

from typing import Final

from consent.replay import Replays

PERIOD_SECONDS: Final = 30 * 86_400
_KIND: Final = "visit"


class Visits:
    """Counts what was shown to a person for a programme."""

    def __init__(self, replays: Replays, *, most: int) -> None:
        """most: how many requests in a period; periods begin at the same moment for everybody."""
        self._replays = replays
        self._most = most

    def take(self, person_id: str, programme: str, *, at: int) -> bool:
        """Take a place for one more request at `at` (Unix seconds); False if none is left."""
        period = at // PERIOD_SECONDS
        until = (period + 1) * PERIOD_SECONDS
        places = (f"{person_id}:{programme}:{period}:{number}" for number in range(self._most))
        return any(self._replays.first_use(_KIND, place, until) for place in places)
