"""The verifier's steps by name and number, and the promise that each of them guards.

The numbers are those of docs/verify.md; a step is appended, never renumbered, because reports,
scripts and other people's verifiers name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from audit.errors import TamperedError

(
    CHECKPOINT,
    BUNDLES,
    ENTRIES,
    CHAIN,
    HOURS,
    MARKS,
    ROOT,
    TILES,
    SINCE,
    FILES,
    FORMULAS,
    OUTCOMES,
    WITHDRAWN,
    TAGS,
) = STEPS = (
    "checkpoint",
    "bundles",
    "entries",
    "chain",
    "hours",
    "marks",
    "root",
    "tiles",
    "since",
    "files",
    "formulas",
    "outcomes",
    "withdrawn",
    "tags",
)
"""The steps' names, in the order of their numbers: STEPS[0] is step 1 of docs/verify.md."""

PROMISES: Mapping[str, str] = MappingProxyType(
    {
        "P2": "no proof in the log, no answer",
        "P5": "the person can find every access",
        "P7": "nothing is rewritten",
        "P8": "withdrawal works",
        "P10": "the formula is fixed before it is used",
    }
)
"""The promises that a log can be seen to break, in a few words."""

_BROKEN = {FORMULAS: "P10", OUTCOMES: "P2", WITHDRAWN: "P8", TAGS: "P5"}


def number_of(step: str) -> int | None:
    """Return a step's number; None for what fails before any step, in a log's own file."""
    return STEPS.index(step) + 1 if step in STEPS else None


def promise_of(step: str) -> str:
    """Return which promise is broken where a step fails: a key of PROMISES."""
    return _BROKEN.get(step, "P7")


class Fault(NamedTuple):
    """Something wrong; the smallest is the first entry's, then the first step's.

    entry: its index. number: of the step. reason: in words, without anything of the entry's.
    """

    entry: int
    number: int
    reason: str

    def error(self) -> TamperedError:
        """Return the error that says so."""
        return TamperedError(STEPS[self.number - 1], self.entry, self.reason)
