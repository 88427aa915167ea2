"""The `izin` command. Imports nothing heavy at the top: `izin audit` runs on the base install."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from audit.cli import audit

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "agency": ("broker.commands.institutions", "Agencies that answer, and where they are."),
    "demo": ("broker.demo.cli", "The whole story on this machine."),
    "doctor": ("broker.commands.operate", "Look at everything, and say what to do."),
    "formula": ("broker.commands.formulas", "A programme's formulas, made known a day before."),
    "gateway": ("broker.gateway.cli", "The agency's side: answer sealed questions."),
    "init": ("broker.commands.operate", "Make IZIN_HOME: settings, keys, database, log."),
    "keys": ("broker.commands.keys", "The broker's keys; no command shows a secret."),
    "person": ("broker.commands.people", "People who apply, enrolled at a counter."),
    "policy": ("broker.commands.inspect", "The policy's rows."),
    "programme": ("broker.commands.institutions", "Programmes that ask, and their portal."),
    "receipt": ("broker.commands.receipts", "Digital receipts: check one without Izin."),
    "serve": ("broker.commands.operate", "Serve the broker until Ctrl-C."),
    "trust": ("broker.commands.trusting", "Trust files: make one, and read one out."),
}
"""Each command, the module that holds it under its name, and its line in the help."""


class _Lazy(click.Group):
    """A group whose commands are imported when they are called for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        command: click.Command = _load(COMMANDS[cmd_name][0], cmd_name, cmd_name)
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, line) for name, (_, line) in COMMANDS.items()]
        rows += [(name, one.get_short_help_str(60)) for name, one in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows))


def _load(module: str, command: str, name: str) -> Any:
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"`izin {command}` needs more than the base install ({error.name} is missing); "
            "install izin with its extras server, gateway and programme"
        ) from error


@click.group(cls=_Lazy)
@click.version_option(package_name="izin", prog_name="izin")
def main() -> None:
    """Izin: no consent, no question; no proof in the log, no answer."""


@audit.command()
@click.option(
    "--config",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The witness's file, witness.toml.",
)
@click.option("--init", is_flag=True, help="Make the key, print its verifier key, and exit.")
def witness(config: Path, init: bool) -> None:
    """Serve a witness: cosign checkpoints of logs that it has seen grow (C2SP tlog-witness).

    Needs more than the base install: it holds a key and serves.
    """
    run = _load("broker.witness.app", "audit witness", "initialise" if init else "serve")
    run(config)


@audit.command()
@click.option("--before", type=click.DateTime(["%Y-%m-%d"]), help="The first day that stays.")
@click.option("--below", type=click.IntRange(min=1), help="A minimum index not to be exceeded.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option("--compact", is_flag=True, help="Give the room back; nobody can be asked meanwhile.")
def prune(before: datetime | None, below: int | None, dry_run: bool, compact: bool) -> None:
    """Announce which old accesses leave the broker's own log; a month later, remove them.

    Without --before, those older than the setting log_bodies_days. Hashes and proofs stay. Needs
    more than the base install: it signs with the log's key.
    """
    run = _load("broker.commands.pruning", "audit prune", "prune")
    day = None if before is None else before.date()
    run(day, below, dry_run=dry_run, compact=compact)


@audit.command("new-origin")
@click.argument("name")
@click.option("--log", "place", help="Where the new log is to be; a file beside the old one.")
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A signed checkpoint of the old log that somebody holds.",
)
@click.option("--copy", help="A whole copy of the old log: URL, folder or file.")
@click.option("--anyway", is_flag=True, help="Even if nothing is lost.")
def new_origin(
    name: str, place: str | None, checkpoints: tuple[Path, ...], copy: str | None, anyway: bool
) -> None:
    """Go on under the origin NAME when entries of the log are lost for good.

    On the stopped broker. The new log's first entry commits to the last checkpoint that was
    promised of the old one; grants that the old log still proves are carried over.
    """
    run = _load("broker.commands.continuing", "audit new-origin", "run")
    run(name, place, checkpoints, copy, anyway)


main.add_command(audit)

if __name__ == "__main__":
    main()
