"""A part opens under a trusted key only, and only as what we would have written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import Json, encode
from consent.errors import PartError
from consent.parts import (
    PART_TYP,
    Part,
    open_part,
    part_digest,
    part_members,
    person_binding,
    sign_part,
)
from keys.jws import sign_compact
from keys.signing import SigningKey
from policies.ask import Frequency, Item

KEY = SigningKey.from_seed(bytes([5]) * 32)
OTHER = SigningKey.from_seed(bytes([6]) * 32)
GID = bytes(range(32))
PART = Part(
    programme="pkh",
    agency="himbara",
    subject="s" * 43,
    purpose="eligibility",
    questions=(Item("himbara", "balance_above", {"rupiah": 5_000_000}),),
    valid_until=date(2027, 2, 28),
    frequency=Frequency("month", 1),
    retention_days=90,
    sub=person_binding(GID, "3510994107900001"),
    notice="ab" * 32,
)


def test_a_part_opens_as_it_was_signed() -> None:
    assert open_part(sign_part(PART, KEY), [OTHER.public, KEY.public]) == PART


def test_a_part_of_an_unknown_signer_is_refused() -> None:
    with pytest.raises(PartError, match="no trusted consent key"):
        open_part(sign_part(PART, OTHER), [KEY.public])


def test_a_part_of_another_type_is_refused() -> None:
    jws = sign_compact(encode(part_members(PART)), KEY, typ="izin-evidence+jws")
    with pytest.raises(PartError):
        open_part(jws, [KEY.public])


@pytest.mark.parametrize("at", range(0, 700, 23))
def test_a_changed_character_is_refused(at: int) -> None:
    jws = sign_part(PART, KEY)
    changed = jws[:at] + ("A" if jws[at] != "A" else "B") + jws[at + 1 :]
    with pytest.raises(PartError):
        open_part(changed, [KEY.public])


def change(**members: Json) -> Callable[[dict[str, Json]], dict[str, Json]]:
    return lambda whole: {**whole, **members}


def drop(name: str) -> Callable[[dict[str, Json]], dict[str, Json]]:
    return lambda whole: {key: value for key, value in whole.items() if key != name}


@pytest.mark.parametrize(
    "twist",
    [
        change(v=2),
        change(v=True),
        change(extra="x"),
        change(programme="PKH"),
        change(agency="a" * 65),
        change(subject="short"),
        change(valid_until="2027-W08-7"),
        change(valid_until="20270228"),
        change(valid_until="2027-02-30"),
        change(frequency={"per": "hour", "max": 1}),
        change(frequency={"per": "month", "max": 0}),
        change(frequency={"per": "month", "max": True}),
        change(frequency={"per": "month", "max": 1, "more": 1}),
        change(retention_days=0),
        change(sub="AB" * 32),
        change(notice=""),
        change(questions=[]),
        change(questions="balance_above"),
        change(questions=[{"question": "has_account", "optional": True}]),
        change(questions=[{"question": "has_account", "params": {}}]),
        change(questions=[{"question": "balance_above", "params": {"rupiah": True}}]),
        change(questions=[{"question": "balance_above", "params": {"rupiah": ["x"]}}]),
        change(
            questions=[
                {"question": "balance_above", "params": {"rupiah": 1}},
                {"question": "balance_above", "params": {"rupiah": 2}},
            ]
        ),
        *[drop(name) for name in part_members(PART)],
    ],
)
def test_other_members_are_refused_though_signed(
    twist: Callable[[dict[str, Json]], dict[str, Json]],
) -> None:
    jws = sign_compact(encode(twist(part_members(PART))), KEY, typ=PART_TYP)
    with pytest.raises(PartError):
        open_part(jws, [KEY.public])


def test_the_digest_is_of_the_whole_jws() -> None:
    jws = sign_part(PART, KEY)

    assert part_digest(jws) != part_digest(sign_part(replace(PART, retention_days=91), KEY))
    assert len(part_digest(jws)) == 64
    with pytest.raises(PartError):
        part_digest("é")


def test_the_binding_depends_on_grant_and_nik() -> None:
    assert PART.sub != person_binding(GID, "3510994107900002")
    assert PART.sub != person_binding(bytes(32), "3510994107900001")


@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"))
def test_the_parser_raises_only_our_error(text: str) -> None:
    with pytest.raises(PartError):
        open_part(text, [KEY.public])


json_values = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["question", "params", "per", "max"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(sorted(part_members(PART))), json_values)
def test_any_member_of_any_value_raises_only_our_error(name: str, value: Json) -> None:
    jws = sign_compact(encode({**part_members(PART), name: value}), KEY, typ=PART_TYP)
    try:
        opened = open_part(jws, [KEY.public])
    except PartError:
        return
    assert part_members(opened)[name] == value
