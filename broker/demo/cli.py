"""`izin demo`: the whole story on this machine."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import click

from broker.demo.story import Wish, run
from broker.errors import BrokerError


@click.command()
@click.option("--applicants", default=1, show_default=True, type=click.IntRange(1, 5_000))
@click.option("--once", is_flag=True, help="Exit at the end: 0 = all as expected and verified.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65_500))
@click.option("--home", type=click.Path(file_okay=False, path_type=Path))
@click.option("--ready-file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seed", default=2026, show_default=True, help="Which invented people.")
def demo(
    applicants: int, once: bool, port: int, home: Path | None, ready_file: Path | None, seed: int
) -> None:
    """Show the whole story on this machine.

    Invents people, starts the broker, nine agencies, a programme and two witnesses, lets applicants
    consent, be asked about and decided upon, verifies the log, and keeps serving. `--port 0` takes
    any free ports; otherwise thirteen in a row from --port on.
    """
    # A demo is made of defaults: what this shell sets for somebody's own broker is not for it.
    for name in [name for name in os.environ if name.startswith("IZIN_")]:
        del os.environ[name]
    # A terminal that closes, or a supervisor that stops us, ends like Ctrl-C: with everything.
    # Ctrl-C too, by name: a shell that starts us in the background has it ignored.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        good = run(Wish(applicants, once, port, home, ready_file, seed))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokerError as error:
        click.echo(f"izin demo: {error}", err=True)
        sys.exit(2)
    sys.exit(0 if good else 1)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
