"""`izin audit bundle` and `check-bundle`: chosen entries as one file that shows they are true."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click
import orjson

from audit.asking import get
from audit.bundle import (
    STEPS,
    Bundle,
    CheckedBundle,
    ProvenEntry,
    catalogue_of,
    check_bundle,
    format_bundle_file,
    is_bundle,
    is_history,
)
from audit.canonical import Json, encode
from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.commands.terminal import (
    lang_option,
    print_json,
    read_bytes,
    read_text,
    read_token,
    speaker,
    token_option,
)
from audit.entry import Entry, parse_entry
from audit.errors import AuditError, BundleError, PrunedError, TamperedError
from audit.exits import TAMPERED, VKEY_HELP, as_json_option, outcome
from audit.merkle import prove_inclusion
from audit.note import Verifier, open_note, parse_vkey
from audit.source import HttpSource, LogSource, open_source
from audit.tiles import TILE_WIDTH, TileNodes, TilePath, bundles_of, read_bundle
from audit.words import Words, fill

_HOLDS: Final = Words(
    "TERBUKTI: {count} catatan ada dalam {origin}, pada ukuran {size}.",
    "PROVEN: {count} entries stand in {origin}, at size {size}.",
)
_SIGNED: Final = Words("Ditandatangani oleh {names}.", "Signed by {names}.")
_ENTRY: Final = Words("Catatan {index}: {what}", "Entry {index}: {what}")
_HISTORY: Final = Words(
    "Kunci dan aturan: catatan {indexes}.", "Keys and policy: entries {indexes}."
)
_CATALOGUE: Final = Words(
    "Kata-kata pertanyaan ikut serta seperti diumumkan; tidak ada tanda tangan di atasnya.",
    "The questions' words came along as published; no signature covers them.",
)
_POLICY: Final = Words(
    "Aturan yang disebutnya tercatat di catatan {index}.", "The policy it names is entry {index}'s."
)
_LIMITS: Final = Words(
    "Yang tidak dikatakan: apa yang ada di catatan lain.",
    "What this does not say: anything about other entries.",
)
_FAILS: Final = Words(
    "TIDAK TERBUKTI (langkah {number}, {step}{where}): {why}",
    "NOT PROVEN (step {number}, {step}{where}): {why}",
)


@click.command("bundle")
@click.argument("source")
@click.option("--entry", "indexes", multiple=True, required=True, type=click.IntRange(min=0))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.option("--vkey", required=True, help=VKEY_HELP)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    help="A checkpoint that witnesses cosigned, instead of the log's newest.",
)
@click.option(
    "--catalogue", help="The questions' words: a URL or a file; beside a log's URL if absent."
)
@click.option("--without-history", is_flag=True, help="Leave keys out; reads far less of the log.")
@token_option
def bundle_command(
    source: str,
    indexes: tuple[int, ...],
    out: Path,
    vkey: str,
    checkpoint: Path | None,
    catalogue: str | None,
    without_history: bool,
    token_file: Path | None,
) -> None:
    """Write chosen entries of the log at SOURCE to one file, with all that proves them."""
    with outcome(as_json=False):
        verifier = parse_vkey(vkey)
        opened = open_source(source, read_token(token_file))
        note = opened.checkpoint() if checkpoint is None else read_text(checkpoint)
        found = _opened(note, verifier)
        wanted = sorted(set(indexes))
        if wanted[-1] >= found.size:
            raise AuditError(f"the log's checkpoint has {found.size} entries")
        raws = {index: _entry(opened, index, found.size) for index in wanted}
        entries = [parse_entry(raw) for raw in raws.values()]
        history = {} if without_history else _history(opened, found, entries)
        published = _published(source, opened, catalogue)
        bundle = Bundle(
            checkpoint=note,
            vkey=vkey,
            entries=_proven(opened, found, raws),
            history=_proven(opened, found, history),
            catalogue=None if published is None else catalogue_of(published, entries),
        )
        raw = format_bundle_file(bundle)
        # What does not hold is not handed out: the log may have lied to us just now.
        try:
            check_bundle(raw, verifier)
        except BundleError as error:
            raise TamperedError(error.step, error.index, str(error)) from error
        try:
            with out.open("xb") as file:
                file.write(raw)
        except OSError as error:
            raise AuditError(f"the bundle cannot be written: {error.strerror}") from error
        click.echo(f"wrote {len(wanted)} entries and {len(history)} about keys and policy")


@click.command("check-bundle")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--vkey", required=True, help=VKEY_HELP)
@click.option("--witness", "witnesses", multiple=True, help="A witness that must have cosigned.")
@lang_option
@as_json_option
def check_bundle_command(
    file: Path, vkey: str, witnesses: tuple[str, ...], lang: str, as_json: bool
) -> None:
    """Check offline that the entries in a bundle FILE stand in the log of a verifier key."""
    with outcome(as_json):
        verifier = parse_vkey(vkey)
        raw = read_bytes(file)
        say = speaker(as_json, lang)
        try:
            checked = check_bundle(raw, verifier, witnesses=tuple(map(parse_vkey, witnesses)))
        except BundleError as error:
            number = STEPS.index(error.step) + 1
            where = "" if error.index is None else f", {error.index}"
            say(fill(_FAILS, number=number, step=error.step, where=where, why=str(error)))
            if as_json:
                print_json(
                    {
                        "result": "fails",
                        "step": error.step,
                        "number": number,
                        "index": error.index,
                        "reason": str(error),
                    }
                )
            raise click.exceptions.Exit(TAMPERED) from error
        if as_json:
            print_json(_members(checked))
        for index, entry in checked.entries:
            say(fill(_ENTRY, index=index, what=_told(entry)))
        if checked.history:
            indexes = ", ".join(str(index) for index, _ in checked.history)
            say(fill(_HISTORY, indexes=indexes))
        if checked.catalogue is not None:
            say(_CATALOGUE)
        if checked.policy_index is not None:
            say(fill(_POLICY, index=checked.policy_index))
        say(_LIMITS)
        names = ", ".join(each.name for each in checked.signatures)
        say(fill(_SIGNED, names=names))
        origin, size = checked.checkpoint.origin, checked.checkpoint.size
        say(fill(_HOLDS, count=len(checked.entries), origin=origin, size=size))


def is_evidence(source: str) -> bool:
    """Whether `source` is a file that `izin audit bundle` wrote."""
    try:
        with open(source, "rb") as file:
            return is_bundle(file.read(64))
    except (OSError, ValueError):
        return False


def _opened(note: str, verifier: Verifier) -> Checkpoint:
    checkpoint = parse_checkpoint(open_note(note, [verifier]).text)
    if checkpoint.origin != verifier.name:
        raise AuditError("the checkpoint is of another log")
    return checkpoint


def _entry(source: LogSource, index: int, size: int) -> bytes:
    n = index // TILE_WIDTH
    bundle = TilePath(None, n, min(TILE_WIDTH, size - n * TILE_WIDTH))
    raw = read_bundle(source.read, bundle)[index % TILE_WIDTH]
    if not raw:
        raise PrunedError(f"the log no longer keeps the body of entry {index}")
    return raw


def _history(source: LogSource, checkpoint: Checkpoint, entries: list[Entry]) -> dict[int, bytes]:
    """Return the entries about the policy and the keys of whom `entries` name."""
    found: dict[int, bytes] = {}
    for bundle in bundles_of(checkpoint.size):
        raws = read_bundle(source.read, bundle)
        for index, raw in enumerate(raws, bundle.n * TILE_WIDTH):
            # Canonical JSON has one spelling of a kind: most entries need not be parsed.
            if b'"kind":"key.' in raw or b'"kind":"policy.' in raw:
                entry = parse_entry(raw)
                if is_history(entry, origin=checkpoint.origin, entries=entries):
                    found[index] = raw
    return found


def _proven(
    source: LogSource, checkpoint: Checkpoint, raws: dict[int, bytes]
) -> tuple[ProvenEntry, ...]:
    nodes = TileNodes(source.read, checkpoint.size)
    return tuple(
        ProvenEntry(index, raw, tuple(prove_inclusion(index, checkpoint.size, nodes)))
        for index, raw in sorted(raws.items())
    )


def _published(source: str, opened: LogSource, catalogue: str | None) -> dict[str, Json] | None:
    """Return the broker's catalogue from where the caller says, else from beside a log's URL."""
    if catalogue is not None:
        is_url = catalogue.startswith(("http://", "https://"))
        return _json(get(catalogue) if is_url else read_bytes(Path(catalogue)))
    if not isinstance(opened, HttpSource) or not source.rstrip("/").endswith("/log"):
        return None
    try:
        return _json(get(source.rstrip("/").removesuffix("/log") + "/v1/catalogue"))
    except AuditError:
        click.echo("no catalogue beside the log: the questions' words are left out", err=True)
        return None


def _json(raw: bytes) -> dict[str, Json]:
    try:
        value: dict[str, Json] = orjson.loads(raw)
        encode(value)
    except ValueError as error:
        raise AuditError("the catalogue is not JSON") from error
    if not isinstance(value, dict):
        raise AuditError("the catalogue is not one that a broker publishes")
    return value


def _told(entry: Entry) -> str:
    """Return an entry in one line; ids stay ids."""
    said = [entry.at.strftime("%Y-%m-%d %H:00 UTC"), entry.kind]
    for name in ("programme", "agency", "purpose", "questions", "outcome", "reasons"):
        value = entry.members.get(name)
        if value is not None:
            said.append(", ".join(map(str, value)) if isinstance(value, list) else str(value))
    return " · ".join(said)


def _members(checked: CheckedBundle) -> dict[str, Any]:
    def listed(entries: tuple[tuple[int, Entry], ...]) -> list[dict[str, Any]]:
        return [
            {"index": index, "kind": entry.kind, "entry": entry.raw.decode()}
            for index, entry in entries
        ]

    return {
        "result": "ok",
        "origin": checked.checkpoint.origin,
        "size": checked.checkpoint.size,
        "root": checked.checkpoint.root.hex(),
        "signatures": [{"name": each.name, "at": each.at} for each in checked.signatures],
        "entries": listed(checked.entries),
        "history": listed(checked.history),
        "catalogue": checked.catalogue,
        "policy_index": checked.policy_index,
    }
