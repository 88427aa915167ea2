"""`izin audit trace`: a person's own list, and what in it is wrong, from the log alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
import orjson

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.commands.reading import check_key_origin, entries_of, verified
from audit.commands.terminal import lang_option, print_json, read_key, read_text, speaker
from audit.commands.trace_days import Days, search
from audit.errors import AuditError, EntryError
from audit.exits import VKEY_HELP, as_json_option, outcome
from audit.flags import Flag, flags_of, parse_often
from audit.note import parse_vkey
from audit.source import LogSource, open_source, unchecked_checkpoint
from audit.spoken import CANNOT_TELL, FLAG_WORDS, NO_FREQUENCY, describe
from audit.tiles import complete_from, read_entries
from audit.trace import Found, find, reader_token
from audit.words import Words, fill, pick

_DAY: Final = click.DateTime(["%Y-%m-%d"])
_WRONG: Final = Words("PERHATIAN, catatan {index}: {what}", "ATTENTION, entry {index}: {what}")
_NOTHING_WRONG: Final = Words(
    "Tidak ada pertanyaan di luar izin Anda, sejauh yang terlihat dari catatan.",
    "Nothing was asked outside your consent, as far as the log can tell.",
)
_CANNOT: Final = Words(
    "Yang tidak dapat dilihat dari catatan: {what}.", "What the log cannot tell: {what}."
)
_COMPLETE: Final = Words(
    "Lengkap dari catatan {first} sampai sebelum {size}: catatan itu diperiksa seluruhnya.",
    "Complete from entry {first} to before {size}: that log was verified as a whole.",
)
_PRUNED: Final = Words(
    "Sebelum catatan {first} isi pertanyaan lama sudah dihapus sesuai masa simpan: daftar ini "
    "lengkap mulai catatan {first}.",
    "Before entry {first}, old accesses were removed when their time was over: this list is "
    "complete from entry {first} on.",
)
_TOTAL: Final = Words(
    "{found} dari {size} catatan adalah tentang orang ini.",
    "{found} of {size} entries are about this person.",
)
_UNVERIFIED: Final = Words(
    "Catatan tidak diperiksa: beri --vkey supaya pasti tidak ada yang hilang.",
    "The log was not verified: give --vkey to know that nothing is missing.",
)


@click.command("trace")
@click.argument("source")
@click.option("--trace-key", "key_text", required=True, help="The secret QR's text; - reads it.")
@click.option("--vkey", help=VKEY_HELP)
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    help="A checkpoint kept from earlier: list what came after it, and that nothing changed.",
)
@click.option("--from", "first_day", type=_DAY, help="By the log's tag files, from this UTC day.")
@click.option("--to", "last_day", type=_DAY, help="With --from: to this day; today's if absent.")
@click.option("--frequency", help="How often the receipt allows, such as 1/month.")
@lang_option
@as_json_option
def trace_command(
    source: str,
    key_text: str,
    vkey: str | None,
    since: Path | None,
    first_day: datetime | None,
    last_day: datetime | None,
    frequency: str | None,
    lang: str,
    as_json: bool,
) -> None:
    """List every entry about the person whose trace key this is, and what in it is wrong.

    With --from, of some days only, and without reading the whole log: SOURCE is then its URL.
    """
    with outcome(as_json):
        origin, key = read_key(key_text)
        if first_day is not None:
            if since is not None or frequency is not None:
                raise AuditError("--since and --frequency need the whole log: leave out --from")
            last = (last_day or datetime.now(UTC)).date()
            named = open_source(source, reader_token(key))
            _print_days(search(named, origin, key, vkey, (first_day.date(), last)), lang, as_json)
            return
        if last_day is not None:
            raise AuditError("--to goes with --from")
        often = None if frequency is None else parse_often(frequency)
        if since is not None and vkey is None:
            raise AuditError("--since needs --vkey")
        opened: LogSource = open_source(source, reader_token(key))
        older: Checkpoint | None = None
        if vkey is not None:
            verifier = parse_vkey(vkey)
            if since is not None:
                older = open_checkpoint(read_text(since), verifier)
            opened, checkpoint = verified(opened, verifier, since=older)
        else:
            checkpoint = unchecked_checkpoint(opened.checkpoint())
        check_key_origin(opened, checkpoint, origin)
        if vkey is not None:
            entries = entries_of(opened, checkpoint)
        else:
            entries = list(read_entries(opened.read, checkpoint.size))
        found = find(entries, key, _agencies(entries))
        # What is flagged is judged by the whole log; only then is the older part left out.
        flags = flags_of(entries, found, key, often=often)
        whole_from = complete_from(entries)
        first = 0 if older is None else older.size
        found = [each for each in found if each.index >= first]
        flags = [each for each in flags if each.index >= first]
        cannot = CANNOT_TELL if often is not None else (*CANNOT_TELL, NO_FREQUENCY)
        if as_json:
            is_whole = vkey is not None
            since_index = max(first, whole_from)
            print_json(
                _members(found, flags, cannot, checkpoint, first=since_index, verified=is_whole)
            )
            return
        for item in found:
            click.echo(f"{item.index:>8}  {describe(item, lang)}")
        say = speaker(as_json, lang)
        for flag in flags:
            say(fill(_WRONG, index=flag.index, what=fill(FLAG_WORDS[flag.what], n=flag.n)))
        if not flags:
            say(_NOTHING_WRONG)
        for words in cannot:
            say(fill(_CANNOT, what=words))
        if whole_from > first:
            say(fill(_PRUNED, first=whole_from))
        if vkey is not None:
            say(fill(_COMPLETE, first=max(first, whole_from), size=checkpoint.size))
        say(fill(_TOTAL, found=len(found), size=checkpoint.size))
        if vkey is None:
            say(_UNVERIFIED)


def _print_days(days: Days, lang: str, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                **_members(days.found, (), (), days.checkpoint, first=0, verified=False),
                **days.members(),
            }
        )
        return
    for item in days.found:
        click.echo(f"{item.index:>8}  {describe(item, lang)}")
    say = speaker(as_json, lang)
    for words in days.sentences:
        say(words)


def _agencies(entries: list[bytes]) -> set[str]:
    """Return every agency that any entry names: whose shares may have made a tag."""
    found: set[str] = set()
    for index, raw in enumerate(entries):
        if not raw:
            continue
        try:
            agency = orjson.loads(raw).get("agency")
        except (ValueError, AttributeError) as error:
            raise EntryError(f"entry {index} is not one that a log holds") from error
        if isinstance(agency, str):
            found.add(agency)
    return found


def _members(
    found: Sequence[Found],
    flags: Sequence[Flag],
    cannot: Sequence[Words],
    checkpoint: Checkpoint,
    *,
    first: int,
    verified: bool,
) -> dict[str, Any]:
    return {
        "result": "ok",
        "verified": verified,
        "size": checkpoint.size,
        "complete": {"from": first, "to": checkpoint.size} if verified else None,
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
        "flags": [
            {"index": flag.index, "what": flag.what, **({} if flag.n is None else {"n": flag.n})}
            for flag in flags
        ],
        "cannot_tell": [pick(words, "en") for words in cannot],
    }
