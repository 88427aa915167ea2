"""Every day's tag file held against the entries: step 14, in itself and as a command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from audit.entry import draft
from audit.errors import LogUnavailableError, MissingError, PrunedError, TamperedError
from audit.log import Log
from audit.steps import promise_of
from audit.tag_checks import check_tag_files
from audit.tag_files import TagFile, format_tag_file, make_tag_file
from tests.audit.logs import START, Clock, access, open_log

FIRST = START.date()
DAYS = [FIRST + timedelta(days=number) for number in range(4)]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """Return a log of five days, nothing on the third: 300, 299 and a policy, 0, 2, 1 entries."""
    clock = Clock()
    opened = open_log(tmp_path, clock=clock)
    opened.append([access() for _ in range(300)])
    clock.moment += timedelta(days=1)
    opened.append([*(access() for _ in range(299)), draft("policy.changed", {"policy": "ab" * 32})])
    clock.moment += timedelta(days=2)
    opened.append([access(), access()])
    clock.moment += timedelta(days=1)
    opened.append([access()])
    yield opened
    opened.close()


class Served:
    """The tag files of a log, some of them false or left out."""

    def __init__(self, log: Log) -> None:
        self.files = {day: make_tag_file(log.read, log.size, day) for day in DAYS}

    def __call__(self, day: date) -> bytes:
        if day not in self.files:
            raise MissingError("no such file")
        return format_tag_file(self.files[day])


def blame(log: Log, served: Served) -> int | None:
    """Return the entry that step 14 blames; fails where it passes."""
    with pytest.raises(TamperedError) as caught:
        check_tag_files(served, log.read, log.size, DAYS)
    assert "P5" == promise_of(caught.value.step)
    return caught.value.index


def test_files_that_the_entries_make(log: Log) -> None:
    assert check_tag_files(Served(log), log.read, log.size, DAYS)


def test_a_log_begun_before_the_days_asked_for(log: Log) -> None:
    assert check_tag_files(Served(log), log.read, log.size, DAYS[1:])


def test_days_before_the_first_entry_are_empty_files(log: Log) -> None:
    early = [FIRST - timedelta(days=1), *DAYS]
    served = Served(log)
    served.files[early[0]] = TagFile(early[0], 0, (), ())
    assert check_tag_files(served, log.read, log.size, early)


@pytest.mark.parametrize(("day", "place", "index"), [(0, 7, 7), (1, 255, 555), (3, 1, 601)])
def test_an_entry_hidden_from_phones(log: Log, day: int, place: int, index: int) -> None:
    served = Served(log)
    made = served.files[DAYS[day]]
    tags = (*made.tags[:place], bytes(16), *made.tags[place + 1 :])
    served.files[DAYS[day]] = replace(made, tags=tags)
    assert index == blame(log, served)


def test_an_agency_left_out(log: Log) -> None:
    """Would hide all its entries: a phone looks for the tags of the agencies that are named."""
    served = Served(log)
    served.files[FIRST] = replace(served.files[FIRST], agencies=())
    assert blame(log, served) is None


def test_entries_cut_from_the_end_of_a_day(log: Log) -> None:
    served = Served(log)
    served.files[FIRST] = replace(served.files[FIRST], tags=served.files[FIRST].tags[:-1])
    assert blame(log, served) is None


def test_an_entry_on_a_day_without_any(log: Log) -> None:
    served = Served(log)
    served.files[DAYS[2]] = TagFile(DAYS[2], 600, (bytes(16),), ())
    assert blame(log, served) is None


def test_a_day_s_file_missing_among_others(log: Log) -> None:
    served = Served(log)
    del served.files[DAYS[1]]
    assert 300 == blame(log, served)


def test_a_log_that_serves_no_tag_files_cannot_be_checked(log: Log) -> None:
    served = Served(log)
    served.files.clear()
    with pytest.raises(LogUnavailableError, match="serves no tag files"):
        check_tag_files(served, log.read, log.size, DAYS)


def test_days_that_were_pruned_are_passed_over(log: Log) -> None:
    """The first bundle is gone: with it most of the first day, which so has no file."""

    def fetch(path: str) -> bytes:
        if path == "tile/entries/000":
            raise PrunedError("gone")
        return log.read(path)

    served = Served(log)
    del served.files[FIRST]
    assert check_tag_files(served, fetch, log.size, DAYS)


def test_a_log_without_a_past_day_was_not_checked(log: Log) -> None:
    assert not check_tag_files(Served(log), log.read, log.size, [])


@pytest.mark.parametrize("raw", [b"", b"izin-tags:2:2026-11-24:0:0:\n", b"\xff"])
def test_what_is_no_tag_file(log: Log, raw: bytes) -> None:
    with pytest.raises(TamperedError):
        check_tag_files(lambda _: raw, log.read, log.size, DAYS)
