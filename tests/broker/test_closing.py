"""Closings in a question: the newest that there is room for."""

from __future__ import annotations

from broker.closing import MOST_CLOSINGS, ROOM_BYTES, Closing, fitting

SHARE = b"s" * 32


def test_a_question_takes_as_many_closings_as_it_may_hold() -> None:
    closings = [Closing(str(number), "proof", SHARE) for number in range(MOST_CLOSINGS + 1)]
    assert fitting(closings) == tuple(closings[1:])


def test_a_question_takes_no_more_closings_than_it_has_room_for() -> None:
    closings = [Closing(str(number), "p" * (ROOM_BYTES // 2 - 1), SHARE) for number in range(3)]
    assert fitting(closings) == tuple(closings[1:])


def test_a_question_of_nearly_everybody_has_none() -> None:
    assert fitting([]) == ()
