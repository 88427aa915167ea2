"""The grant's states: what follows what, and when it may be used."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from consent.errors import StateError
from consent.grants import GrantRecord, GrantState, activate, end, view
from tests.consent.world import NOON, REQUEST

PREPARED = GrantRecord(
    grant_id="g" * 22,
    person_id="p" * 22,
    client_id="c",
    programme=REQUEST.programme,
    subject="s" * 43,
    purpose=REQUEST.purpose,
    n=1,
    granted=REQUEST.items,
    declined=(),
    valid_until=REQUEST.valid_until,
    frequency=REQUEST.frequency,
    retention_days=REQUEST.retention_days,
    given_at=None,
    withdrawn_at=None,
    index=None,
    state=GrantState.PREPARED,
    parts={"polri": "a.b.c", "himbara": "d.e.f"},
    evidence={"kind": "broker-attested"},
    g="aa" * 32,
    w="bb" * 32,
    notice="cc" * 32,
)
LIVE = activate(PREPARED, index=7, at=NOON)


def test_only_a_live_grant_may_be_used() -> None:
    assert LIVE.is_live(at=NOON)
    for other in (PREPARED, end(LIVE, GrantState.WITHDRAWN, at=NOON), replace(LIVE, index=None)):
        assert not other.is_live(at=NOON)


def test_the_last_day_counts_whole() -> None:
    assert LIVE.is_live(at=datetime(2027, 2, 28, 23, 59, 59, tzinfo=UTC))
    assert not LIVE.is_live(at=datetime(2027, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize("state", [GrantState.WITHDRAWN, GrantState.EXPIRED])
def test_an_ended_grant_stays_ended(state: GrantState) -> None:
    ended = end(LIVE, state, at=NOON)

    with pytest.raises(StateError):
        end(ended, GrantState.WITHDRAWN, at=NOON)
    with pytest.raises(StateError):
        activate(ended, index=8, at=NOON)


def test_a_grant_ends_only_as_one_of_two() -> None:
    with pytest.raises(StateError):
        end(LIVE, GrantState.PREPARED, at=NOON)


def test_the_rules_see_no_live_index_unless_it_is_live() -> None:
    assert view(LIVE, uses={"polri": 1}).live_index == 7
    assert view(LIVE, uses={"polri": 1}).uses == {"polri": 1}
    assert view(LIVE, uses={}).evidence == "broker-attested"
    for other in (PREPARED, end(LIVE, GrantState.EXPIRED, at=NOON)):
        assert view(other, uses={}).live_index is None


def test_agencies_are_those_with_a_part() -> None:
    assert LIVE.agencies() == ("himbara", "polri")
