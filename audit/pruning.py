"""Pruning a log: what goes, in which order, and what a crash in between leaves.

Two steps, a month apart. First a `log.pruned` entry names the minimum index; when it has stood in
the log for NOTICE, bodies under it go, some bundles in a transaction. A crash before the entry
leaves nothing. One after it, before it is noted, leaves an entry that announces something and
another that says the same later. One among the bundles leaves the later ones as they were: the
minimum index kept beside the rows says how far it got, and the next run goes on there. At no
moment is a body gone that a signed checkpoint of the last month does not speak of, so a reader
with an older one is not led to accuse.

This file must not decide who may prune, nor know SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from audit.entry import Entry, draft, parse_entry
from audit.errors import AuditError
from audit.log import Log
from audit.pruned import GOING, LEAST_DAYS, PRUNED
from audit.store import Store
from audit.tiles import TILE_WIDTH

NOTICE: Final = timedelta(days=30, hours=1)
"""How long everybody may still read what is to go; an hour more, because hours are cut."""

_STEP: Final = 16 * TILE_WIDTH
"""Entries in a transaction: the broker waits for one at most."""


@dataclass(frozen=True)
class Announced:
    """The newest `log.pruned` entry. index: its own. due: from when on bodies may go."""

    index: int
    below: int
    remain: int
    due: datetime


@dataclass(frozen=True)
class Going:
    """What would go. start: the first entry that is looked at; below: the minimum index.

    bodies, size: how many go, and their bytes. remain: how many under `below` stay, from entry 0
    on. until: the day of the newest one that goes, None if none does.
    """

    start: int
    below: int
    bodies: int
    size: int
    remain: int
    until: date | None


def announced(store: Store) -> Announced | None:
    """Return the newest announcement that was noted; raises AuditError where it is none."""
    index = store.pruning().announced
    if index < 0:
        return None
    entry = parse_entry(store.rows(index, index + 1)[0][1])
    if entry.kind != PRUNED:
        raise AuditError("what was noted as an announcement is none")
    below, remain = entry.members["below"], entry.members["remain"]
    assert isinstance(below, int) and isinstance(remain, int)  # noqa: S101, PT018 - parsed
    return Announced(index, below, remain, entry.at + NOTICE)


def limit(store: Store, *, now: datetime, before: date, most: int | None = None) -> int:
    """Return the greatest minimum index that may be announced: a multiple of 256.

    before: the first day that stays; refused (AuditError) within LEAST_DAYS of `now`. most: a
    minimum index that is not to be exceeded. The newest 256 entries stay whatever their age.
    """
    latest = (now.astimezone(UTC) - timedelta(days=LEAST_DAYS)).date()
    if before > latest:
        raise AuditError(
            f"bodies of the last {LEAST_DAYS} days are needed: name {latest.isoformat()} or earlier"
        )
    size = store.head().size - TILE_WIDTH
    high = max(0, size if most is None else min(size, most)) // TILE_WIDTH
    low = store.pruning().below // TILE_WIDTH  # bodies above the minimum are all there
    while low < high:
        middle = (low + high + 1) // 2
        if _entry(store, middle * TILE_WIDTH - 1).at.date() < before:
            low = middle
        else:
            high = middle - 1
    return low * TILE_WIDTH


def look(store: Store, below: int) -> Going:
    """Return what goes if `below` becomes the minimum index."""
    start = store.pruning().below
    earlier = announced(store) if start else None
    remain = 0 if earlier is None else earlier.remain
    if earlier is not None and earlier.below != start:
        # An announcement under way: what stays was counted up to its end, not to here.
        start, remain = 0, 0
    bodies, size, until = 0, 0, None
    for _, entries in _runs(store, start, below):
        for _, entry in entries:
            if entry.kind in GOING:
                bodies, size, until = bodies + 1, size + len(entry.raw), entry.at.date()
            else:
                remain += 1
    return Going(start, below, bodies, size, remain, until)


def announce(log: Log, store: Store, going: Going) -> int:
    """Step 1. Write that bodies under `going.below` may go; return the entry's index."""
    said = draft(PRUNED, {"below": going.below, "remain": going.remain})
    index = log.append([said]).entries[0].index
    with store.lock_head() as head:
        head.announce(index)
    return index


def remove(
    store: Store,
    said: Announced,
    *,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Step 2. Empty the bodies that `said` announced; return how many.

    Raises AuditError before it is due. progress: told the new minimum after each transaction.
    """
    if now < said.due:
        raise AuditError("what was announced is not due yet")
    count = 0
    for stop, entries in _runs(store, store.pruning().below, said.below):
        going = [index for index, entry in entries if entry.kind in GOING]
        with store.lock_head() as head:
            head.remove_bodies(stop, going)
        count += len(going)
        progress(stop)
    return count


def _runs(store: Store, start: int, below: int) -> Iterator[tuple[int, list[tuple[int, Entry]]]]:
    """Yield (end of the run, its entries by index), some bundles a time, without emptied ones."""
    for first in range(start, below, _STEP):
        stop = min(first + _STEP, below)
        rows = enumerate(store.rows(first, stop), first)
        yield stop, [(index, parse_entry(body)) for index, (_, body) in rows if body]


def _entry(store: Store, index: int) -> Entry:
    return parse_entry(store.rows(index, index + 1)[0][1])
