"""Every day's tag file held against the entries: step 14 of docs/verify.md.

A phone that finds its entries by tag files believes them about what they leave out; only who
reads all entries can tell. One pass, since the files of a year are made of the whole log.

This file must not read anything itself: what serves files and entries is passed in.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import NamedTuple

from audit.canonical import parse
from audit.errors import LogUnavailableError, MissingError, PrunedError, TamperedError
from audit.steps import TAGS
from audit.tag_files import TagFile, compare, entries_from, first_of, tag_of
from audit.tiles import Fetch

Files = Callable[[date], bytes]
"""Returns the tag file of a day as served; MissingError if the log has none."""


class _Tagged(NamedTuple):
    day: date
    tag: bytes
    agency: str | None


def check_tag_files(files: Files, fetch: Fetch, size: int, days: Iterable[date]) -> bool:
    """Return whether there was a file to check; raise TamperedError if entries do not make one.

    For who has verified the log of `size`. days: rising and without gaps, all of them over at
    that size; those whose entries a pruned log no longer keeps have no file. Raises
    LogUnavailableError where there is none for the first of the others: the log serves none.
    """
    is_first = True
    for made in _made(fetch, size, list(days)):
        try:
            served = files(made.day)
        except MissingError:
            if is_first:
                raise LogUnavailableError("the log serves no tag files") from None
            start = made.start if made.tags else None
            raise TamperedError(TAGS, start, f"no tag file of {made.day}") from None
        compare(served, made)
        is_first = False
    return not is_first


def _made(fetch: Fetch, size: int, days: list[date]) -> Iterator[TagFile]:
    """Yield the file of each of `days` that can be made, reading each entry once."""

    def is_kept(day: date) -> bool:
        try:
            first_of(fetch, size, day)
        except PrunedError:
            return False
        return True

    days = days[bisect_left(days, True, key=is_kept) :]
    if not days:
        return
    index = first_of(fetch, size, days[0])
    groups = groupby(_tagged(fetch, size, index), key=lambda one: one.day)
    day, found = next(groups, (None, iter(())))
    for wanted in days:
        if day != wanted:
            yield TagFile(wanted, index, (), ())
            continue
        some = list(found)
        agencies = tuple(sorted({one.agency for one in some if one.agency is not None}))
        yield TagFile(wanted, index, tuple(one.tag for one in some), agencies)
        index += len(some)
        day, found = next(groups, (None, iter(())))


def _tagged(fetch: Fetch, size: int, start: int) -> Iterator[_Tagged]:
    for raw in entries_from(fetch, size, start):
        members = parse(raw)
        agency = str(members["agency"]) if "agency" in members else None
        yield _Tagged(date.fromisoformat(str(members["at"])[:10]), tag_of(members), agency)
