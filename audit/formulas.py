"""Formulas that were committed, and decisions under them: step 11 of docs/verify.md.

A decision names a formula and a programme, not the area; so what can be held against it is that
no area had this formula in force, see docs/adr/what-outcomes-prove.md for the cases of doubt.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audit.hours import NOTICE_HOURS, moved

COMMITTED, DECIDED = "formula.committed", "decision.made"


@dataclass(frozen=True)
class Commit:
    """One `formula.committed`. index: of the entry. at, valid_from: hours, as text."""

    index: int
    programme: str
    area: str
    formula: str
    at: str
    valid_from: str

    def is_in_force(self, hour: str) -> bool:
        """Whether its time has come and it was in the log for 24 hours before."""
        return self.valid_from <= hour and moved(self.at, NOTICE_HOURS) <= hour


class Formulas:
    """All formulas that a log committed to, and which of them were seen in use.

    used: indexes of commits that some decision must have rested on.
    """

    def __init__(self, commits: Iterable[Commit] = (), used: Iterable[int] = ()) -> None:
        self.commits: list[Commit] = []
        self.used = set(used)
        self._by_formula: dict[tuple[str, str], list[Commit]] = {}
        self._by_area: dict[tuple[str, str], list[Commit]] = {}
        self._good: set[tuple[str, str, str]] = set()
        for commit in commits:
            self.commit(commit)

    def copy(self) -> Formulas:
        """Return an independent copy."""
        return Formulas(self.commits, self.used)

    def commit(self, commit: Commit) -> None:
        """Take in one more `formula.committed`."""
        self.commits.append(commit)
        self._by_formula.setdefault((commit.programme, commit.formula), []).append(commit)
        self._by_area.setdefault((commit.programme, commit.area), []).append(commit)
        self._good.clear()

    def decide(self, programme: str, formula: str, at: str) -> str | None:
        """Take in a decision; return what is wrong with it, None if nothing can be held against it.

        at: its hour.
        """
        if (programme, formula, at) in self._good:  # thousands of decisions are of one hour
            return None
        found = [
            commit
            for commit in self._by_formula.get((programme, formula), ())
            if commit.is_in_force(at)
        ]
        if not found:
            return "a decision under a formula that was not committed 24 hours before"
        if all(self._is_replaced(commit, at) for commit in found):
            return "a decision under a formula that another had replaced"
        if len(found) == 1 and found[0].index not in self.used:
            self.used.add(found[0].index)
            self._good.clear()
        self._good.add((programme, formula, at))
        return None

    def _is_replaced(self, commit: Commit, at: str) -> bool:
        """Whether another formula is in force in the commit's area, for sure.

        For sure: for an hour, since a decision may be written down just after the change; and in
        use, since a commit that a crash cut short stands in the log and was never taken.
        """
        before = moved(at, -1)
        order = (commit.valid_from, commit.index)
        return any(
            other.formula != commit.formula
            and (other.valid_from, other.index) > order
            and other.index in self.used
            and other.is_in_force(before)
            for other in self._by_area[commit.programme, commit.area]
        )
