"""A batch of the log: from what several callers ask to rows, each caller judged apart.

This file must not commit, sign or wait; it runs while the head is locked, so what it checks
against the marks stays true until the batch is written.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from audit.chain import GENESIS_PREV
from audit.continued import check_place
from audit.edge import Edge, Growth
from audit.entry import Draft, chain_entry, format_at, marks, parse_at
from audit.errors import AuditError, DayTurnedError, EntryError, WithdrawnError
from audit.merkle import leaf_hash
from audit.store import STRIDE, LockedHead, Rows

_WITHDRAWALS = ("grant.withdrawn", "grant.expired")


@dataclass(frozen=True)
class Ask:
    """What one caller wants: its drafts, all or none, unless the log holds a mark."""

    drafts: tuple[Draft, ...]
    unless: frozenset[bytes]
    marks: tuple[tuple[bytes, ...], ...]


def ask(drafts: Sequence[Draft], unless: Collection[bytes]) -> Ask:
    """Return the ask of one caller, in its own thread: a draft that is none fails nobody else."""
    if not drafts:
        raise EntryError("nothing to append")
    return Ask(tuple(drafts), frozenset(unless), tuple(tuple(marks(draft)) for draft in drafts))


Placed: TypeAlias = tuple[int, tuple[bytes, ...]]
"""(first index, entries) of one caller."""


@dataclass(frozen=True)
class Batch:
    """What is to be written: rows and growth are None when every caller was refused.

    outcomes: one per ask, in order: where its entries stand, or why it is refused.
    """

    rows: Rows | None
    growth: Growth | None
    at: str
    outcomes: Sequence[Placed | AuditError]


def assemble(asks: Sequence[Ask], locked: LockedHead, edge: Edge, moment: datetime) -> Batch:
    """Judge each of `asks` and make the rows of those that may pass.

    edge: the tree at the locked head. moment: the clock's, in UTC.
    """
    at = _hour(moment, locked.head.at)
    wanted = {mark for one in asks for of_draft in one.marks for mark in of_draft}
    taken = locked.present(wanted.union(*(one.unless for one in asks)))
    index = edge.size
    prev = edge.leaf(index - 1) if index else GENESIS_PREV
    outcomes: list[Placed | AuditError] = []
    entries: list[tuple[bytes, bytes]] = []
    mark_rows: list[tuple[bytes, int]] = []
    withdrawals: list[tuple[str, int, bytes]] = []
    for one in asks:
        try:
            new_marks = _judge(one, taken, at.date())
            for place, each in enumerate(one.drafts, index):
                check_place(each.kind, place)
            rows = _chain(one.drafts, at, prev)
        except AuditError as refusal:
            outcomes.append(refusal)
            continue
        # `taken` grows within the batch too: a withdrawal counts for everybody behind it.
        taken |= new_marks
        for offset, (draft, of_draft) in enumerate(zip(one.drafts, one.marks, strict=True)):
            mark_rows += [(mark, index + offset) for mark in of_draft]
            if draft.kind in _WITHDRAWALS:
                withdrawals += [(at.date().isoformat(), index + offset, w) for w in of_draft]
        outcomes.append((index, tuple(body for _, body in rows)))
        entries += rows
        index += len(rows)
        prev = rows[-1][0]
    text = format_at(at)
    if not entries:
        return Batch(None, None, text, outcomes)
    growth = edge.grow([leaf for leaf, _ in entries])
    nodes = [
        (level, position, value)
        for (level, position), value in growth.nodes.items()
        if level and level % STRIDE == 0
    ]
    return Batch(Rows(entries, nodes, mark_rows, withdrawals), growth, text, outcomes)


def _judge(one: Ask, taken: Collection[bytes], day: date) -> set[bytes]:
    """Return the marks that `one` sets, or raise why it may not be appended."""
    if not one.unless.isdisjoint(taken):
        raise WithdrawnError("the log holds a mark that it must not hold for this")
    if any(draft.day is not None and draft.day != day for draft in one.drafts):
        raise DayTurnedError(day)
    new = [mark for of_draft in one.marks for mark in of_draft]
    if len(set(new)) != len(new) or not set(new).isdisjoint(taken):
        raise EntryError("a mark that the log already holds")
    return set(new)


def _chain(drafts: Sequence[Draft], at: datetime, prev: bytes) -> list[tuple[bytes, bytes]]:
    """Return (leaf, entry) of each draft, each entry naming the one before it."""
    rows: list[tuple[bytes, bytes]] = []
    for draft in drafts:
        entry = chain_entry(draft, at, prev)
        prev = leaf_hash(entry)
        rows.append((prev, entry))
    return rows


def _hour(moment: datetime, newest: str) -> datetime:
    """Return the hour that entries carry; a clock set back never makes it decrease."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return max(hour, parse_at(newest)) if newest else hour
