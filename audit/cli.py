"""`izin audit`: export, verify, prove and trace, with the base install only.

`verify` itself stands in `verifying`; exit codes in `exits`. This file must
not import Flask or a database driver, or print a key, a token or anything not found in the log.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click
import orjson

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import AuditError, EntryError, ProofError, TamperedError
from audit.exits import VKEY_HELP, as_json_option, outcome, print_json, token_in
from audit.export import export_folder
from audit.merkle import check_inclusion, prove_inclusion
from audit.note import Verifier, parse_vkey
from audit.proof import InclusionProof, format_proof
from audit.source import FolderSource, LogSource, open_source, unchecked_checkpoint
from audit.spoken import describe
from audit.steps import TILES
from audit.tiles import TileNodes, read_entries
from audit.trace import Found, find, parse_trace_key, reader_token
from audit.verify import Report, verify
from audit.verifying import verify_command


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
        size = export_folder(open_source(source or _own_log(), token_in(token_file)), out)
        click.echo(f"exported {size} entries")


audit.add_command(verify_command)


@audit.command("prove")
@click.argument("index", type=click.IntRange(min=0))
@click.option("--source", help="A log's URL, folder or file; the log of IZIN_HOME if absent.")
@click.option("--vkey", help=VKEY_HELP)
def prove_command(index: int, source: str | None, vkey: str | None) -> None:
    """Print the proof (C2SP tlog-proof) that entry INDEX is in the log."""
    with outcome(as_json=False):
        opened = open_source(source or _own_log())
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


@audit.command("trace")
@click.argument("source")
@click.option("--trace-key", "key_text", required=True, help="The secret QR's text; - reads it.")
@click.option("--vkey", help=VKEY_HELP)
@as_json_option
def trace_command(source: str, key_text: str, vkey: str | None, as_json: bool) -> None:
    """List every entry about the person whose trace key this is."""
    with outcome(as_json):
        text = sys.stdin.readline() if key_text == "-" else key_text
        origin, key = parse_trace_key(text.strip())
        opened = open_source(source, reader_token(key))
        if vkey:
            checkpoint = _verified(opened, parse_vkey(vkey)).checkpoint
        else:
            checkpoint = unchecked_checkpoint(opened.checkpoint())
        if checkpoint.origin != origin:
            raise AuditError("the trace key is for another log")
        entries = list(read_entries(opened.read, checkpoint.size))
        found = find(entries, key, _agencies(entries))
        if as_json:
            print_json(_traced(found, checkpoint, verified=vkey is not None))
            return
        for item in found:
            click.echo(f"{item.index:>8}  {describe(item)}")
        click.echo(f"{len(found)} of {checkpoint.size} entries are about this person.")
        if not vkey:
            click.echo("The log was not verified: give --vkey to know that nothing is missing.")


def _verified(source: LogSource, verifier: Verifier) -> Report:
    report = verify(source, verifier)
    if isinstance(source, FolderSource):
        source.check_files(report.size)
    return report


def _agencies(entries: list[bytes]) -> set[str]:
    """Return every agency that any entry names: whose shares may have made a tag."""
    found: set[str] = set()
    for index, raw in enumerate(entries):
        try:
            agency = orjson.loads(raw).get("agency")
        except (ValueError, AttributeError) as error:
            raise EntryError(f"entry {index} is not one that a log holds") from error
        if isinstance(agency, str):
            found.add(agency)
    return found


def _traced(found: list[Found], checkpoint: Checkpoint, *, verified: bool) -> dict[str, Any]:
    return {
        "v": 1,
        "result": "ok",
        "verified": verified,
        "size": checkpoint.size,
        "entries": [
            {
                "index": item.index,
                "at": item.entry.at.strftime("%Y-%m-%dT%H:00:00Z"),
                "kind": item.entry.kind,
                "share": item.agency,
                "members": item.entry.members,
            }
            for item in found
        ],
    }


def _own_log() -> str:
    home = os.environ.get("IZIN_HOME")
    folder = Path(home) if home else Path.home() / ".local" / "share" / "izin"
    return str(folder / "log.db")
