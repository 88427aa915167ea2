"""How values become yes, no or unknown."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.gateway.registry.verdict import combine_any, conclude, judge, number, total


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, Fraction(1)),
        (True, Fraction(1)),
        (0.5, Fraction(1, 2)),
        (Decimal("2.10"), Fraction(21, 10)),
        (None, None),
        ("0", None),
        ("N", None),
        (b"1", None),
        (float("nan"), None),
        (float("inf"), None),
        (Decimal("NaN"), None),
    ],
)
def test_only_finite_numbers_count(value: object, expected: Fraction | None) -> None:
    assert number(value) == expected


def test_an_amount_equal_to_the_threshold_is_not_above_it() -> None:
    assert judge(Fraction(5_000_000), "above", 5_000_000) == "no"
    assert judge(Fraction(5_000_001), "above", 5_000_000) == "yes"


def test_a_rank_equal_to_the_threshold_is_at_most_it() -> None:
    assert judge(Fraction(4), "at_most", 4) == "yes"
    assert judge(Fraction(5), "at_most", 4) == "no"


def test_a_flag_holds_unless_it_is_zero() -> None:
    assert judge(Fraction(1), "holds") == "yes"
    assert judge(Fraction(0), "holds") == "no"


def test_any_is_no_only_if_every_source_says_no() -> None:
    assert combine_any(["no", "no"]) == "no"
    assert combine_any(["no", "unknown"]) == "unknown"
    assert combine_any(["unknown", "yes", "no"]) == "yes"
    assert combine_any([]) == "unknown"


def test_a_sum_with_a_missing_part_is_unknown_even_if_the_rest_is_above() -> None:
    values = [Fraction(9_000_000), None]
    assert conclude(values, "above", threshold=5_000_000, combine="sum") == "unknown"


@given(st.lists(st.one_of(st.none(), st.integers(-100, 100).map(Fraction)), max_size=5))
def test_a_missing_value_never_becomes_no(values: list[Fraction | None]) -> None:
    for combine in ("any", "sum"):
        answer = conclude(values, "above", threshold=10, combine=combine)
        if None in values:
            assert answer != "no"


def test_a_total_is_exact() -> None:
    assert total([Fraction(1, 3)] * 3) == 1
