"""`python -m tests.load --seconds 60`: how much processes append together, on each database."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from tests import databases
from tests.audit.places import place
from tests.load.processes import load


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="How long, on each database.")
@click.option("--processes", default=4, show_default=True)
@click.option("--threads", default=16, show_default=True, help="Of each process.")
@click.option("--kind", type=click.Choice(databases.KINDS), multiple=True, help="Only this one.")
def main(seconds: float, processes: int, threads: int, kind: tuple[str, ...]) -> None:
    """Append from many processes at once; check that the log has no gap and no duplicate."""
    for one in kind or databases.KINDS:
        if one == "postgres" and databases.server() is None:
            click.echo(f"postgres: lacks a server; set {databases.VARIABLE}")
            continue
        with tempfile.TemporaryDirectory() as folder, place(one, Path(folder)) as there:
            reached = load(there, processes=processes, threads=threads, seconds=seconds)
        click.echo(
            f"{one:8} {processes} x {threads}: {reached.per_second:,.0f} entries/s with proof, "
            f"p50 {reached.median_ms:.1f} ms, p99 {reached.p99_ms:.1f} ms; "
            f"{reached.entries:,} entries, no gap, no duplicate, verified"
        )


if __name__ == "__main__":
    main()
