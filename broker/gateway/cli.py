"""`izin gateway`: set up and serve the agency's side.

Commands only; everything heavy is imported when a command runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

_CONFIG = click.option(
    "--config",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The gateway's settings file, gateway.toml.",
)


@click.group()
def gateway() -> None:
    """The agency's side: answer sealed questions from the agency's own registry."""


@gateway.command()
@click.option(
    "--home",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The gateway's folder; made if absent.",
)
@click.option("--agency", help="The agency's id in the catalogue, for a new gateway.toml.")
@click.option("--origin", help="The broker's origin, for a new gateway.toml.")
@click.option("--url", help="Where the broker reaches the gateway, for a new gateway.toml.")
@click.option("--port", default=8100, show_default=True, help="Port that it serves on.")
def init(home: Path, agency: str | None, origin: str | None, url: str | None, port: int) -> None:
    """Make the gateway's keys and database, and a gateway.toml to fill in; safe to repeat."""
    import json

    from broker.gateway.setup import SETTINGS_NAME, prepare_gateway
    from broker.gateway.template import write_template
    from broker.papers import root_line

    with _plainly():
        if not (home / SETTINGS_NAME).exists():
            write_template(home, agency=agency, origin=origin, url=url, port=port)
            click.echo(f"Wrote {home / SETTINGS_NAME}; name your registry in it")
        made = prepare_gateway(home)
        root = home / f"{made.agency}-root.json"
        root.write_text(json.dumps(made.root.jwk()) + "\n", "utf-8")
    click.echo(f"Hand to the broker: {root.name}")
    click.echo("For the paper agreement:")
    click.echo(root_line("agency", made.agency, made.root))
    click.echo(f"The key of the gateway's own log: {made.log_vkey}")


@gateway.command()
@_CONFIG
def serve(config: Path) -> None:
    """Serve the gateway until Ctrl-C."""
    from broker.gateway.app import serve as run

    with _plainly():
        run(config)


@gateway.command()
@_CONFIG
def about(config: Path) -> None:
    """List every entry about a person, whose NIK is read from standard input.

    Never from the command line, where the shell's history and every other user would see it.
    """
    from broker.gateway.about import about as find
    from broker.gateway.about import lines
    from broker.gateway.settings import load_settings
    from broker.gateway.wiring import open_gateway

    nik = _read_nik()
    with _plainly():
        opened = open_gateway(load_settings(config))
        try:
            for line in lines(find(opened.ledger.person(nik), opened.engine, opened.log)):
                click.echo(line)
        finally:
            opened.close()


@gateway.command("forget-passkey")
@_CONFIG
def forget_passkey(config: Path) -> None:
    """Let go the passkey of a person who lost it; her NIK is read from standard input.

    Only with her at the counter and her identity card seen. `izin gateway about` shows it to her.
    """
    from datetime import UTC, datetime

    from broker.gateway.settings import load_settings
    from broker.gateway.wiring import open_gateway

    nik = _read_nik()
    with _plainly():
        opened = open_gateway(load_settings(config))
        try:
            at = int(datetime.now(UTC).timestamp())
            if not opened.ledger.forget_passkey(nik, at=at):
                raise click.ClickException("no passkey is pinned for this person")
            click.echo("Let go. The next consent by a passkey pins that one.")
        finally:
            opened.close()


def _read_nik() -> str:
    nik = sys.stdin.readline().strip()
    if not (len(nik) == 16 and nik.isascii() and nik.isdigit()):
        raise click.ClickException("write a NIK of 16 digits to standard input")
    return nik


class _plainly:  # noqa: N801  # reads as a statement
    """Turns our errors into one sentence on standard error and exit code 2."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """End; exits the program on one of our errors."""
        from broker.spoken import OURS, one_sentence

        if isinstance(error, OURS):
            click.echo(f"izin gateway: {one_sentence(error)}", err=True)
            sys.exit(2)
