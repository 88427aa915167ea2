"""`authorization_details`: read strictly, faults named by member, written as granted."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.authorization_details import (
    format_details,
    granted_details,
    parse_details,
    read_details,
)
from consent.errors import DetailsError
from policies.ask import Frequency, Item, Request
from tests.consent.world import CLIENT, NOTICE, REQUEST, World

DESIGN = """
[{"type": "social_assistance_verification", "programme": "pkh", "purpose": "eligibility",
  "questions": [{"agency": "polri", "question": "owns_car"},
                {"agency": "himbara", "question": "balance_above", "params": {"rupiah": 5000000}}],
  "valid_until": "2027-02-28", "frequency": {"per": "month", "max": 1}, "retention_days": 90}]
"""


def test_the_designs_example_is_read() -> None:
    assert parse_details(DESIGN) == Request(
        programme="pkh",
        purpose="eligibility",
        items=(
            Item("polri", "owns_car"),
            Item("himbara", "balance_above", {"rupiah": 5_000_000}),
        ),
        valid_until=date(2027, 2, 28),
        frequency=Frequency("month", 1),
        retention_days=90,
    )


def test_what_is_written_reads_back() -> None:
    formatted = format_details(REQUEST)

    assert read_details(formatted) == REQUEST
    assert parse_details(json.dumps(formatted)) == REQUEST
    assert formatted[0]["questions"][2]["optional"] is True  # type: ignore[index,call-overload]


def test_declined_items_are_gone_from_the_granted_details(world: World) -> None:
    person_id = world.enrol()
    record = world.grants.give(person_id, CLIENT, REQUEST, [0, 2], NOTICE)
    expected = format_details(REQUEST)
    expected[0]["questions"] = [expected[0]["questions"][i] for i in (0, 2)]  # type: ignore[index]

    assert granted_details(record) == expected


def with_(**members: Any) -> Any:
    return [{**format_details(REQUEST)[0], **members}]


def without(name: str) -> Any:
    return [{key: value for key, value in format_details(REQUEST)[0].items() if key != name}]


def question(**members: Any) -> Any:
    return with_(questions=[{"agency": "polri", "question": "owns_car", **members}])


@pytest.mark.parametrize(
    ("value", "member"),
    [
        ({}, "authorization_details"),
        ([], "authorization_details"),
        ([*with_(), *with_()], "authorization_details"),
        (["x"], "authorization_details[0]"),
        (with_(type="x"), "type"),
        (with_(extra=1), "extra"),
        (with_(programme=""), "programme"),
        (with_(programme=5), "programme"),
        (with_(purpose="é"), "purpose"),
        (with_(questions=[]), "questions"),
        (with_(questions={}), "questions"),
        (with_(questions=["x"]), "questions[0]"),
        (with_(valid_until="2027-2-28"), "valid_until"),
        (with_(valid_until="2027-W08-7"), "valid_until"),
        (with_(valid_until=20270228), "valid_until"),
        (with_(frequency=1), "frequency"),
        (with_(frequency={"per": "month"}), "frequency.max"),
        (with_(frequency={"per": "hour", "max": 1}), "frequency.per"),
        (with_(frequency={"per": "month", "max": True}), "frequency.max"),
        (with_(frequency={"per": "month", "max": 1.0}), "frequency.max"),
        (with_(retention_days=0), "retention_days"),
        (with_(retention_days="90"), "retention_days"),
        (question(extra=1), "questions[0].extra"),
        (question(agency=None), "questions[0].agency"),
        (question(optional="yes"), "questions[0].optional"),
        (question(params=[]), "questions[0].params"),
        (question(params={"rupiah": 1.5}), "questions[0].params.rupiah"),
        (question(params={"rupiah": True}), "questions[0].params.rupiah"),
        (question(params={"rupiah": 2**53}), "questions[0].params.rupiah"),
        (question(params={"3510994107900001": 1}), "questions[0].params"),
        *[(without(name), name) for name in format_details(REQUEST)[0]],
    ],
)
def test_a_fault_names_its_member(value: Any, member: str) -> None:
    with pytest.raises(DetailsError) as caught:
        parse_details(json.dumps(value))
    assert caught.value.member == member


def test_a_fault_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(DetailsError) as caught:
        parse_details(json.dumps(question(params={"rupiah": ["3510994107900001"]})))
    assert "3510994107900001" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "NaN",
        '[{"type": "a", "type": "a"}]',
        "[" * 10_000,
        " " * 20_000,
        DESIGN.replace("90", "NaN"),
        DESIGN.replace("90", "9" * 5_000),
    ],
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(DetailsError):
        parse_details(text)


@given(st.text())
def test_the_parser_raises_only_our_error(text: str) -> None:
    with pytest.raises(DetailsError):
        parse_details(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["agency", "question", "params", "per", "max"]), inner)
    ),
    max_leaves=5,
)


@given(st.sampled_from(sorted(format_details(REQUEST)[0])), json_values)
def test_any_member_of_any_value_raises_only_our_error(name: str, value: Any) -> None:
    try:
        request = read_details(with_(**{name: value}))
    except DetailsError:
        return
    assert format_details(request)[0][name] == value
