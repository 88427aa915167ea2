"""The log's lists of withdrawals, held against its entries: step 13 of docs/verify.md.

Gateways stop answering by these lists, and do not read the whole log; a list that leaves out one
withdrawal would keep a grant alive there. Only who reads all entries can tell.

This file must not read anything itself: what serves the lists is passed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import orjson

from audit.errors import MissingError, TamperedError
from audit.rules import Ended
from audit.steps import WITHDRAWN

Lists = Callable[[date], bytes]
"""Returns the list of a day as served; MissingError if the log has none."""

_MOST_DAYS = timedelta(days=3660)
_TRIES = 3
"""A list may come from a process that has not seen the newest entries yet; not three times."""


def check_withdrawn(
    lists: Lists, ended: Iterable[Ended], *, size: int, days: Iterable[date]
) -> bool:
    """Return whether there are lists, and raise TamperedError if one is not what entries say.

    ended: every withdrawal and expiry among the first `size` entries. days: those to ask
    for. A log that serves no list at all is one that no agency asks: nothing was checked then.
    """
    by_day: defaultdict[date, list[Ended]] = defaultdict(list)
    for each in ended:
        by_day[date.fromisoformat(each.day)].append(each)
    is_first = True
    for day in days:
        wanted = by_day[day]
        try:
            _check_day(lists, day, wanted, size)
        except MissingError:
            if is_first:
                return False
            first = wanted[0].index if wanted else None
            raise TamperedError(WITHDRAWN, first, f"no list of withdrawals of {day}") from None
        is_first = False
    return True


def _check_day(lists: Lists, day: date, wanted: list[Ended], size: int) -> None:
    for _ in range(_TRIES):
        served = _parse(lists(day), day)
        if served["size"] >= size:
            break
    else:
        raise TamperedError(WITHDRAWN, None, f"the list of {day} is older than the checkpoint")
    found = [(index, w) for index, w in served["withdrawn"] if index < size]
    expected = [(each.index, each.w) for each in wanted]
    if found == expected:
        return
    wrong = sorted(set(found) ^ set(expected)) or sorted(found)
    index, w = wrong[0]
    reason = "is not in" if (index, w) in expected else "is no withdrawal but in"
    raise TamperedError(WITHDRAWN, index, f"the entry {reason} the list of {day}")


def _parse(raw: bytes, day: date) -> dict[str, Any]:
    """Return a list as served, or raise TamperedError."""
    bad = TamperedError(WITHDRAWN, None, f"the list of {day} is not one")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise bad from None
    if not isinstance(value, dict) or value.keys() != {"v", "day", "size", "withdrawn"}:
        raise bad
    rows = value["withdrawn"]
    if value["v"] != 1 or value["day"] != day.isoformat() or type(value["size"]) is not int:
        raise bad
    if not isinstance(rows, list) or not all(map(_is_row, rows)):
        raise bad
    return value


def _is_row(row: object) -> bool:
    return (
        isinstance(row, list) and len(row) == 2 and type(row[0]) is int and isinstance(row[1], str)
    )


def days_of(first: str, last: str, ended: Iterable[Ended]) -> list[date]:
    """Return the days to ask for, of a log whose entries lie between two hours, rising.

    A log may be dated as it likes: beyond ten years back only days with withdrawals count.
    """
    start, stop = date.fromisoformat(first[:10]), date.fromisoformat(last[:10])
    start = max(start, stop - min(_MOST_DAYS, stop - date.min))
    days = {start + timedelta(days=number) for number in range((stop - start).days + 1)}
    return sorted(days | {date.fromisoformat(each.day) for each in ended})
