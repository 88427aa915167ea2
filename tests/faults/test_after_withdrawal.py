"""Answers that are kept for who polls or asks the same again: not after she has withdrawn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.faults.parties import Caller
from tests.world import World

SAME = "request-of-before"


def polled(caller: Caller, verification_id: str) -> dict[str, Any]:
    path = f"/v1/verifications/{verification_id}"
    answered = caller.client.get(path, headers=caller.headers(path, htm="GET"))
    assert 200 == answered.status_code
    found: dict[str, Any] = answered.get_json()
    return found


@pytest.fixture
def another(world: World, caller: Caller) -> Caller:
    """Return the same programme's client with the token of a grant that stays."""
    people = [each for each in world.people if each.programme == caller.grant.programme]
    grants = (world.consent(each) for each in people if each.nik != world.person("eligible").nik)
    return Caller(world, next(grants))


def test_a_kept_answer_is_handed_over_as_long_as_the_grant_stands(
    world: World, caller: Caller, another: Caller
) -> None:
    first = caller.ask(request_id=SAME).get_json()
    assert first == polled(another, first["verification_id"])
    assert first == caller.ask(request_id=SAME).get_json()


def test_no_kept_answer_is_handed_over_after_the_withdrawal(
    world: World, caller: Caller, another: Caller
) -> None:
    """Would work with the token of somebody else's grant, or by asking the same again."""
    first = caller.ask(request_id=SAME).get_json()
    world.broker.grants.withdraw(caller.grant.grant_id, caller.grant.person_id)
    found = polled(another, first["verification_id"])
    assert "partial" == found["status"]
    assert {("refused", "grant_withdrawn")} == {
        (item["status"], item["reason"]) for item in found["items"]
    }
    assert [item["entry"] for item in first["items"]] == [item["entry"] for item in found["items"]]
    assert "answer" not in str(caller.ask(request_id=SAME).get_json().get("items"))
    assert b'"answer"' not in caller.ask(request_id=SAME).data


def test_a_grant_that_ran_out_takes_nothing_back(
    world: World, caller: Caller, another: Caller
) -> None:
    first = caller.ask(request_id=SAME).get_json()
    world.clock.now += timedelta(days=400)
    world.broker.grants.expire_due()
    found = polled(another, first["verification_id"])
    assert first == found
