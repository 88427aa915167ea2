"""The timing grid: results leave only at multiples of a fixed step since they came in.

How long a registry searches tells something about the person; on the grid every result, refusals
too, takes the same time unless it misses a whole step. The size is kept equal elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_NS_PER_MS: Final = 1_000_000


def nanoseconds_until_release(received_ns: int, now_ns: int, grid_ms: int) -> int:
    """Return how long to wait until the next multiple of the grid since receipt.

    received_ns, now_ns: of the same monotonic clock. grid_ms: 0 = no grid.
    """
    if grid_ms == 0:
        return 0
    step = grid_ms * _NS_PER_MS
    return -(now_ns - received_ns) % step


class Grid:
    """The grid with a clock and a sleep of its own."""

    def __init__(
        self,
        grid_ms: int,
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._grid_ms = grid_ms
        self._monotonic_ns = monotonic_ns
        self._sleep = sleep

    def received(self) -> int:
        """Return the moment of receipt, to hand to `release`."""
        return self._monotonic_ns()

    def release(self, received_ns: int) -> None:
        """Wait until what was received then may leave."""
        wait = nanoseconds_until_release(received_ns, self._monotonic_ns(), self._grid_ms)
        if wait:
            self._sleep(wait / 1_000_000_000)
