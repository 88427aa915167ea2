"""`izin audit`: export, verify, prove, and what `audit.commands` adds, with the base install only.

Exit codes are those of `exits`; `verify` itself stands in `verifying`. This file must not import
Flask or a database driver, or print a key, a token or anything not found in the log.
"""

from __future__ import annotations

from pathlib import Path

import click

from audit.checkpoint import open_checkpoint
from audit.commands.bundle import bundle_command, check_bundle_command
from audit.commands.receipt import check_receipt_command, receipt_page_command
from audit.commands.sample import sample_command
from audit.commands.terminal import own_log, read_token
from audit.commands.trace import trace_command
from audit.errors import ProofError, TamperedError
from audit.exits import VKEY_HELP, outcome
from audit.export import export
from audit.merkle import check_inclusion, prove_inclusion
from audit.note import parse_vkey
from audit.proof import InclusionProof, format_proof
from audit.source import open_source, unchecked_checkpoint
from audit.steps import TILES
from audit.tiles import TileNodes
from audit.verifying import verify_command


@click.group()
def audit() -> None:
    """Check the log: anybody can, offline, without trusting whoever keeps it."""


@audit.command("export")
@click.argument("source", required=False)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="An empty folder, or a new file such as log.tar.",
)
@click.option("--token-file", type=click.Path(path_type=Path), help="A reader's token.")
def export_command(source: str | None, out: Path, token_file: Path | None) -> None:
    """Copy the log to a folder or a file.

    SOURCE: a log's URL or file; the log of IZIN_HOME if absent.
    """
    with outcome(as_json=False):
        size = export(open_source(source or own_log(), read_token(token_file)), out)
        click.echo(f"exported {size} entries")


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


for _command in (
    bundle_command,
    check_bundle_command,
    check_receipt_command,
    receipt_page_command,
    sample_command,
    trace_command,
    verify_command,
):
    audit.add_command(_command)
