"""Four processes with sixteen threads each on one log, beside one process with as many threads.

On each database there is. The log is checked afterwards: no gap, no duplicate, verified.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests import databases
from tests.audit.places import place
from tests.bench.row import Row, Sizes, at_least, limit, skipped
from tests.bench.timing import paired
from tests.load.processes import Reached, load

TARGET = 0.6
MOST_MS = 20
_NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def run(sizes: Sizes, scratch: Path) -> Sequence[Row]:
    """Return two rows for each database."""
    rows: list[Row] = []
    for kind in databases.KINDS:
        what = f"durable append, 4 processes x 16 threads, {_NAMES[kind]}"
        if kind == "postgres" and databases.server() is None:
            rows.append(skipped(what, f">= {TARGET} x", f"no server: {databases.VARIABLE}"))
        else:
            rows += _rows(what, kind, sizes, scratch)
    return rows


def _rows(what: str, kind: str, sizes: Sizes, scratch: Path) -> list[Row]:
    seconds = sizes.appends / 200
    many: list[Reached] = []
    runs = iter(range(10**6))

    def reached(processes: int, threads: int) -> Reached:
        folder = scratch / f"{kind}-{next(runs)}"
        folder.mkdir()
        with place(kind, folder) as there:
            return load(there, processes=processes, threads=threads, seconds=seconds)

    def together() -> float:
        many.append(reached(4, 16))
        return many[-1].per_second

    pair = paired(together, lambda: reached(1, 64).per_second, sizes.repeats)
    p99 = median(one.p99_ms for one in many)
    middle = median(one.median_ms for one in many)
    note = f"{seconds:g} s a run; one append takes {middle:.1f} ms (median)."
    return [
        at_least(
            what,
            f"{pair.figure:,.0f}/s",
            f"{pair.baseline:,.0f}/s 1 x 64",
            pair.ratio,
            TARGET,
            note,
        ),
        limit(f"the same, p99, {_NAMES[kind]}", p99, MOST_MS, "ms"),
    ]
