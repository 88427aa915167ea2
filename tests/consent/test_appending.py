"""An append whose day turned is made once more, for the log's day."""

from __future__ import annotations

from datetime import date

import pytest

from audit.entry import Draft, draft
from audit.errors import DayTurnedError, WithdrawnError
from consent.appending import append_tagged, today
from tests.consent.world import CLIENT, NOTICE, REQUEST, World


def test_an_append_is_made_for_today(world: World) -> None:
    made: list[date] = []

    def make(day: date) -> list[Draft]:
        made.append(day)
        return [draft("policy.changed", {"policy": "0" * 64}, day=day)]

    appended = append_tagged(world.log, make, clock=world.clock)
    assert made == [today(world.clock)]
    assert appended.entries[0].index == 0


def test_two_clocks_a_day_apart_are_not_papered_over(world: World) -> None:
    """The second turn is raised, and nothing is written."""
    made: list[date] = []

    def make(day: date) -> list[Draft]:
        made.append(day)
        return [draft("policy.changed", {"policy": "0" * 64}, day=date(2020, 1, 1))]

    with pytest.raises(DayTurnedError):
        append_tagged(world.log, make, clock=world.clock)
    assert len(made) == 2
    assert world.log.size == 0


def test_the_condition_is_passed_on(world: World, person_id: str) -> None:
    record = world.grants.give(person_id, CLIENT, REQUEST, [0], NOTICE)
    world.grants.withdraw(record.grant_id, person_id)

    def make(day: date) -> list[Draft]:
        return [draft("policy.changed", {"policy": "0" * 64}, day=day)]

    with pytest.raises(WithdrawnError):
        append_tagged(world.log, make, clock=world.clock, unless=[bytes.fromhex(record.w)])
