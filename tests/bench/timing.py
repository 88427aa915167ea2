"""Clocks: pairs of figure and baseline by turns, and the CPU that a server's processes used.

The machine is rarely alone. A pair is measured back to back and the median is taken over the
pairs' ratios, so that a neighbour who comes and goes moves both halves of a pair alike.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")


class Pair(NamedTuple):
    """Medians over repeats. ratio: the median of each pair's figure / baseline."""

    figure: float
    baseline: float
    ratio: float


def paired(figure: Callable[[], float], baseline: Callable[[], float], repeats: int) -> Pair:
    """Measure both `repeats` times, by turns."""
    pairs = [(figure(), baseline()) for _ in range(repeats)]
    return Pair(
        median(one for one, _ in pairs),
        median(other for _, other in pairs),
        median(one / other for one, other in pairs),
    )


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of this process that `work` takes: what neighbours use is not in it."""
    began = time.process_time()
    work()
    return time.process_time() - began


def wall_seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes on the wall's clock."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def group_cpu_seconds(group: int) -> float:
    """Return the CPU time so far of every process in a process group (Linux, 10 ms steps)."""
    total = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except OSError:
                continue  # it ended meanwhile
            # The name in parentheses may hold spaces; the fields are counted after it.
            fields = stat.rpartition(")")[2].split()
            if int(fields[2]) == group:
                total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def quantile(values: list[float], share: float) -> float:
    """Return the smallest value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
