"""One line of the table: a figure, its baseline in the same run, and the target for the two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sizes:
    """How much each row does. repeats: pairs of figure and baseline, of which the median counts.

    entries: of the long log. appends: a thread's, in a run. messages: sealed and opened.
    tokens: token requests. verifications: of the CPU figure; loaded: at half load.
    """

    repeats: int
    entries: int
    appends: int
    messages: int
    tokens: int
    verifications: int
    loaded: int


QUICK = Sizes(3, 50_000, 300, 200, 150, 24, 48)
FULL = Sizes(5, 1_000_000, 1_000, 1_000, 500, 100, 300)


@dataclass(frozen=True)
class Row:
    """One result. ratio: figure to baseline as the target means it; None where there is none.

    met: None where the row was skipped. note: how it was measured, or why it was not.
    """

    what: str
    figure: str
    baseline: str
    ratio: float | None
    target: str
    met: bool | None
    note: str = ""


def at_least(
    what: str, figure: str, baseline: str, ratio: float, target: float, note: str = ""
) -> Row:
    """Return the row of a figure that should reach `target` times its baseline."""
    return Row(what, figure, baseline, ratio, f">= {target:g} x", ratio >= target, note)


def at_most(
    what: str, figure: str, baseline: str, ratio: float, target: float, note: str = ""
) -> Row:
    """Return the row of a cost that should stay within `target` times its baseline."""
    return Row(what, figure, baseline, ratio, f"<= {target:g} x", ratio <= target, note)


def limit(what: str, value: float, most: float, unit: str, note: str = "") -> Row:
    """Return the row of a figure with an absolute limit and no baseline."""
    shown = f"{value:.3g} {unit}"
    return Row(what, shown, "-", None, f"<= {most:g} {unit}", value <= most, note)


def skipped(what: str, target: str, why: str) -> Row:
    """Return the row of something that this machine cannot run."""
    return Row(what, "skipped", "-", None, target, None, why)


Bench = Callable[[Sizes, Path], Sequence[Row]]
"""Runs one subject: sizes and an empty scratch folder in, rows out."""
