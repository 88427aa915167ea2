"""How the values that sources returned become yes, no or unknown; knows no database.

Three-valued throughout: a missing or odd value never turns into `no`. All arithmetic is exact,
so that an amount that equals the threshold is not above it by a rounding error.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from broker.gateway.registry.adapter import Answer

Operator = Literal["holds", "above", "at_most"]
Combine = Literal["any", "sum"]

OPERATORS: Final[tuple[Operator, ...]] = ("holds", "above", "at_most")
COMBINATIONS: Final[tuple[Combine, ...]] = ("any", "sum")


def number(value: object) -> Fraction | None:
    """Return a source's value as an exact number, or None if it is not a finite number.

    Text is no number, not even "0" or "N": a registry that writes its flags as letters must
    compare them in its statement.
    """
    if isinstance(value, bool | int):
        return Fraction(int(value))
    if isinstance(value, float) and math.isfinite(value):
        return Fraction(value)
    if isinstance(value, Decimal) and value.is_finite():
        return Fraction(value)
    return None


def judge(value: Fraction | None, operator: Operator, threshold: int | None = None) -> Answer:
    """Return what one value says; None is a person or amount that the source cannot tell."""
    if value is None:
        return "unknown"
    if operator == "holds":
        return "no" if value == 0 else "yes"
    if threshold is None:
        return "unknown"
    met = value > threshold if operator == "above" else value <= threshold
    return "yes" if met else "no"


def combine_any(answers: Iterable[Answer]) -> Answer:
    """Return `yes` if one source says so, `no` only if every source says no."""
    seen = set(answers)
    if "yes" in seen:
        return "yes"
    return "no" if seen == {"no"} else "unknown"


def total(values: Iterable[Fraction | None]) -> Fraction | None:
    """Return the sum, or None if one source could not tell (a part of a sum says nothing)."""
    result = Fraction(0)
    for value in values:
        if value is None:
            return None
        result += value
    return result


def conclude(
    values: Iterable[Fraction | None],
    operator: Operator,
    *,
    threshold: int | None,
    combine: Combine,
) -> Answer:
    """Return the answer to the question from every source's value."""
    if combine == "sum":
        return judge(total(values), operator, threshold)
    return combine_any(judge(value, operator, threshold) for value in values)
