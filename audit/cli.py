"""`izin audit`: export, verify, prove, and what `audit.commands` adds, with the base install only.

Exit codes: 0 it holds, 1 the log was tampered with, 2 the command could not run. This file must
not import Flask or a database driver, or print a key, a token or anything not found in the log.
"""

from __future__ import annotations

from pathlib import Path

import click

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.commands.bundle import bundle_command, check_bundle_command
from audit.commands.receipt import check_receipt_command, receipt_page_command
from audit.commands.sample import sample_command
from audit.commands.terminal import (
    VKEY_HELP,
    as_json_option,
    outcome,
    own_log,
    print_json,
    read_text,
    read_token,
)
from audit.commands.trace import trace_command
from audit.errors import ProofError, TamperedError
from audit.export import export_folder
from audit.merkle import check_inclusion, prove_inclusion
from audit.note import Verifier, parse_vkey
from audit.proof import InclusionProof, format_proof
from audit.source import FolderSource, LogSource, open_source, unchecked_checkpoint
from audit.tiles import TileNodes
from audit.verify import TILES, Report, verify


@click.group()
def audit() -> None:
    """Check the log: anybody can, offline, without trusting whoever keeps it."""


@audit.command("export")
@click.argument("source", required=False)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="An empty folder.")
@click.option("--token-file", type=click.Path(path_type=Path), help="A reader's token.")
def export_command(source: str | None, out: Path, token_file: Path | None) -> None:
    """Copy the log to a folder. SOURCE: a log's URL or file; the log of IZIN_HOME if absent."""
    with outcome(as_json=False):
        size = export_folder(open_source(source or own_log(), read_token(token_file)), out)
        click.echo(f"exported {size} entries")


@audit.command("verify")
@click.argument("source")
@click.option("--vkey", required=True, help=VKEY_HELP)
@click.option("--witness", "witnesses", multiple=True, help="A witness that must have cosigned.")
@click.option("--since", type=click.Path(path_type=Path), help="A checkpoint kept from earlier.")
@click.option("--token-file", type=click.Path(path_type=Path), help="A reader's token.")
@as_json_option
def verify_command(
    source: str,
    vkey: str,
    witnesses: tuple[str, ...],
    since: Path | None,
    token_file: Path | None,
    as_json: bool,
) -> None:
    """Verify the log at SOURCE: a log's URL, or a folder made by export."""
    with outcome(as_json):
        verifier = parse_vkey(vkey)
        older = open_checkpoint(read_text(since), verifier) if since is not None else None
        opened = open_source(source, read_token(token_file))
        report = _verified(opened, verifier, tuple(map(parse_vkey, witnesses)), older)
        if as_json:
            print_json(
                {
                    "result": "ok",
                    "size": report.size,
                    "root": report.checkpoint.root.hex(),
                    "origin": report.checkpoint.origin,
                    "steps": list(report.steps),
                    "kinds": dict(report.kinds),
                }
            )
            return
        for number, step in enumerate(report.steps, 1):
            click.echo(f"{number}. {step}: {report.size} entries")
        click.echo(f"OK {report.size} entries, root {report.checkpoint.root.hex()}")


@audit.command("prove")
@click.argument("index", type=click.IntRange(min=0))
@click.option("--source", help="A log's URL, folder or file; the log of IZIN_HOME if absent.")
@click.option("--vkey", help=VKEY_HELP)
def prove_command(index: int, source: str | None, vkey: str | None) -> None:
    """Print the proof (C2SP tlog-proof) that entry INDEX is in the log."""
    with outcome(as_json=False):
        opened = open_source(source or own_log())
        note = opened.checkpoint()
        checkpoint = open_checkpoint(note, parse_vkey(vkey)) if vkey else unchecked_checkpoint(note)
        nodes = TileNodes(opened.read, checkpoint.size)
        path = prove_inclusion(index, checkpoint.size, nodes)
        # What the tiles say is not trusted: a proof that does not lead to the root is not printed.
        leaf = nodes([(0, index)])[0]
        try:
            check_inclusion(path, index, checkpoint.size, leaf, checkpoint.root)
        except ProofError as error:
            raise TamperedError(TILES, index, str(error)) from error
        click.echo(format_proof(InclusionProof(index, tuple(path), note)), nl=False)


def _verified(
    source: LogSource,
    verifier: Verifier,
    witnesses: tuple[Verifier, ...],
    since: Checkpoint | None,
) -> Report:
    report = verify(source, verifier, witnesses=witnesses, since=since)
    if isinstance(source, FolderSource):
        source.check_files(report.size)
    return report


for _command in (
    bundle_command,
    check_bundle_command,
    check_receipt_command,
    receipt_page_command,
    sample_command,
    trace_command,
):
    audit.add_command(_command)
