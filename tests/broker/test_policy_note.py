"""The log names the policy in force: once, and again whenever it is another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from audit.entry import parse_entry
from broker.policy_note import note_policy
from tests.world import World


def named(world: World) -> list[Any]:
    log = world.broker.log
    entries = [parse_entry(log.entry(index)) for index in range(log.size)]
    return [each.members["policy"] for each in entries if each.kind == "policy.changed"]


def test_a_broker_that_was_made_has_its_policy_in_the_log(world: World) -> None:
    assert [world.broker.policy.digest] == named(world)


def test_starting_again_under_the_same_policy_logs_nothing(world: World) -> None:
    assert not note_policy(world.broker.engine, world.broker.log, world.broker.policy)
    assert [world.broker.policy.digest] == named(world)


def test_another_policy_is_logged_once_and_so_is_the_way_back(world: World) -> None:
    broker = world.broker
    other = replace(broker.policy, digest="ab" * 32)
    assert note_policy(broker.engine, broker.log, other)
    assert not note_policy(broker.engine, broker.log, other)
    assert note_policy(broker.engine, broker.log, broker.policy)
    assert [broker.policy.digest, other.digest, broker.policy.digest] == named(world)
