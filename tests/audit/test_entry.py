"""Entries: every kind goes there and back, and nothing else comes in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audit.canonical import JsonInput, encode, parse
from audit.chain import GENESIS_PREV, check_link, check_order
from audit.entry import (
    CHECKS,
    KINDS,
    REQUIRED,
    draft,
    format_at,
    format_entry,
    marks,
    parse_at,
    parse_entry,
    salted_digest,
)
from audit.errors import AuditError, CanonicalError, EntryError
from audit.merkle import leaf_hash
from tests.audit.memory_log import START, some_entries, some_members

ALL = tuple(KINDS)


def raw_entry(kind: str, /, **changes: Any) -> bytes:
    """Return an entry's bytes with members put over it, checked by nobody; None takes one out."""
    members = parse(format_entry(draft(kind, some_members(kind, 0)), START, GENESIS_PREV))
    members.update(changes)
    return encode({name: value for name, value in members.items() if value is not None})


@pytest.mark.parametrize("kind", ALL)
def test_every_kind_goes_there_and_back(kind: str) -> None:
    for number in range(3):
        members = some_members(kind, number)
        raw = format_entry(draft(kind, members), START, bytes(range(32)))
        entry = parse_entry(raw)
        assert (members, kind, raw) == (entry.members, entry.kind, entry.raw)
        assert bytes(range(32)) == entry.prev
        assert entry.at == datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize("kind", ALL)
def test_every_required_member_is_required(kind: str) -> None:
    members = some_members(kind, 1)
    for name in REQUIRED[kind]:
        fewer = {key: value for key, value in members.items() if key != name}
        with pytest.raises(EntryError, match=name):
            draft(kind, fewer)
        with pytest.raises(EntryError):
            parse_entry(raw_entry(kind, **{name: None}))


@pytest.mark.parametrize("kind", ALL)
def test_unknown_members_are_refused_without_repeating_their_name(kind: str) -> None:
    with pytest.raises(EntryError) as caught:
        draft(kind, {**some_members(kind, 0), "nik_3510990101010001": "x"})
    assert "3510" not in str(caught.value)
    with pytest.raises(EntryError):
        parse_entry(raw_entry(kind, nik="3510990101010001"))


@pytest.mark.parametrize("kind", ALL)
def test_no_member_holds_a_value_of_another_type(kind: str) -> None:
    wrong: list[Any] = [
        True,
        -1,
        "",
        "A",
        "x y",
        [],
        ["b", "a"],
        ["a", "a"],
        [[]],
        [1],
        {},
        {"a": 1},
    ]
    for name in CHECKS[kind]:
        for value in wrong:
            if name in ("questions", "reasons", "traces") and value == []:
                continue
            with pytest.raises(EntryError, match=name):
                draft(kind, {**some_members(kind, 1), name: value})


@pytest.mark.parametrize("kind", ALL)
def test_no_member_can_hold_a_nik(kind: str) -> None:
    nik = "3510990101010001"
    for name in CHECKS[kind]:
        for value in (nik, f"x{nik}", [nik], nik * 2 + "a"):
            with pytest.raises(EntryError) as caught:
                draft(kind, {**some_members(kind, 1), name: value})
            assert nik not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": True},
        {"v": None},
        {"at": "2026-11-24T09:30:00Z"},
        {"at": "2026-11-24T09:00:00+00:00"},
        {"at": "2026-02-30T09:00:00Z"},
        {"at": "2026-11-24T24:00:00Z"},
        {"at": 1},
        {"at": None},
        {"prev": "A" * 64},
        {"prev": "0" * 63},
        {"prev": None},
        {"prev": 0},
        {"kind": "policy.unheard"},
        {"kind": 3},
        {"kind": None},
        {"policy": "0" * 63 + "\n"},
        {"policy": "0" * 64 + "\n"},
    ],
)
def test_other_heads_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(EntryError):
        parse_entry(raw_entry("policy.changed", **changes))


@given(st.binary() | st.text().map(str.encode))
@example(b"{}")
@example(b"[" * 100_000)
@example(b" " * 70_000)
def test_any_bytes_parse_or_raise_our_error(raw: bytes) -> None:
    with pytest.raises(EntryError):
        parse_entry(raw)


