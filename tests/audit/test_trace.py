"""The trace key finds everything about its owner, and nothing about anybody else."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.chain import GENESIS_PREV
from audit.entry import draft, format_entry
from audit.errors import AuditError, EntryError
from audit.merkle import leaf_hash
from audit.trace import (
    IZIN,
    TAGS_A_DAY,
    day_tags,
    find,
    format_trace_key,
    gid,
    given_commitment,
    parse_trace_key,
    reader_token,
    share,
    share_commitment,
    share_pin,
    tag,
    withdrawn_commitment,
)
from tests.audit.memory_log import some_members

HERS, HIS = bytes(range(32)), bytes(range(1, 33))
AGENCIES = ("polri", "himbara")
DAY = date(2026, 11, 24)


def test_the_derivations_are_those_of_the_design() -> None:
    """Written out a second time, so that a slip in a string shows."""
    one = hmac.new(HERS, b"izin/v1/trace/polri", sha256).digest()
    name = hmac.new(HERS, b"izin/v1/grant/3", sha256).digest()
    assert one == share(HERS, "polri")
    assert hmac.new(one, b"2026-11-24/63", sha256).digest()[:16] == tag(one, DAY, 63)
    assert name == gid(HERS, 3)
    assert sha256(b"izin/v1/given/" + name).digest() == given_commitment(name)
    assert sha256(b"izin/v1/withdrawn/" + name).digest() == withdrawn_commitment(name)
    expected = sha256(b"izin/v1/share/" + name + one + b"polri").digest()[:16]
    assert expected == share_commitment(name, one, "polri")
    assert sha256(one).digest() == share_pin(one)


def test_a_readers_token_is_base64url_of_the_hmac() -> None:
    token = reader_token(HERS)
    assert (43, "=" not in token) == (len(token), True)
    assert reader_token(HIS) != token


def test_every_candidate_of_a_day_is_different() -> None:
    tags = day_tags(HERS, AGENCIES, DAY)
    assert len(tags) == 3 * TAGS_A_DAY
    assert tags == {
        tag(share(HERS, agency), DAY, k).hex().encode(): agency
        for agency in (*AGENCIES, IZIN)
        for k in range(TAGS_A_DAY)
    }
    assert tags.keys().isdisjoint(day_tags(HIS, AGENCIES, DAY))
    assert tags.keys().isdisjoint(day_tags(HERS, AGENCIES, DAY + timedelta(days=1)))


def log_with(tags: Sequence[tuple[bytes, datetime]]) -> list[bytes]:
    entries: list[bytes] = []
    prev = GENESIS_PREV
    for number, (one, at) in enumerate(tags):
        members = {**some_members("access.answered", number), "tag": one.hex()}
        raw = format_entry(draft("access.answered", members), at, prev)
        prev = leaf_hash(raw)
        entries.append(raw)
    return entries


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([HERS, HIS, None]),
            st.sampled_from([*AGENCIES, IZIN]),
            st.integers(0, 3),
            st.integers(0, 63),
        ),
        max_size=12,
    )
)
def test_each_finds_exactly_what_is_theirs(
    drawn: list[tuple[bytes | None, str, int, int]],
) -> None:
    drawn.sort(key=lambda one: one[2])
    tags = []
    for number, (key, agency, days, k) in enumerate(drawn):
        day = DAY + timedelta(days=days)
        made = tag(share(key, agency), day, k) if key else sha256(bytes([number])).digest()[:16]
        tags.append((made, at(day)))
    entries = log_with(tags)
    for key in (HERS, HIS):
        expected = [(i, agency) for i, (who, agency, _, _) in enumerate(drawn) if who == key]
        found = find(entries, key, AGENCIES)
        assert expected == [(one.index, one.agency) for one in found]
        assert [entries[index] for index, _ in expected] == [one.entry.raw for one in found]


def test_a_tag_of_another_day_is_not_hers() -> None:
    """Else an old tag copied from the log would put a strange entry on her list."""
    yesterday = tag(share(HERS, "polri"), DAY - timedelta(days=1), 0)
    assert find(log_with([(yesterday, at(DAY))]), HERS, AGENCIES) == []


def test_entries_without_a_tag_are_passed_over() -> None:
    raw = format_entry(
        draft("policy.changed", some_members("policy.changed", 0)), at(DAY), GENESIS_PREV
    )
    assert find([raw], HERS, AGENCIES) == []


@pytest.mark.parametrize(
    "raw", [b" ", b"{}", b"[]", b"1", b'{"at":1}', b'{"at":"x"}', b'{"at":"2026-02-30"}']
)
def test_what_no_log_holds_raises_our_error(raw: bytes) -> None:
    with pytest.raises(EntryError, match="entry 0"):
        find([raw], HERS, AGENCIES)


@pytest.mark.parametrize("k", [-1, 64])
def test_a_day_has_no_other_tags(k: int) -> None:
    with pytest.raises(AuditError):
        tag(share(HERS, "polri"), DAY, k)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(AuditError):
        share(HERS[:-1], "polri")
    with pytest.raises(AuditError):
        gid(HERS, -1)


def test_the_receipts_text_goes_there_and_back() -> None:
    text = format_trace_key("izin.example/log", HERS)
    assert text.startswith("izin-trace:1:izin.example/log:")
    assert parse_trace_key(text) == ("izin.example/log", HERS)


def test_an_origin_with_scheme_or_port_is_refused() -> None:
    for origin in ("https://izin.example", "izin.example:80", ""):
        with pytest.raises(AuditError):
            format_trace_key(origin, HERS)


@given(st.text() | st.from_regex(r"izin-trace:1:[a-z.]{1,9}:[A-Za-z0-9_-]{43}", fullmatch=True))
def test_any_text_is_a_trace_key_or_raises_our_error(text: str) -> None:
    try:
        origin, key = parse_trace_key(text)
    except AuditError:
        return
    assert text == format_trace_key(origin, key)


def test_a_refusal_does_not_repeat_the_key() -> None:
    text = format_trace_key("izin.example", HERS)
    with pytest.raises(AuditError) as caught:
        parse_trace_key(text + "x")
    assert text[-20:] not in str(caught.value)
