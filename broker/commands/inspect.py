"""`izin policy`: look, and change nothing."""

from __future__ import annotations

from pathlib import Path

import click

from broker.commands.plain import plain_errors
from broker.errors import BrokerError


@click.group()
def policy() -> None:
    """The policy's rows: catalogue, ceilings, programmes, areas, formulas."""


@policy.command("copy")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@plain_errors
def policy_copy(folder: Path) -> None:
    """Copy the rows that come with Izin to a FOLDER of your own, to change them there."""
    import shutil

    from policies.load import PILOT

    if folder.exists():
        raise BrokerError(f"{folder} exists already; it is not overwritten")
    shutil.copytree(PILOT, folder, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    click.echo(f"Made {folder}; name it in the setting policies, and try `izin policy check` on it")


@policy.command("check")
@click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@plain_errors
def policy_check(folder: Path | None) -> None:
    """Read every row of a policy folder (default: those that come with Izin) and say what is wrong.

    Also names questions that no purpose may ask, which nobody could ever be asked.
    """
    from policies.load import PILOT, load

    found = load(folder or PILOT)
    asked = {key for ceiling in found.ceilings.values() for key in ceiling.questions}
    never = sorted(set(found.catalogue.questions) - asked)
    for agency, question in never:
        click.echo(f"never asked: {agency}.{question} is in no purpose's ceiling")
    formulas = sum(len(each) for each in found.formulas.values())
    click.echo(
        f"OK {len(found.catalogue.agencies)} agencies, {len(found.catalogue.questions)} questions, "
        f"{len(found.purposes)} purposes, {formulas} formulas; digest {found.digest}"
    )