JSON = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(ALL), st.data(), JSON)
def test_any_member_fits_or_raises_our_error(kind: str, data: st.DataObject, value: Any) -> None:
    name = data.draw(st.sampled_from(["v", "at", "prev", "kind", *sorted(CHECKS[kind]), "new"]))
    raw = raw_entry(kind, **{name: value})
    try:
        entry = parse_entry(raw)
    except EntryError:
        return
    assert raw == format_entry(draft(entry.kind, entry.members), entry.at, entry.prev)


def test_every_flipped_bit_of_an_entry_is_refused_or_changes_its_leaf() -> None:
    raw = some_entries(1, ("grant.given",))[0]
    for bit in range(8 * len(raw)):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        assert leaf_hash(raw) != leaf_hash(bytes(changed))
        try:
            parsed = parse_entry(bytes(changed))
        except AuditError:
            continue
        assert parsed != parse_entry(raw)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("grant.given", "g"), ("grant.withdrawn", "w"), ("grant.expired", "w"), ("access.sent", "q")],
)
def test_marks_are_the_commitments_that_must_not_repeat(kind: str, name: str) -> None:
    members = some_members(kind, 0)
    assert [bytes.fromhex(str(members[name]))] == marks(draft(kind, members))


def test_other_kinds_have_no_marks() -> None:
    assert marks(draft("access.refused", some_members("access.refused", 0))) == []


def test_a_draft_does_not_change_with_the_list_it_came_from() -> None:
    questions: list[JsonInput] = ["owns_car"]
    made = draft("access.refused", {**some_members("access.refused", 0), "questions": questions})
    questions.append("SECRET")
    assert made.members["questions"] == ["owns_car"]


@given(st.datetimes(timezones=st.timezones()) | st.just(datetime(999, 1, 1, 5, tzinfo=UTC)))
def test_hours_go_there_and_back(at: datetime) -> None:
    try:
        text = format_at(at)
    except OverflowError:
        return  # within a day of the calendar's ends
    parsed = parse_at(text)
    assert timedelta(0) <= at - parsed < timedelta(hours=1)
    assert text == format_at(parsed)


def test_the_hour_is_that_of_utc() -> None:
    jakarta = timezone(timedelta(hours=7))
    assert format_at(datetime(2026, 11, 24, 0, 59, 59, tzinfo=jakarta)) == "2026-11-23T17:00:00Z"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(EntryError):
        format_entry(
            draft("policy.changed", some_members("policy.changed", 0)),
            datetime(2026, 1, 1),  # noqa: DTZ001  # the point of this test
            GENESIS_PREV,
        )


def test_an_entry_too_long_for_a_bundle_is_refused() -> None:
    reasons = sorted(f"{'a' * 60}{number}" for number in range(1000, 2000))
    members = {**some_members("access.refused", 0), "reasons": reasons}
    with pytest.raises(EntryError, match="longer"):
        format_entry(draft("access.refused", members), START, GENESIS_PREV)


def test_a_salted_digest_hides_and_binds() -> None:
    salt, opening = bytes(range(32)), {"village": "Kemiren"}
    digest = salted_digest(salt, opening)
    assert digest == salted_digest(salt, dict(opening))
    assert digest != salted_digest(bytes(32), opening)
    assert digest != salted_digest(salt, {"village": "Lateng"})
    with pytest.raises(EntryError):
        salted_digest(b"short", opening)
    with pytest.raises(CanonicalError):
        salted_digest(salt, {"x": None})  # type: ignore[dict-item]  # the point of this test


def test_the_chain_holds_and_its_twins_do_not() -> None:
    first, second, third = map(parse_entry, some_entries(3))
    check_link(GENESIS_PREV, first)
    check_link(leaf_hash(first.raw), second)
    for previous, entry in [
        (GENESIS_PREV, second),
        (leaf_hash(first.raw), third),
        (leaf_hash(second.raw), first),
    ]:
        with pytest.raises(EntryError):
            check_link(previous, entry)


def test_hours_may_stay_and_rise_but_not_fall() -> None:
    entry = parse_entry(some_entries(1)[0])
    check_order(None, entry)
    check_order(entry.at, entry)
    check_order(entry.at - timedelta(hours=1), entry)
    with pytest.raises(EntryError):
        check_order(entry.at + timedelta(hours=1), entry)


def test_entries_are_plain_json_to_everybody_else() -> None:
    raw = some_entries(1)[0]
    assert json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":")).encode() == raw
