"""A request is checked before the person is bothered, every fault named as in its JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from policies.ask import Frequency, Item, Request, check_request
from policies.policy import Policy

TODAY = date(2026, 11, 24)
CAR = Item("polri", "owns_car")


def _members(request: Request, policy: Policy, client: str = "pkh") -> list[str]:
    faults = check_request(request, policy, client_programme=client, today=TODAY)
    return [fault.member for fault in faults]


def test_the_designs_own_example_is_fine(
    request_of: Callable[..., Request], policy: Policy
) -> None:
    assert _members(request_of(), policy) == []


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        ("programme", {"programme": "bpnt"}),
        ("programme", {"programme": "unknown"}),
        ("purpose", {"purpose": "curiosity"}),
        ("questions", {"items": ()}),
        ("questions[0].agency", {"items": (Item("tax_office", "owns_car"),)}),
        ("questions[0].question", {"items": (Item("polri", "owns_boat"),)}),
        ("questions[1].params.rupiah", {"items": (CAR, Item("himbara", "balance_above"))}),
        (
            "questions[1].params.rupiah",
            {"items": (CAR, Item("himbara", "balance_above", {"rupiah": 4_999_999}))},
        ),
        (
            "questions[0].params.rupiah",
            {"items": (Item("himbara", "balance_above", {"rupiah": "5000000"}),)},
        ),
        ("questions[0].params.colour", {"items": (Item("polri", "owns_car", {"colour": "red"}),)}),
        ("questions[1]", {"items": (CAR, CAR)}),
        ("valid_until", {"valid_until": date(2026, 11, 23)}),
        ("valid_until", {"valid_until": date(2027, 5, 24)}),
        ("frequency", {"frequency": Frequency("month", 3)}),
        ("frequency", {"frequency": Frequency("day", 1)}),
        ("frequency.max", {"frequency": Frequency("month", 0)}),
        ("frequency.per", {"frequency": Frequency("hour", 1)}),  # type: ignore[arg-type]
        ("retention_days", {"retention_days": 91}),
        ("retention_days", {"retention_days": 0}),
    ],
)
def test_a_fault_names_its_member(
    expected: str,
    changed: dict[str, object],
    request_of: Callable[..., Request],
    policy: Policy,
) -> None:
    assert [expected] == _members(request_of(**changed), policy)


def test_a_question_outside_the_purpose_is_a_fault(
    request_of: Callable[..., Request], policy: Policy
) -> None:
    request = request_of(
        purpose="emergency",
        items=(Item("dukcapil", "alive"), CAR),
        valid_until=date(2026, 12, 1),
        retention_days=30,
    )

    assert _members(request, policy) == ["questions[1].question"]


def test_two_values_of_one_question_are_a_fault(
    request_of: Callable[..., Request], policy: Policy
) -> None:
    """Two thresholds in one grant would narrow an amount."""
    items = tuple(Item("himbara", "balance_above", {"rupiah": n}) for n in (1_000_000, 5_000_000))

    assert _members(request_of(items=items), policy) == ["questions[1]"]


def test_true_is_not_the_value_one(request_of: Callable[..., Request], policy: Policy) -> None:
    items = (Item("dtsen", "decile_at_most", {"decile": True}),)

    assert _members(request_of(items=items), policy) == ["questions[0].params.decile"]


def test_every_fault_is_reported(request_of: Callable[..., Request], policy: Policy) -> None:
    request = request_of(items=(), valid_until=TODAY, retention_days=1000, programme="bpnt")

    assert _members(request, policy) == ["programme", "questions", "retention_days"]


def test_an_items_parameters_cannot_be_changed_afterwards() -> None:
    params: dict[str, int | str] = {"rupiah": 1_000_000}
    item = Item("himbara", "balance_above", params)
    params["rupiah"] = 2

    assert item.params == {"rupiah": 1_000_000}
    with pytest.raises(TypeError):
        item.params["rupiah"] = 2  # type: ignore[index]


@pytest.mark.parametrize(
    ("expected", "own", "ceiling"),
    [
        (True, Frequency("month", 2), Frequency("month", 2)),
        (False, Frequency("month", 3), Frequency("month", 2)),
        (False, Frequency("day", 1), Frequency("week", 6)),
        (True, Frequency("day", 1), Frequency("week", 7)),
        (False, Frequency("week", 1), Frequency("month", 4)),
        (True, Frequency("year", 1), Frequency("month", 1)),
        (False, Frequency("year", 2), Frequency("day", 1)),
    ],
)
def test_frequencies_of_other_windows_count_at_their_worst(
    expected: bool, own: Frequency, ceiling: Frequency
) -> None:
    assert expected is own.within(ceiling)
