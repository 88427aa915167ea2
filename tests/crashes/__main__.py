"""`python -m tests.crashes --rounds 100`: every crash, on every database there is."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click

from tests import databases
from tests.audit.places import place
from tests.crashes import server
from tests.crashes.moments import Moment
from tests.crashes.rounds import crash


@click.command()
@click.option("--rounds", default=100, show_default=True, help="Crashes at each moment.")
def main(rounds: int) -> None:
    """Kill everybody who appends, at each moment, and say what was kept."""
    for kind in databases.KINDS:
        if kind == "postgres" and databases.server() is None:
            click.echo(f"postgres: lacks a server; set {databases.VARIABLE}")
            continue
        for moment in Moment:
            began = time.monotonic()
            with tempfile.TemporaryDirectory() as folder, place(kind, Path(folder)) as there:
                told, size = crash(there, moment, rounds)
            click.echo(
                f"{kind:8} {moment:14} {rounds} crashes: {len(told.entries):,} acknowledged "
                f"entries all there among {size:,}; {len(told.notes):,} notes handed out and "
                f"{len(told.signed):,} roots signed, all in one history "
                f"({time.monotonic() - began:.0f} s)"
            )
    stop = server.cluster()
    if stop is None:
        click.echo(f"server: lacks a cluster that may be crashed; set {server.VARIABLE}")
        return
    with tempfile.TemporaryDirectory() as folder, place("postgres", Path(folder)) as there:
        told, size = server.crash_server(there, stop, rounds)
    click.echo(
        f"postgres the server     {rounds} crashes: {len(told.entries):,} acknowledged "
        f"entries all there among {size:,}; {len(told.notes):,} notes, all in one history"
    )


if __name__ == "__main__":
    main()
