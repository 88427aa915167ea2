"""Appending entries that carry tags: drawn for a day, drawn again if the log's day is the next.

I/O through the log that is passed in. It must not draw tags itself; `make` does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime
from typing import Protocol

from audit.entry import Draft
from audit.errors import DayTurnedError
from audit.log import Appended, Logged

Clock = Callable[[], datetime]


class Appender(Protocol):
    """What consent needs of the log; `audit.log.Log` is one."""

    def append(self, drafts: Sequence[Draft], *, unless: Collection[bytes] = ()) -> Appended:
        """Append all drafts or none."""
        ...

    def find_mark(self, value: bytes) -> int | None:
        """Return the index of the entry that holds a commitment."""
        ...

    def prove(self, index: int) -> Logged:
        """Return an entry with its proof against the newest checkpoint."""
        ...


def today(clock: Clock) -> date:
    """Return the UTC day, which is the log's unless midnight passes meanwhile."""
    return clock().astimezone(UTC).date()


def append_tagged(
    log: Appender,
    make: Callable[[date], list[Draft]],
    *,
    clock: Clock,
    unless: Collection[bytes] = (),
) -> Appended:
    """Append what `make` returns for today; make it again, once, if the log's day is another.

    make: draws its tags for the day it is given, and sets that day on its drafts. The first
    day's tags stay spent.
    """
    try:
        return log.append(make(today(clock)), unless=unless)
    except DayTurnedError as turned:
        # A second turn would mean two clocks a day apart: that is for the operator to see.
        return log.append(make(turned.day), unless=unless)
