"""`izin audit trace --from DAY`: some days of a person's list, by the log's tag files.

A telephone need not read the whole log for it. What is found is proven to be in the log; that
nothing is missing rests on the tag files, and is said so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.commands.reading import check_key_origin
from audit.errors import AuditError
from audit.note import parse_vkey
from audit.source import HttpSource, LogSource, unchecked_checkpoint
from audit.tag_search import search_days
from audit.trace import Found
from audit.words import Words, fill

PROVEN = Words("masing-masing terbukti ada di catatan", "each proven to be in the log")
UNCHECKED = Words(
    "terbukti terhadap ringkasan yang tidak diperiksa", "proven against an unchecked checkpoint"
)
TOTAL = Words(
    "{found} catatan dari {first} sampai {last}, {proven}.",
    "{found} entries from {first} to {last}, {proven}.",
)
REST = Words(
    "Bahwa tidak ada yang hilang bergantung pada lengkapnya berkas tanda: tanpa --from setiap "
    "catatan dicari sendiri.",
    "That none is missing rests on the log's tag files being complete: leave out --from to search "
    "every entry yourself.",
)


@dataclass(frozen=True)
class Days:
    """What was found in some days, and against which checkpoint it was proven."""

    found: Sequence[Found]
    checkpoint: Checkpoint
    sentences: tuple[Words, ...]

    def members(self) -> dict[str, Any]:
        """Return what is particular to a search by tag files, for --json."""
        return {"verified": False, "by_tag_files": True, "complete": None}


def search(
    source: LogSource, origin: str | None, key: bytes, vkey: str | None, days: tuple[date, date]
) -> Days:
    """Return the entries about the key's owner from the first to the last of `days`."""
    if not isinstance(source, HttpSource):
        raise AuditError("--from needs the URL of a log; a copy is searched whole")
    note = source.checkpoint()
    checkpoint = open_checkpoint(note, parse_vkey(vkey)) if vkey else unchecked_checkpoint(note)
    check_key_origin(source, checkpoint, origin)
    found = search_days(source.read, source.tag_file, checkpoint, key, days)
    total = fill(
        TOTAL,
        found=len(found),
        first=days[0],
        last=days[1],
        proven=PROVEN if vkey else UNCHECKED,
    )
    return Days(found, checkpoint, (total, REST))
