"""`izin init`, `izin serve`, `izin doctor`: the broker's own life."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from broker.commands.plain import FILE, plain_errors


@click.command()
@click.option(
    "--issuer", required=True, help="Public URL of the broker, such as https://izin.example."
)
@click.option("--origin", required=True, help="The log's name, such as izin.example.")
@click.option("--port", default=8000, show_default=True, help="Port that it serves on.")
@click.option("--database", help="URL of its database; a file in IZIN_HOME if not given.")
@click.option("--log", "log_place", help="File or URL of the log; a file if not given.")
@plain_errors
def init(issuer: str, origin: str, port: int, database: str | None, log_place: str | None) -> None:
    """Make IZIN_HOME: settings, keys, database, and a log that says so.

    A server's password is better kept in ~/.pgpass than in a URL, which others on the machine
    can read while this runs.
    """
    from broker.settings import home_folder
    from broker.setup import initialise
    from broker.wiring import now

    made = initialise(
        home_folder(os.environ),
        issuer=issuer,
        origin=origin,
        port=port,
        database=database,
        log_place=log_place,
        clock=now,
    )
    click.echo(f"Made {made.home}")
    click.echo(f"The log's key, for auditors: {made.vkey}")
    click.echo("For the paper agreement with every agency and programme:")
    for line in made.lines:
        click.echo(line)


@click.command()
@plain_errors
def serve() -> None:
    """Serve the broker until Ctrl-C."""
    from broker.app import serve as run
    from broker.settings import load_settings

    run(load_settings())


@click.command()
@click.option("--gateway", type=FILE, help="Look at a gateway instead: its gateway.toml.")
@click.option("--portal", type=FILE, help="Look at a portal instead: its programme.toml.")
@plain_errors
def doctor(gateway: Path | None, portal: Path | None) -> None:
    """Look at configuration and environment, and say in plain words what to do.

    Exits 0 if nothing is wrong, else 1. Changes nothing.
    """
    # Each imports its own program only: an agency's machine has no broker on it.
    if gateway is not None and portal is not None:
        raise click.UsageError("name a gateway or a portal, one at a time")
    if gateway is not None:
        from broker.doctor.gateway import examine as examine_gateway

        findings = examine_gateway(gateway, os.environ)
    elif portal is not None:
        from broker.doctor.portal import examine as examine_portal

        findings = examine_portal(portal, os.environ)
    else:
        from broker.doctor.broker import examine

        findings = examine(os.environ)
    is_good = True
    for finding in findings:
        is_good = is_good and finding.is_good
        click.echo(f"{'ok  ' if finding.is_good else 'DO  '} {finding.subject}: {finding.words}")
    sys.exit(0 if is_good else 1)
