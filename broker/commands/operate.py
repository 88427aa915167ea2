"""`izin init`, `izin serve`, `izin doctor`: the broker's own life."""

from __future__ import annotations

import os
import sys

import click

from broker.commands.plain import plain_errors


@click.command()
@click.option(
    "--issuer", required=True, help="Public URL of the broker, such as https://izin.example."
)
@click.option("--origin", required=True, help="The log's name, such as izin.example.")
@click.option("--port", default=8000, show_default=True, help="Port that it serves on.")
@plain_errors
def init(issuer: str, origin: str, port: int) -> None:
    """Make IZIN_HOME: settings, keys, database, and a log that says so."""
    from broker.settings import home_folder
    from broker.setup import initialise
    from broker.wiring import now

    made = initialise(home_folder(os.environ), issuer=issuer, origin=origin, port=port, clock=now)
    click.echo(f"Made {made.home}")
    click.echo(f"The log's key, for auditors and agencies: {made.vkey}")
    click.echo(f"The root key, for trust files: {made.root}")


@click.command()
@plain_errors
def serve() -> None:
    """Serve the broker until Ctrl-C."""
    from broker.app import serve as run
    from broker.settings import load_settings

    run(load_settings())


@click.command()
@plain_errors
def doctor() -> None:
    """Look at configuration and environment, and say in plain words what to do.

    Exits 0 if nothing is wrong, else 1. Changes nothing.
    """
    from broker.doctor import examine

    findings = examine(os.environ)
    for finding in findings:
        click.echo(f"{'ok  ' if finding.is_good else 'DO  '} {finding.subject}: {finding.words}")
    sys.exit(0 if all(finding.is_good for finding in findings) else 1)
