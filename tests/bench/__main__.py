"""`python -m tests.bench [--quick] [--report] [NAME ...]`: run the rows and print the table."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from tests.bench import report
from tests.bench.row import FULL, QUICK, Bench, Row, Sizes

# Servers first: they are forked, and a fork should not carry a long log in its memory.
SUBJECTS = (
    "tokens",
    "verification",
    "messages",
    "policy",
    "pages",
    "appending",
    "processes",
    "long_log",
    "demo",
)


def run(names: Sequence[str], sizes: Sizes) -> list[Row]:
    """Run the named subjects, each in an empty folder of its own."""
    rows: list[Row] = []
    for name in names:
        bench: Bench = import_module(f"tests.bench.{name}").run
        began = time.monotonic()
        with tempfile.TemporaryDirectory(
            prefix=f"izin-bench-{name}-", ignore_cleanup_errors=True
        ) as folder:
            found = bench(sizes, Path(folder))
        rows += found
        click.echo(f"{name}: {time.monotonic() - began:.0f} s", err=True)
        for row in found:
            click.echo(f"  {row.what}: {row.figure} / {row.baseline}", err=True)
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the options, run, print; 0 whatever came out: a figure is not a test."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sizes, under two minutes")
    parser.add_argument("--report", action="store_true", help=f"write {report.REPORT.name} too")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SUBJECTS))
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(SUBJECTS):
        parser.error(f"there is no {sorted(unknown)[0]}; choose from {', '.join(SUBJECTS)}")
    load, began = os.getloadavg()[0], time.monotonic()
    rows = run(chosen.names or SUBJECTS, QUICK if chosen.quick else FULL)
    click.echo(report.table(rows))
    if chosen.report:
        mode = "quick" if chosen.quick else "full"
        path = report.write(rows, mode=mode, load=load, seconds=time.monotonic() - began)
        click.echo(f"written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
