"""The benchmark runs: what it imports, its cheapest row, its table. Its figures are not tested."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tests.bench import report
from tests.bench.__main__ import SUBJECTS, run
from tests.bench.row import QUICK, Row, skipped


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_subject_can_be_run(name: str) -> None:
    assert callable(import_module(f"tests.bench.{name}").run)


def test_a_cheap_row_has_figure_baseline_and_target() -> None:
    (row,) = run(["policy"], QUICK)

    assert row.ratio is not None
    assert row.figure.endswith(" ms")
    assert "<= 0.3 ms" == row.target


def test_the_table_says_what_was_missed_and_what_was_skipped() -> None:
    missed = Row("this", "3 s", "1 s", 3.0, "<= 2 x", False, "why")
    lines = report.table([missed, skipped("that", "<= 1 x", "no Node")]).splitlines()

    assert "| this | 3 s     | 1 s      | 3.00  | <= 2 x | NO      |" == lines[2]
    assert lines[3].startswith("| that | skipped | -        | -     | <= 1 x | skipped |")
    assert ["- *this*: why", "- *that*: no Node"] == lines[-2:]


def test_a_new_report_keeps_what_people_wrote_below_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "REPORT", tmp_path / "bench" / "REPORT.md")
    rows = [skipped("that", "<= 1 x", "no Node")]
    path = report.write(rows, mode="quick", load=0.5, seconds=60)
    path.write_text(path.read_text("utf-8") + "\nWhy we miss it.\n", "utf-8")
    report.write(rows, mode="full", load=1.5, seconds=60)

    text = path.read_text("utf-8")
    assert text.endswith("\nWhy we miss it.\n")
    assert 1 == text.count("# Benchmark report")
    assert "load average 1.5" in text
