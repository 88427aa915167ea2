"""`make bench` runs: its cheapest row, and the table that it prints."""

from __future__ import annotations

from tests.bench import report
from tests.bench.__main__ import run
from tests.bench.row import QUICK


def test_the_cheapest_subject_gives_a_row_with_its_target() -> None:
    rows = run(["policy"], QUICK)
    assert 1 <= len(rows)
    assert all(row.what in report.table(rows) for row in rows)
