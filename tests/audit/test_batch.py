"""The fast reader never accepts what the slow one refuses, nor the reverse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audit.batch import leaf_hashes
from audit.canonical import encode, parse
from audit.entry import KINDS, draft, format_entry
from audit.merkle import leaf_hash
from audit.reader import Reader
from tests.audit.memory_log import START, some_entries, some_members

GOOD = some_entries(40, tuple(KINDS))


def fast(entries: Sequence[bytes]) -> bool:
    return Reader().accept(entries, leaf_hashes(entries))


def slow(entries: Sequence[bytes]) -> bool:
    reader = Reader()
    return all(reader.move(raw) is None for raw in entries)


def test_good_entries_pass_and_are_counted() -> None:
    reader = Reader()
    for start in range(0, 40, 7):
        part = GOOD[start : start + 7]
        assert reader.accept(part, leaf_hashes(part))
    slower = Reader()
    for raw in GOOD:
        assert slower.move(raw) is None
    assert (slower.kinds, slower.marks) == (reader.kinds, reader.marks)
    assert (slower.previous, slower.moment) == (reader.previous, reader.moment)


def test_no_entries_are_fine() -> None:
    assert fast([])


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 39), st.integers(min_value=0))
def test_a_flipped_bit_gets_the_slow_readers_verdict(index: int, bit: int) -> None:
    raw = bytearray(GOOD[index])
    bit %= 8 * len(raw)
    raw[bit // 8] ^= 1 << bit % 8
    entries = [*GOOD[:index], bytes(raw)]
    assert slow(entries) == fast(entries)


VALUES = st.sampled_from(
    [1, 0, True, False, -1, "", "a", "a" * 64, "0" * 64, "0" * 32, "A" * 64, "é" * 64, [], {}]
) | st.recursive(
    st.booleans() | st.integers(-5, 5) | st.sampled_from(["0" * 31, "0" * 33, "0" * 63, "0" * 65]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("a"), inner, max_size=1),
    max_leaves=4,
)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.data(), VALUES)
def test_a_changed_member_gets_the_slow_readers_verdict(
    kind: str, data: st.DataObject, value: object
) -> None:
    members = parse(some_entries(1, (kind,))[0])
    name = data.draw(st.sampled_from([*sorted(members), "count", "other"]))
    members[name] = value  # type: ignore[assignment]  # anything
    entries = [encode(members)]
    assert slow(entries) == fast(entries)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_hex_of_two_wrong_lengths_does_not_add_up(kind: str) -> None:
    """Lengths are checked one by one: 63 and 65 digits have the same sum as 64 and 64."""
    first, second = some_entries(2, (kind,))
    one, two = parse(first), parse(second)
    names = [name for name, value in one.items() if type(value) is str and len(value) == 64]
    for name in set(names) - {"prev"}:
        one[name], two[name] = "0" * 63, "0" * 65
        raw = encode(one)
        two["prev"] = leaf_hash(raw).hex()
        assert not fast([raw, encode(two)])


@pytest.mark.parametrize(
    "cut",
    [
        # The pieces join to good JSON; only their borders are wrong.
        lambda one, two: [one + b"," + two, b""],
        lambda one, two: [one + b",", two],
        lambda one, two: [one[:20], one[20:], two],
        lambda one, two: [b'{"a":[{}', b"{}]}", b"{},{}"],
        lambda one, two: [one + b"\n", two],
        lambda one, two: [b"\n" + one, two],
        lambda one, two: [b"[" + one, two + b"]"],
        lambda one, two: [one + b"," + two],
    ],
)
def test_pieces_that_are_entries_only_together_are_refused(cut: object) -> None:
    pieces = cut(GOOD[0], GOOD[1])  # type: ignore[operator]  # a lambda, above
    assert not fast(pieces)
    assert not slow(pieces)


@given(st.lists(st.binary(max_size=40) | st.sampled_from(GOOD), max_size=4))
@example([b"[" * 5_000])
@example([b""])
def test_any_bytes_get_the_slow_readers_verdict(entries: list[bytes]) -> None:
    assert slow(entries) == fast(entries)


def test_a_refusal_leaves_the_reader_where_it_was() -> None:
    reader = Reader()
    assert reader.accept(GOOD[:5], leaf_hashes(GOOD[:5]))
    before = (reader.previous, reader.at, dict(reader.kinds), set(reader.marks))
    bad = [*GOOD[5:9], b"{}"]
    assert not reader.accept(bad, leaf_hashes(bad))
    assert before == (reader.previous, reader.at, dict(reader.kinds), set(reader.marks))
    assert reader.accept(GOOD[5:], leaf_hashes(GOOD[5:]))


@pytest.mark.parametrize("gap", [0, 1, 3])
def test_a_mark_that_repeats_is_refused(gap: int) -> None:
    raws = some_entries(1 + gap, ("access.sent",))
    again = draft("access.sent", some_members("access.sent", 0))
    raws.append(format_entry(again, START, leaf_hash(raws[-1])))
    assert not fast(raws)
    reader = Reader()
    assert reader.accept(raws[:1], leaf_hashes(raws[:1]))
    assert not reader.accept(raws[1:], leaf_hashes(raws[1:]))


def test_hours_that_fall_are_refused() -> None:
    made = draft("policy.changed", some_members("policy.changed", 0))
    first = format_entry(made, START, bytes(32))
    later = format_entry(made, START - timedelta(hours=1), leaf_hash(first))
    assert not fast([first, later])


def test_many_different_ids_do_not_fill_the_memory() -> None:
    reader = Reader()
    prev = bytes(32)
    for part in range(6):
        raws = []
        for number in range(2_000):
            members = {**some_members("access.refused", 0), "programme": f"p{part}-{number}"}
            raw = format_entry(draft("access.refused", members), START, prev)
            prev = leaf_hash(raw)
            raws.append(raw)
        assert reader.accept(raws, leaf_hashes(raws))
    assert reader.quick.known <= 12_000
