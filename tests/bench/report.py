"""The table, on the terminal and in bench/REPORT.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pysqlite3.dbapi2 as sqlite

from tests.bench.row import Row

REPORT = Path(__file__).resolve().parents[2] / "bench" / "REPORT.md"
_HEAD = ("what", "figure", "baseline", "ratio", "target", "met")


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, with numbered notes below it."""
    lines = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    text = [_line(_HEAD, widths), _line(["-" * width for width in widths], widths)]
    text += [_line(line, widths) for line in lines[1:]]
    notes = [f"- *{row.what}*: {row.note}" for row in rows if row.note]
    return "\n".join([*text, "", *notes])


def write(rows: Sequence[Row], *, mode: str, load: float, seconds: float) -> Path:
    """Write the report and return its path; what stands below its last rule is kept.

    load: the machine's load average when the run began.
    """
    REPORT.parent.mkdir(exist_ok=True)
    kept = ""
    if REPORT.exists():
        kept = REPORT.read_text("utf-8").partition("\n---\n")[2]
    head = (
        "# Benchmark report\n\n"
        f"{datetime.now(UTC):%d %B %Y}, `make bench` ({mode}), {seconds / 60:.0f} minutes. "
        f"{os.cpu_count()} cores ({platform.machine()}), load average {load:.1f} at the start, "
        f"Python {platform.python_version()}, SQLite {sqlite.sqlite_version}.\n\n"
        "Figure and baseline are measured in turn and in the same run; the ratio is the median of "
        "the pairs' ratios.\n\n"
    )
    REPORT.write_text(f"{head}{table(rows)}\n\n---\n{kept}", "utf-8")
    return REPORT


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}"
    met = {True: "yes", False: "NO", None: "skipped"}[row.met]
    return (row.what, row.figure, row.baseline, ratio, row.target, met)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"
