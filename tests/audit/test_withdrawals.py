"""The lists that gateways stop answering by say what the entries say, all of it and no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
import pytest

from audit.errors import MissingError, TamperedError
from audit.rules import Ended
from audit.withdrawals import check_withdrawn, days_of

FIRST, SECOND = date(2026, 11, 24), date(2026, 11, 25)
DAYS = [FIRST, SECOND]
W = ["0a" * 32, "0b" * 32, "0c" * 32]
ENDED = [Ended(3, "2026-11-24", W[0]), Ended(5, "2026-11-24", W[1]), Ended(9, "2026-11-25", W[2])]

Lists = dict[date, dict[str, Any]]


def honest() -> Lists:
    rows = {day: [[e.index, e.w] for e in ENDED if e.day == day.isoformat()] for day in DAYS}
    return {
        day: {"v": 1, "day": day.isoformat(), "size": 20, "withdrawn": rows[day]} for day in DAYS
    }


def serve(lists: Lists) -> Callable[[date], bytes]:
    def served(day: date) -> bytes:
        if day not in lists:
            raise MissingError("no such list")
        return orjson.dumps(lists[day])

    return served


def blame(lists: Lists) -> tuple[str, int | None]:
    with pytest.raises(TamperedError) as caught:
        check_withdrawn(serve(lists), ENDED, size=10, days=DAYS)
    return caught.value.step, caught.value.index


def test_lists_as_entries_say() -> None:
    assert check_withdrawn(serve(honest()), ENDED, size=10, days=DAYS)


def test_withdrawals_behind_the_checkpoint_are_none_of_its_business() -> None:
    lists = honest()
    lists[SECOND]["withdrawn"].append([10, "0d" * 32])
    assert check_withdrawn(serve(lists), ENDED, size=10, days=DAYS)


@pytest.mark.parametrize(("row", "index"), [(0, 3), (1, 5)])
def test_a_withdrawal_left_out(row: int, index: int) -> None:
    """Would work where gateways' lists are not compared: her withdrawal has no effect there."""
    lists = honest()
    del lists[FIRST]["withdrawn"][row]
    assert blame(lists) == ("withdrawn", index)


def test_a_withdrawal_that_is_no_entry() -> None:
    lists = honest()
    lists[FIRST]["withdrawn"].append([7, "0d" * 32])
    assert blame(lists) == ("withdrawn", 7)


def test_a_withdrawal_moved_to_another_day() -> None:
    lists = honest()
    lists[SECOND]["withdrawn"].insert(0, lists[FIRST]["withdrawn"].pop())
    assert blame(lists) == ("withdrawn", 5)


def test_another_grant_s_withdrawal_at_its_place() -> None:
    lists = honest()
    lists[FIRST]["withdrawn"][0][1] = "0d" * 32
    assert blame(lists) == ("withdrawn", 3)


def test_rows_in_another_order_or_twice() -> None:
    for change in (lambda rows: rows.reverse(), lambda rows: rows.append(rows[-1])):
        lists = honest()
        change(lists[FIRST]["withdrawn"])
        assert blame(lists)[0] == "withdrawn"


def test_a_list_that_stays_older_than_the_checkpoint() -> None:
    """Would work where the list's own size is believed: it then need not hold what came since."""
    lists = honest()
    lists[FIRST] = {**lists[FIRST], "size": 4, "withdrawn": lists[FIRST]["withdrawn"][:1]}
    assert blame(lists) == ("withdrawn", None)


def test_a_list_that_lags_for_a_moment_is_asked_again() -> None:
    good = serve(honest())
    asked: list[date] = []

    def lagging(day: date) -> bytes:
        asked.append(day)
        return orjson.dumps({**orjson.loads(good(day)), "size": 4}) if len(asked) < 3 else good(day)

    assert check_withdrawn(lagging, ENDED, size=10, days=DAYS)


def test_one_day_s_list_missing_among_others() -> None:
    lists = honest()
    del lists[SECOND]
    assert blame(lists) == ("withdrawn", 9)


def test_a_log_that_serves_no_lists_was_not_checked() -> None:
    assert not check_withdrawn(serve({}), ENDED, size=10, days=DAYS)


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"day": "2026-11-25"},
        {"size": "20"},
        {"withdrawn": {}},
        {"withdrawn": [[3]]},
        {"withdrawn": [["3", W[0]]]},
        {"withdrawn": [[3, 7]]},
        {"more": 1},
    ],
)
def test_what_is_no_list(change: dict[str, Any]) -> None:
    lists = honest()
    lists[FIRST] = {**lists[FIRST], **change}
    assert blame(lists) == ("withdrawn", None)


def test_what_is_not_even_json() -> None:
    with pytest.raises(TamperedError):
        check_withdrawn(lambda _: b"<html>", ENDED, size=10, days=DAYS)


def test_every_day_of_the_log_is_asked_for() -> None:
    days = days_of("2026-11-23T22:00:00Z", "2026-11-26T01:00:00Z", ENDED)
    assert [day.day for day in days] == [23, 24, 25, 26]


def test_a_log_dated_over_millennia_does_not_ask_for_each_day_of_them() -> None:
    days = days_of("0001-01-01T00:00:00Z", "9999-12-31T23:00:00Z", ENDED)
    assert len(days) < 4000
    assert {FIRST, SECOND} <= set(days)
    assert days_of("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z", []) == [
        date(1, 1, 1),
        date(1, 1, 2),
    ]
