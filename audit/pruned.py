"""What a log may no longer show, and what it must have said about that before: part of step 2.

Bodies of some kinds may go, in whole bundles and from the log's start, once a `log.pruned` entry
has named the minimum index and counted what stays. Hashes stay, and so do the entries that later
ones are held against: whoever reads the log afterwards misses accesses, never the rules.

This file must not read anything; `walk` reports what it found missing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import astuple, dataclass, field
from typing import Any, Final

from audit.canonical import JsonInput
from audit.entry import KINDS
from audit.hours import NOTICE_HOURS, moved
from audit.tiles import TILE_WIDTH

PRUNED: Final = "log.pruned"

GOING: Final = frozenset(
    {
        "access.sent",
        "access.refused",
        "access.answered",
        "access.failed",
        "grant.requested",
        "decision.made",
    }
)
"""The kinds whose bodies may go. A kind that is not named here stays, whoever adds it."""

LEAST_DAYS: Final = 366
"""How old a body is before it may go: no rule, frequency or tag looks back further than a year."""

LASTING: Final = frozenset(KINDS) - GOING


@dataclass(frozen=True)
class Said:
    """One `log.pruned`. index: of the entry. below: the minimum index. remain: as there."""

    index: int
    below: int
    remain: int


@dataclass
class Missing:
    """What a reading of the log missed, and what the log said about it.

    lasting: how many entries of LASTING each bundle holds; None where a state kept by an earlier
    version did not count them. unseen: runs of entries [start, stop) some of whose bodies are
    gone; gone: how many bodies in all. until: the hour up to which an outcome may belong to an
    access that is not to be seen any more; None right behind such a run.
    """

    lasting: list[int] | None = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    unseen: list[tuple[int, int]] = field(default_factory=list)
    gone: int = 0
    until: str | None = ""

    def copy(self) -> Missing:
        """Return an independent copy."""
        lasting = None if self.lasting is None else list(self.lasting)
        return Missing(lasting, list(self.said), list(self.unseen), self.gone, self.until)

    def count(self, indexes: Iterable[int]) -> None:
        """Take in which entries are of LASTING."""
        lasting = self.lasting
        if lasting is None:
            return
        for index in indexes:
            n = index // TILE_WIDTH
            if n >= len(lasting):
                lasting += [0] * (n + 1 - len(lasting))
            lasting[n] += 1

    def say(self, said: Said) -> str | None:
        """Take in a `log.pruned`; return what is wrong with it."""
        if said.below % TILE_WIDTH or said.below > said.index:
            return "a minimum index that is no whole number of bundles before its entry"
        if self.said and said.below < self.said[-1].below:
            return "a minimum index lower than an earlier one"
        lasting = self.lasting
        if lasting is not None and said.remain != sum(lasting[: said.below // TILE_WIDTH]):
            return "entries that must stay are not as many as were counted"
        self.said.append(said)
        return None

    def skip(self, start: int, stop: int, gone: int) -> None:
        """Take in that bodies of the bundle [start, stop) are gone."""
        if self.unseen and self.unseen[-1][1] == start:
            self.unseen[-1] = (self.unseen[-1][0], stop)
        else:
            self.unseen.append((start, stop))
        self.gone += gone
        self.until = None

    def resume(self, hour: str) -> None:
        """Take in the hour of the first entry behind what was skipped."""
        if self.until is None:
            self.until = moved(hour, NOTICE_HOURS + 1)

    def may_hide_access(self, hour: str) -> bool:
        """Whether an outcome of this hour may be that of an access that is gone."""
        return self.until is None or hour <= self.until

    def uncovered(self) -> int | None:
        """Return the first entry of a bundle that misses bodies under no minimum that was named."""
        below = self.said[-1].below if self.said else 0
        for start, stop in self.unseen:
            if stop > below:
                return max(start, below)
        return None

    def covering(self) -> Said | None:
        """Return the first `log.pruned` that names all that is gone."""
        if not self.unseen:
            return None
        bounds = [each.below for each in self.said]
        place = bisect_left(bounds, self.unseen[-1][1])
        return self.said[place] if place < len(bounds) else None

    def as_json(self) -> dict[str, JsonInput]:
        """Return what a state file holds of it."""
        return {
            "counted": self.lasting is not None,
            "lasting": self.lasting or [],
            "said": [list(astuple(each)) for each in self.said],
            "unseen": [list(each) for each in self.unseen],
            "gone": self.gone,
            "until": [] if self.until is None else [self.until],
        }


def missing_of(members: dict[str, Any] | None) -> Missing:
    """Return what `as_json` wrote; raises TypeError, ValueError, KeyError for anything else.

    members: None in a state that an earlier version kept.
    """
    if members is None:
        return Missing(lasting=None)
    lasting, until = members["lasting"], members["until"]
    return Missing(
        list(lasting) if members["counted"] else None,
        [Said(*each) for each in members["said"]],
        [(start, stop) for start, stop in members["unseen"]],
        int(members["gone"]),
        str(until[0]) if until else None,
    )
