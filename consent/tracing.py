"""The page "who asked about me": a person's own entries, found with her trace key and checked.

The same search and the same checks that she can have done elsewhere with her receipt alone
(`izin audit trace`, `izin audit verify`); this page is the convenient way, not the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from flask import Blueprint, Response

from audit.checkpoint import open_checkpoint
from audit.errors import EntryError, MissingError, ProofError, TamperedError, TileError
from audit.log import Log
from audit.note import parse_vkey
from audit.proof import check_proof
from audit.tag_index import TagIndex
from audit.tiles import complete_from, read_entries
from audit.trace import Found, find
from audit.verify import verify
from consent.calendar import moment_day
from consent.happenings import count, tell_days
from consent.pages import Pages
from policies.words import Words

COMPLETE_FROM: Final = Words(
    "Daftar ini lengkap mulai catatan {first}. Sebelum itu, isi pertanyaan yang sudah lama dihapus "
    "setelah diumumkan sebulan lebih dahulu; izin dan pencabutan Anda tetap tercatat.",
    "This list is complete from entry {first} on. Before it, old accesses were removed after a "
    "month's notice; your permissions and withdrawals stay on record.",
)
MOST_WHOLE: Final = 50_000
"""Entries up to which the whole log is verified for one page: about a quarter of a second.

In a longer one hers are found by the tags, kept in memory, and each is proven.
"""


@dataclass(frozen=True)
class Checked:
    """What was found and what the check said.

    whole: whether the whole log was verified, or only the entries found. failed_step: the name of
    the step that failed, None if all is well; failed_index: the first bad entry, if it is known.
    complete_from: the first entry behind those whose bodies a pruned log no longer keeps.
    """

    size: int
    found: tuple[Found, ...]
    whole: bool
    failed_step: str | None = None
    failed_index: int | None = None
    complete_from: int = 0

    def proof_of(self, indexes: Sequence[int]) -> str:
        """Return whether the proof of these entries `holds`, `fails`, or is `unsure`."""
        if self.failed_step is None:
            return "holds"
        return "fails" if self.failed_index in indexes else "unsure"


def add_trace(blueprint: Blueprint, pages: Pages) -> None:
    """Add /trace."""
    deps = pages.deps
    index = TagIndex(deps.log.read)

    @blueprint.get("/trace")
    def trace() -> Response:
        person = pages.person()
        agencies = tuple(deps.policy.catalogue.agencies)
        # What was found with a key that she has replaced since is hers as well.
        earlier = deps.trace_keys.earlier(person)
        keys = (*earlier, person.trace_key)
        since = deps.persons.enrolled_on(person.id)
        checked = find_and_check(deps.log, index, keys, agencies, since=since)
        return pages.show(
            "trace",
            checked=checked,
            complete_from=COMPLETE_FROM,
            days=tell_days(checked.found, deps.policy),
            asked=count(checked.found, "access.sent"),
            refused=count(checked.found, "access.refused"),
            audited=_by_day(deps.audited(person.id)),
        )


def _by_day(opened: Sequence[tuple[int, int]]) -> dict[Words, list[int]]:
    """Return which entries were opened on each day, by the clocks of Banyuwangi."""
    days: dict[Words, list[int]] = {}
    for at, index in opened:
        days.setdefault(moment_day(datetime.fromtimestamp(at, UTC)), []).append(index)
    return days


def find_and_check(
    log: Log,
    index: TagIndex,
    trace_keys: Sequence[bytes],
    agencies: tuple[str, ...],
    *,
    since: date,
) -> Checked:
    """Return the person's entries, and whether the log holds together.

    index: of this log. trace_keys: all that were hers. agencies: of the catalogue. since: the
    first day that can have an entry of hers. Raises AuditError where nothing can be said.
    """
    verifier = parse_vkey(log.vkey)
    size = open_checkpoint(log.checkpoint(), verifier).size
    whole = size <= MOST_WHOLE
    found, first = _read(
        lambda: (
            _search(log, size, trace_keys, agencies)
            if whole
            else index.find(size, trace_keys, agencies, since=since)
        )
    )
    try:
        if whole:
            verify(log, verifier)
        for each in () if whole else found or ():
            logged = log.prove(each.index)
            check_proof(logged.proof, each.entry.raw, verifier)
        if found is None:
            raise TamperedError("entries", None, "the entries cannot be read")
    except TamperedError as error:
        return Checked(size, found or (), whole, error.step, error.index, first)
    except (MissingError, ProofError):
        return Checked(size, found or (), whole, "entries", None, first)
    return Checked(size, found or (), whole, complete_from=first)


def _search(
    log: Log, size: int, keys: Sequence[bytes], agencies: tuple[str, ...]
) -> tuple[list[Found], int]:
    entries = list(read_entries(log.read, size))
    found = [each for key in keys for each in find(entries, key, agencies)]
    return sorted(found, key=lambda each: each.index), complete_from(entries)


def _read(search: Callable[[], tuple[list[Found], int]]) -> tuple[tuple[Found, ...] | None, int]:
    """Return what a search finds, None where the log cannot be read through; and from where on no
    body is gone."""
    try:
        found, first = search()
        return tuple(found), first
    except (MissingError, EntryError, TileError):
        return None, 0
