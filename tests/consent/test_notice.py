"""The notice: the words for exactly what is asked, and a digest that any change changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consent.errors import RequestError
from consent.notice import write_notice
from policies.ask import Frequency, Item
from policies.load import load
from tests.consent.world import BALANCE, CAR, REQUEST

POLICY = load()


def test_every_question_is_shown_with_what_is_not_shared() -> None:
    notice = write_notice(REQUEST, POLICY)

    assert len(notice.items) == len(REQUEST.items)
    assert [item.optional for item in notice.items] == [False, False, True]
    assert "5.000.000" in notice.items[1].question.id
    assert "5,000,000" in notice.items[1].question.en
    assert all(item.not_shared.id and item.not_shared.en for item in notice.items)


def test_day_frequency_and_retention_are_words_of_each_language() -> None:
    notice = write_notice(REQUEST, POLICY)

    assert (notice.valid_until.id, notice.valid_until.en) == (
        "28 Februari 2027",
        "28 February 2027",
    )
    assert notice.frequency.id == "Paling banyak 1 kali setiap bulan."
    assert notice.frequency.en == "At most once every month."
    assert "90 hari" in notice.retention.id


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, items=(CAR, BALANCE)),
        replace(REQUEST, items=(BALANCE, CAR, REQUEST.items[2])),
        replace(REQUEST, purpose="recertification"),
        replace(REQUEST, retention_days=91),
        replace(REQUEST, frequency=Frequency("month", 2)),
        replace(REQUEST, valid_until=REQUEST.valid_until.replace(day=27)),
        replace(REQUEST, items=(CAR, BALANCE, replace(REQUEST.items[2], optional=False))),
    ],
)
def test_other_words_have_another_digest(other: object) -> None:
    notice = write_notice(REQUEST, POLICY)

    assert notice.digest == write_notice(REQUEST, POLICY).digest
    assert notice.digest != write_notice(other, POLICY).digest  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, programme="x"),
        replace(REQUEST, purpose="x"),
        replace(REQUEST, items=(Item("polri", "x"),)),
        replace(REQUEST, items=(Item("x", "owns_car"),)),
    ],
)
def test_what_has_no_words_cannot_be_shown(other: object) -> None:
    with pytest.raises(RequestError):
        write_notice(other, POLICY)  # type: ignore[arg-type]
