"""What may be used once, wanted by two processes at the same moment: exactly one gets it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import chain

import pytest

from consent.attempts import MOST_FAILURES
from consent.codes import Code, Codes
from consent.grant_rows import GrantRows
from consent.pushed import PushedRequest, PushedRequests
from tests.consent import racing
from tests.consent.racing import NOW, RACERS, race
from tests.consent.world import CLIENT, NOTICE, REQUEST, World, counted_random

TIMES = 20
DAY = date(2026, 11, 24)


def winners(results: list[list[bool]]) -> list[int]:
    """Return how many got each thing."""
    return [sum(got) for got in zip(*results, strict=True)]


def test_a_proof_is_used_once(world: World) -> None:
    assert [1] * TIMES == winners(race(world.url, racing.use_id, list(range(TIMES))))


def test_a_code_is_used_once(world: World, person_id: str) -> None:
    record = world.grants.give(person_id, CLIENT, REQUEST, [0], NOTICE)
    code = Code(CLIENT, {}, record.grant_id, person_id, "c" * 43, NOW + 60)
    codes = Codes(world.engine, random=counted_random(9_000))
    texts = [codes.issue(code) for _ in range(TIMES)]
    assert [1] * TIMES == winners(race(world.url, racing.use_code, texts))


def test_a_pushed_request_is_used_once(world: World) -> None:
    requests = PushedRequests(world.engine, random=counted_random(9_000))
    uris = [requests.push(PushedRequest(CLIENT, {}, None, NOW + 60)) for _ in range(TIMES)]
    assert [1] * TIMES == winners(race(world.url, racing.use_request, uris))


def test_a_tag_is_drawn_once(world: World, person_id: str) -> None:
    """Also where the day's first draw makes the rows, and several agencies' at that."""
    wanted = [
        (person_id, {"polri": 2, "pln": 1, "izin": 1}, DAY.replace(day=1 + number % 5))
        for number in range(TIMES)
    ]
    drawn = [
        (day, *one)
        for got in race(world.url, racing.draw_tags, wanted)
        for (_, _, day), many in zip(wanted, got, strict=True)
        for one in many
    ]
    assert RACERS * TIMES * 4 == len(drawn) == len(set(drawn))


def test_a_grants_number_is_given_once(world: World, person_id: str) -> None:
    results = race(world.url, racing.next_number, [person_id] * TIMES)
    assert list(range(1, 1 + RACERS * TIMES)) == sorted(chain(*results))


def test_a_grant_becomes_live_once(world: World, person_id: str) -> None:
    record = world.grants.give(person_id, CLIENT, REQUEST, [0], NOTICE)
    rows = GrantRows(world.engine)
    prepared = [
        replace(record, grant_id=f"{n:022}", n=100 + n, g=f"{n:064x}", w=f"{n + 99:064x}")
        for n in range(TIMES)
    ]
    for each in prepared:
        rows.prepare(each, at=world.clock())
    results = race(world.url, racing.activate, [each.grant_id for each in prepared])
    assert [1] * TIMES == winners(results)


@pytest.mark.parametrize("before", [0, 3])
def test_attempts_are_counted_together(world: World, before: int) -> None:
    """The first attempts of all included, which have no row to lock yet."""
    index = b"i" * 32
    for _ in range(before):
        racing.attempt(world.engine, index)
    results = race(world.url, racing.attempt, [index] * 5)
    assert MOST_FAILURES - before == sum(chain(*results))
