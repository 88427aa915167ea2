"""`izin keys`, `izin policy`: look, and change nothing but what `izin serve` would."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from broker.commands.plain import plain_errors
from broker.errors import BrokerError


@click.group()
def keys() -> None:
    """The broker's keys; no command shows a secret."""


@keys.command("list")
@plain_errors
def keys_list() -> None:
    """List the broker's keys: use, state, age and name."""
    from broker.db import open_engine
    from broker.identity import open_keyring
    from broker.settings import load_settings
    from broker.wiring import now
    from keys.providers.file import FileKek

    settings = load_settings()
    engine = open_engine(settings.database_url)
    keyring = open_keyring(engine, FileKek.open(settings.kek_path), settings, clock=now)
    for record in keyring.list():
        made = datetime.fromtimestamp(record.created, UTC).date().isoformat()
        click.echo(f"{record.use}\t{record.state}\t{made}\t{record.kid}")
    engine.dispose()


@keys.command("vkeys")
@plain_errors
def keys_vkeys() -> None:
    """Print the verifier keys of the log, a line each, for auditors: Ed25519, then ML-DSA-44.

    Both are for `izin audit verify`: the first as --vkey, the second as --witness.
    """
    from broker.wiring import open_broker

    with open_broker() as broker:
        click.echo(broker.log.vkey)
        if broker.cosigning is not None:
            click.echo(broker.cosigning.vkey)


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
