"""`izin audit new-origin`: go on under a new name after entries of the log were lost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broker.errors import BrokerError
from broker.spoken import OURS, one_sentence

if TYPE_CHECKING:
    from broker.continuing import Renewed


def run(
    name: str, place: str | None, checkpoints: tuple[Path, ...], copy: str | None, anyway: bool
) -> None:
    """Do it, and say what came of it and what others must do now."""
    import httpx2

    from broker.continuing import Wanted, new_origin
    from broker.settings import load_settings
    from broker.wiring import now

    try:
        settings = load_settings()
        wanted = Wanted(name, place, tuple(map(_note, checkpoints)), copy, anyway)
        with httpx2.Client(timeout=settings.deadline_seconds) as http:
            renewed = new_origin(settings, wanted, clock=now, http=http)
    except OURS as error:
        click.echo(f"izin: {one_sentence(error)}", err=True)
        sys.exit(2)
    for line in spoken(renewed, settings.origin):
        click.echo(line)


def spoken(renewed: Renewed, old: str) -> Iterator[str]:
    """Yield what was done, line by line. old: the origin before."""
    promised, carried = renewed.promised, renewed.carried
    if promised is None or carried is None:
        yield f"An earlier run had come so far; now the settings name {renewed.origin} too."
    else:
        checkpoint = promised.checkpoint
        yield (
            f"{renewed.origin} continues {old} from {checkpoint.size} entries, root "
            f"{checkpoint.root.hex()}"
        )
        if renewed.lost is not None:
            yield f"Of {old} this machine has lost entries {renewed.lost[0]} to {renewed.lost[1]}."
        yield f"{len(carried.indexes)} grants go on, each with a new entry."
        yield f"{len(carried.ended)} grants that had ended stay ended."
        if carried.unproven:
            yield (
                f"{len(carried.unproven)} grants end: without the lost entries nobody can prove "
                "that they were not withdrawn. These people must consent anew."
            )
        if carried.by_login:
            yield (
                f"{len(carried.by_login)} grants end because a login shows a consent of its own "
                "hour only. These people must consent anew."
            )
        for agency in promised.silent:
            yield f"{agency} could not be asked for the checkpoint that it saw last."
    yield f"The new log's key, for auditors: {renewed.vkey}"
    yield f"The old log's key, for `izin audit verify --continues`: {renewed.old_vkey}"
    yield "For the paper agreement with every agency and programme, and the continued log:"
    yield from renewed.lines
    yield "Now: `izin trust make` for everybody, witnesses for the new name, `izin serve`, and"
    yield 'every programme commits its formulas again; see "After a restore" in docs/operation.md.'


def _note(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokerError(f"{path.name} is no checkpoint") from error
