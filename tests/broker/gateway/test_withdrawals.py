"""Step 11: a withdrawn grant stays withdrawn, and no news is not good news."""

from __future__ import annotations

from datetime import date

import pytest

from audit.errors import AuditError
from broker.gateway.withdrawals import parse_withdrawn
from tests.broker.gateway.parties import Person
from tests.broker.gateway.world import World, reason

DAY = date(2026, 11, 24)


def test_a_withdrawn_grant_is_refused(world: World) -> None:
    """P8: whatever the broker's database says, the log has the withdrawal."""
    person = Person()
    grant, other = world.give(person), world.give(person)
    world.withdraw(grant)
    assert reason(world.ask(grant)) == "grant_withdrawn"
    assert "message" in world.ask(other)


def test_a_withdrawal_takes_effect_within_seconds(world: World) -> None:
    grant = world.give(Person())
    assert "message" in world.ask(grant)
    world.withdraw(grant)
    world.clock.advance(seconds=5)
    assert reason(world.ask(grant)) == "grant_withdrawn"


def test_a_withdrawal_of_a_day_past_counts(world: World) -> None:
    """Also for a gateway that starts later and never saw that day."""
    grant = world.give(Person())
    world.clock.advance(days=1)
    world.withdraw(grant)
    world.clock.advance(days=3)
    assert reason(world.ask(grant)) == "grant_withdrawn"


def test_a_withdrawal_once_seen_cannot_be_taken_back(world: World) -> None:
    grant = world.give(Person())
    world.withdraw(grant)
    assert reason(world.ask(grant)) == "grant_withdrawn"
    world.log.withdrawn = lambda day: []  # type: ignore[method-assign]
    world.clock.advance(seconds=10)
    assert reason(world.ask(grant)) == "grant_withdrawn"


def test_lists_that_cannot_be_read_for_ten_minutes_stop_answers(world: World) -> None:
    """Else whoever cuts the line between gateway and log could hide a withdrawal."""
    grant = world.give(Person())
    assert "message" in world.ask(grant)
    world.hidden.add("/withdrawn/")
    world.clock.advance(seconds=600)
    assert "message" in world.ask(grant)
    world.clock.advance(seconds=1)
    assert reason(world.ask(grant)) == "withdrawals_unknown"
    world.hidden.clear()
    world.clock.advance(seconds=5)
    assert "message" in world.ask(grant)


def test_lists_that_were_never_read_stop_answers(world: World) -> None:
    world.hidden.add("/withdrawn/")
    assert reason(world.ask(world.give(Person()))) == "withdrawals_unknown"


def test_every_day_since_the_grant_is_needed(world: World) -> None:
    grant = world.give(Person())
    world.clock.advance(days=3)
    world.hidden.add("/withdrawn/2026-11-25")
    assert reason(world.ask(grant)) == "withdrawals_unknown"


def test_a_day_that_is_over_is_read_once(world: World) -> None:
    grant = world.give(Person())
    world.clock.advance(days=3)
    assert "message" in world.ask(grant)
    world.hidden.update({"/withdrawn/2026-11-24", "/withdrawn/2026-11-25"})
    world.clock.advance(hours=1)
    assert "message" in world.ask(grant)


def test_a_day_just_over_is_read_again(world: World) -> None:
    """A withdrawal at 23:59:59 must not fall between two readings."""
    grant = world.give(Person())
    world.clock.advance(hours=14, minutes=29, seconds=58)
    assert "message" in world.ask(grant)
    world.withdraw(grant)
    world.clock.advance(minutes=5)
    assert reason(world.ask(grant)) == "grant_withdrawn"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b'{"v":1,"day":"2026-11-23","withdrawn":[]}',
        b'{"v":2,"day":"2026-11-24","withdrawn":[]}',
        b'{"v":1,"day":"2026-11-24"}',
        b'{"v":1,"day":"2026-11-24","withdrawn":[[1]]}',
        b'{"v":1,"day":"2026-11-24","withdrawn":[["1","' + b"a" * 64 + b'"]]}',
        b'{"v":1,"day":"2026-11-24","withdrawn":[[1,"' + b"A" * 64 + b'"]]}',
        b'{"v":1,"day":"2026-11-24","withdrawn":{"a":1}}',
    ],
)
def test_a_malformed_list_is_no_list(raw: bytes) -> None:
    with pytest.raises(AuditError):
        parse_withdrawn(raw, DAY)
