"""`izin audit`: export, verify, prove and trace, with the base install only.

Exit codes: 0 it holds, 1 the log was tampered with, 2 the command could not run. This file must
not import Flask or a database driver, or print a key, a token or anything not found in the log.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import orjson

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import AuditError, EntryError, ProofError, TamperedError
from audit.export import export_folder
from audit.merkle import check_inclusion, prove_inclusion
from audit.note import Verifier, parse_vkey
from audit.proof import InclusionProof, format_proof
from audit.source import FolderSource, HttpSource, LogSource, open_source, unchecked_checkpoint
from audit.spoken import describe
from audit.tag_search import search_days
from audit.tiles import TileNodes, read_entries
from audit.trace import Found, find, parse_trace_key, reader_token
from audit.verify import STEPS, TILES, Report, verify

PROMISE = "P7"
"""The promise that a tampered log breaks: nothing is rewritten."""

TAMPERED, COULD_NOT_RUN = 1, 2

_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_DAY = click.DateTime(["%Y-%m-%d"])
_vkey = "The log's verifier key, from somewhere other than the log."


@click.group()
def audit() -> None:
    """Check the log: anybody can, offline, without trusting whoever keeps it."""


@audit.command("export")
@click.argument("source", required=False)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="An empty folder.")
@click.option("--token-file", type=click.Path(path_type=Path), help="A reader's token.")
def export_command(source: str | None, out: Path, token_file: Path | None) -> None:
    """Copy the log to a folder. SOURCE: a log's URL or file; the log of IZIN_HOME if absent."""
    with _outcome(as_json=False):
        size = export_folder(open_source(source or _own_log(), _token(token_file)), out)
        click.echo(f"exported {size} entries")


@audit.command("verify")
@click.argument("source")
@click.option("--vkey", required=True, help=_vkey)
@click.option("--witness", "witnesses", multiple=True, help="A witness that must have cosigned.")
@click.option("--since", type=click.Path(path_type=Path), help="A checkpoint kept from earlier.")
@click.option("--token-file", type=click.Path(path_type=Path), help="A reader's token.")
@_as_json
def verify_command(
    source: str,
    vkey: str,
    witnesses: tuple[str, ...],
    since: Path | None,
    token_file: Path | None,
    as_json: bool,
) -> None:
    """Verify the log at SOURCE: a log's URL, or a folder made by export."""
    with _outcome(as_json):
        verifier = parse_vkey(vkey)
        older = open_checkpoint(_read(since), verifier) if since is not None else None
        opened = open_source(source, _token(token_file))
        report = _verified(opened, verifier, tuple(map(parse_vkey, witnesses)), older)
        if as_json:
            _print_json(
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
@click.option("--vkey", help=_vkey)
def prove_command(index: int, source: str | None, vkey: str | None) -> None:
    """Print the proof (C2SP tlog-proof) that entry INDEX is in the log."""
    with _outcome(as_json=False):
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
@click.option("--vkey", help=_vkey)
@click.option("--from", "first", type=_DAY, help="Search by the log's tag files from this UTC day.")
@click.option("--to", "last", type=_DAY, help="To this day; today's if absent.")
@_as_json
def trace_command(
    source: str,
    key_text: str,
    vkey: str | None,
    first: datetime | None,
    last: datetime | None,
    as_json: bool,
) -> None:
    """List every entry about the person whose trace key this is.

    With --from, of some days only, and without reading the whole log: SOURCE is then its URL.
    """
    with _outcome(as_json):
        text = sys.stdin.readline() if key_text == "-" else key_text
        origin, key = parse_trace_key(text.strip())
        opened = open_source(source, reader_token(key))
        if first is not None:
            _trace_days(opened, origin, key, vkey, (first.date(), _day_of(last)), as_json)
            return
        if last is not None:
            raise AuditError("--to goes with --from")
        if vkey:
            checkpoint = _verified(opened, parse_vkey(vkey), (), None).checkpoint
        else:
            checkpoint = unchecked_checkpoint(opened.checkpoint())
        if checkpoint.origin != origin:
            raise AuditError("the trace key is for another log")
        entries = list(read_entries(opened.read, checkpoint.size))
        found = find(entries, key, _agencies(entries))
        if as_json:
            _print_json(_traced(found, checkpoint, verified=vkey is not None))
            return
        for item in found:
            click.echo(f"{item.index:>8}  {describe(item)}")
        click.echo(f"{len(found)} of {checkpoint.size} entries are about this person.")
        if not vkey:
            click.echo("The log was not verified: give --vkey to know that nothing is missing.")


def _trace_days(
    source: LogSource,
    origin: str,
    key: bytes,
    vkey: str | None,
    days: tuple[date, date],
    as_json: bool,
) -> None:
    """List the entries of some days, each proven; say what that leaves to be believed."""
    if not isinstance(source, HttpSource):
        raise AuditError("--from needs the URL of a log; a copy is searched whole")
    note = source.checkpoint()
    checkpoint = open_checkpoint(note, parse_vkey(vkey)) if vkey else unchecked_checkpoint(note)
    if checkpoint.origin != origin:
        raise AuditError("the trace key is for another log")
    found = search_days(source.read, source.tag_file, checkpoint, key, days)
    if as_json:
        _print_json({**_traced(found, checkpoint, verified=False), "by_tag_files": True})
        return
    for item in found:
        click.echo(f"{item.index:>8}  {describe(item)}")
    proven = "each proven to be in the log" if vkey else "proven against an unchecked checkpoint"
    click.echo(f"{len(found)} entries from {days[0]} to {days[1]}, {proven}.")
    click.echo(
        "That none is missing rests on the log's tag files being complete: "
        "leave out --from to search every entry yourself."
    )


def _day_of(last: datetime | None) -> date:
    return (datetime.now(UTC) if last is None else last).date()


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


@contextmanager
def _outcome(as_json: bool) -> Iterator[None]:
    """Turn our errors into the last line and the exit code."""
    say: Callable[[str], None] = (lambda _: None) if as_json else click.echo
    try:
        yield
    except TamperedError as error:
        number = STEPS.index(error.step) + 1 if error.step in STEPS else None
        where = f"entry {error.index}" if error.index is not None else "no single entry"
        step = f"step {number}, {error.step}" if number else error.step
        say(f"TAMPERED {PROMISE} (nothing is rewritten): {step}: {where}: {error.reason}")
        if as_json:
            _print_json(
                {
                    "result": "tampered",
                    "promise": PROMISE,
                    "step": error.step,
                    "number": number,
                    "index": error.index,
                    "reason": error.reason,
                }
            )
        raise click.exceptions.Exit(TAMPERED) from error
    except AuditError as error:
        if as_json:
            _print_json({"result": "error", "reason": str(error)})
        else:
            click.echo(f"could not run: {error}", err=True)
        raise click.exceptions.Exit(COULD_NOT_RUN) from error


def _print_json(members: dict[str, Any]) -> None:
    click.echo(orjson.dumps({"v": 1, **members}).decode())


def _own_log() -> str:
    home = os.environ.get("IZIN_HOME")
    folder = Path(home) if home else Path.home() / ".local" / "share" / "izin"
    return str(folder / "log.db")


def _token(file: Path | None) -> str | None:
    return _read(file).strip() if file is not None else None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AuditError("a file that was given cannot be read") from error
