"""The index of tags: what it finds is what a search through the whole log finds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from audit.errors import MissingError, PrunedError
from audit.log import Log
from audit.tag_index import TagIndex
from audit.tiles import read_entries
from audit.trace import IZIN, find, share, tag
from tests.audit.logs import START, Clock, access, open_log

KEY, EARLIER = bytes(range(32)), bytes(range(1, 33))
AGENCIES = ("himbara", "polri")
FIRST = START.date()


def hers(key: bytes, whose: str, clock: Clock, k: int) -> str:
    return tag(share(key, whose), clock.moment.date(), k).hex()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[Log]:
    """Return a log of two days, 300 entries each, the third and the last of each hers."""
    opened = open_log(tmp_path, clock=clock)
    for key in (EARLIER, KEY):
        opened.append(
            [
                *(access() for _ in range(2)),
                access(tag=hers(key, "polri", clock, 0)),
                *(access() for _ in range(296)),
                access(tag=hers(key, IZIN, clock, 63)),
            ]
        )
        clock.moment += timedelta(days=1)
    yield opened
    opened.close()


def test_what_it_finds_is_what_a_search_through_the_log_finds(log: Log) -> None:
    expected = find(read_entries(log.read, log.size), KEY, AGENCIES)
    assert (expected, 0) == TagIndex(log.read).find(log.size, [KEY], AGENCIES, since=FIRST)
    assert [302, 599] == [each.index for each in expected]


def test_entries_under_every_key_that_was_hers(log: Log) -> None:
    found, _ = TagIndex(log.read).find(log.size, [EARLIER, KEY], AGENCIES, since=FIRST)
    assert [(2, "polri"), (299, IZIN), (302, "polri"), (599, IZIN)] == [
        (each.index, each.agency) for each in found
    ]


def test_what_was_added_since_is_found_and_the_rest_not_read_again(log: Log, clock: Clock) -> None:
    read: list[str] = []

    def fetch(path: str) -> bytes:
        read.append(path)
        return log.read(path)

    index = TagIndex(fetch)
    index.find(log.size, [KEY], AGENCIES, since=FIRST)
    log.append([access(), access(tag=hers(KEY, "himbara", clock, 5))])
    read.clear()
    found, _ = index.find(log.size, [KEY], AGENCIES, since=FIRST + timedelta(days=2))
    assert [601] == [each.index for each in found]
    assert {"tile/entries/002.p/90"} == set(read)


def test_nothing_before_the_first_day_or_beyond_the_size(log: Log) -> None:
    index = TagIndex(log.read)
    second = FIRST + timedelta(days=1)
    assert ([], 0) == index.find(log.size, [EARLIER], AGENCIES, since=second)
    index.find(log.size, [KEY], AGENCIES, since=FIRST)
    assert [302] == [each.index for each in index.find(599, [KEY], AGENCIES, since=FIRST)[0]]


def test_a_tag_counts_on_its_own_day_only(log: Log, clock: Clock) -> None:
    clock.moment -= timedelta(days=1)
    yesterdays = hers(KEY, "polri", clock, 9)
    clock.moment += timedelta(days=1)
    log.append([access(tag=yesterdays)])
    found, _ = TagIndex(log.read).find(log.size, [KEY], AGENCIES, since=FIRST)
    assert [302, 599] == [each.index for each in found]


def test_an_empty_log_has_nothing(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    assert ([], 0) == TagIndex(log.read).find(0, [KEY], AGENCIES, since=FIRST)
    log.close()


def test_a_log_that_could_not_be_read_is_read_on_later(log: Log) -> None:
    broken = True

    def fetch(path: str) -> bytes:
        if broken and path.startswith("tile/entries/001"):
            raise MissingError("gone")
        return log.read(path)

    index = TagIndex(fetch)
    with pytest.raises(MissingError):
        index.find(log.size, [KEY], AGENCIES, since=FIRST)
    broken = False
    assert 2 == len(index.find(log.size, [KEY], AGENCIES, since=FIRST)[0])


def test_many_ask_at_once(log: Log) -> None:
    index = TagIndex(log.read)
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda _: index.find(log.size, [KEY], AGENCIES, since=FIRST), range(16))
        )
    assert [[302, 599]] * 16 == [[each.index for each in one] for one, _ in found]


@pytest.mark.parametrize("is_read_before", [True, False])
def test_bodies_that_are_gone_are_not_found_and_said(log: Log, is_read_before: bool) -> None:
    gone = False

    def fetch(path: str) -> bytes:
        if gone and path == "tile/entries/000":
            raise PrunedError("gone")
        return b"" if path == "tile/remains/000" else log.read(path)

    index = TagIndex(fetch)
    if is_read_before:
        assert 4 == len(index.find(log.size, [EARLIER, KEY], AGENCIES, since=FIRST)[0])
    gone = True
    found, first = index.find(log.size, [EARLIER, KEY], AGENCIES, since=FIRST)
    assert [299, 302, 599] == [each.index for each in found]
    assert first == (3 if is_read_before else 256)  # hers, or everybody's
