"""`izin formula`: what a programme decides by, made known before it decides."""

from __future__ import annotations

from pathlib import Path

import click

from broker.commands.plain import FILE, plain_errors


@click.group()
def formula() -> None:
    """A programme's formulas: made known in the log a day before they decide."""


@formula.command()
@click.option("--config", required=True, type=FILE, help="The portal's file, programme.toml.")
@plain_errors
def commit(config: Path) -> None:
    """Sign the newest formula of every programme and area of this portal, and have it logged.

    They are in force from the next full hour in 24 hours on; until then agencies answer, but no
    decision counts, and a person looks at every application. Safe to repeat.
    """
    from broker.programme.committing import commit_formulas
    from broker.programme.settings import load_settings
    from broker.programme.setup import now
    from broker.programme.wiring import open_asking_side

    opened = open_asking_side(load_settings(config))
    try:
        parts = opened.applications
        made = commit_formulas(parts.programmes, parts.policy, log=parts.log, at=now())
    finally:
        opened.close()
    for each in made:
        moment = each.valid_from.strftime("%Y-%m-%d %H:%M UTC")
        click.echo(
            f"{each.programme} in {each.area}: in force from {moment}, entry {each.index}, "
            f"digest {each.digest}"
        )
