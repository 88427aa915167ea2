"""P11: a flood neither fills the log nor hides in it: it is counted, and each person sees hers."""

from __future__ import annotations

import pytest

from audit.entry import Entry, parse_entry
from audit.trace import find
from broker.problems import Problem
from broker.refusals import REASON, SINGLE_ENTRIES
from consent.grants import GrantRecord
from policies.load import load
from tests.broker.gateway.world import World as GatewayWorld
from tests.world import World

AGENCIES = tuple(load().catalogue.agencies)


def _withdrawn(world: World, kind: str) -> GrantRecord:
    grant = world.consent(world.person(kind))
    world.broker.grants.withdraw(grant.grant_id, grant.person_id)
    return grant


def _flood(world: World, grant: GrantRecord, times: int, *, name: str = "flood") -> int:
    """Ask that often; return how many refusals that makes."""
    for number in range(times):
        with pytest.raises(Problem):
            world.ask(grant, request_id=f"{name}-{number:016d}")
    return times * len({item.agency for item in grant.granted})


def _refused(world: World) -> list[Entry]:
    log = world.broker.log
    entries = [parse_entry(log.entry(index)) for index in range(log.size)]
    return [each for each in entries if each.kind == "access.refused"]


def _total(entries: list[Entry]) -> int:
    """Return how many refusals the entries stand for."""
    counts = [each.members.get("count", 1) for each in entries]
    return sum(count for count in counts if isinstance(count, int))


def test_a_flood_writes_no_more_than_sixty_entries_a_minute(world: World) -> None:
    """Would succeed against one entry a refusal: a client fills everybody's log."""
    _flood(world, _withdrawn(world, "withdraws"), 20)
    assert len(_refused(world)) <= SINGLE_ENTRIES


def test_no_refusal_of_a_flood_is_lost(world: World) -> None:
    """Would succeed against a rate limit that drops: the one that matters hides among them."""
    grant = _withdrawn(world, "withdraws")
    tried = _flood(world, grant, 20)
    world.clock.forward(seconds=61)
    world.broker.asking.refusals.flush()
    assert tried == _total(_refused(world))


def test_each_person_of_a_flood_finds_her_own_count(world: World) -> None:
    """Would succeed against one total: who is behind the flood's noise would never know."""
    loud = _withdrawn(world, "withdraws")
    quiet = _withdrawn(world, "eligible")
    # Both of one client, or the limit would not hold them back together.
    quiet_too = quiet.client_id == loud.client_id
    _flood(world, loud, 20)
    with pytest.raises(Problem):
        world.ask(quiet, request_id="the-one-that-matters")
    world.clock.forward(seconds=61)
    world.broker.asking.refusals.flush()
    log = world.broker.log
    raw = [log.entry(index) for index in range(log.size)]
    for grant in (loud, quiet):
        key = world.broker.persons.open(grant.person_id).trace_key
        found = [one.entry for one in find(raw, key, AGENCIES)]
        refused = [each for each in found if each.kind == "access.refused"]
        assert refused
        if grant is loud or quiet_too:
            assert any([REASON] == each.members["reasons"] for each in refused)


def test_closing_the_broker_writes_what_was_held_back(world: World) -> None:
    """Would succeed against a count in memory only: flood, then restart."""
    grant = _withdrawn(world, "withdraws")
    tried = _flood(world, grant, 20)
    world.restart()
    assert tried == _total(_refused(world))


def test_garbage_at_a_gateway_is_counted_too(gateway_world: GatewayWorld) -> None:
    """Would succeed where a message that nobody can read is nobody's business."""
    for _ in range(10):
        gateway_world.client.post("/v1/questions", json={"v": 1, "messages": [{}] * 16})
    gateway_world.clock.advance(seconds=60)
    gateway_world.client.post("/v1/questions", json={"v": 1, "messages": [{}]})
    log = gateway_world.gateway.log
    entries = [parse_entry(log.entry(index)) for index in range(log.size)]
    assert 161 == _total(entries)
    assert len(entries) <= 61
