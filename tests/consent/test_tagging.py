"""Tags are drawn once, by whoever draws at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from audit.trace import IZIN, share, tag
from consent.errors import TagsSpentError, UnknownPersonError
from tests.consent.world import World

DAY = date(2026, 11, 24)


def test_two_draws_are_distinct_and_hers(world: World, person_id: str) -> None:
    first, second = (world.tags.draw(person_id, "polri", DAY) for _ in range(2))
    mine = share(world.persons.open(person_id).trace_key, "polri")

    assert first != second
    assert {first, second} <= {tag(mine, DAY, k) for k in range(64)}


def test_draws_at_once_are_distinct(world: World, person_id: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        drawn = list(pool.map(lambda _: world.tags.draw(person_id, "polri", DAY), range(64)))

    assert len(set(drawn)) == 64


def test_agencies_and_days_count_apart(world: World, person_id: str) -> None:
    drawn = {
        world.tags.draw(person_id, "polri", DAY),
        world.tags.draw(person_id, "pln", DAY),
        world.tags.draw(person_id, IZIN, DAY),
        world.tags.draw(person_id, "polri", date(2026, 11, 25)),
    }

    assert len(drawn) == 4


def test_drawn_tags_stay_drawn_after_a_restart(world: World, person_id: str) -> None:
    first = world.tags.draw(person_id, "polri", DAY)
    restarted = world.restart()

    assert restarted.tags.draw(person_id, "polri", DAY) != first
    restarted.close()


def test_an_agencys_tags_end_at_64(world: World, person_id: str) -> None:
    for _ in range(64):
        world.tags.draw(person_id, "polri", DAY)

    for _ in range(2):
        with pytest.raises(TagsSpentError):
            world.tags.draw(person_id, "polri", DAY)


def test_izins_last_tag_is_given_again(world: World, person_id: str) -> None:
    """Her withdrawal must not fail because somebody flooded her with refusals."""
    drawn = [world.tags.draw(person_id, IZIN, DAY) for _ in range(70)]

    assert len(set(drawn)) == 64
    assert len(set(drawn[63:])) == 1


def test_nobody_else_has_tags(world: World) -> None:
    with pytest.raises(UnknownPersonError):
        world.tags.draw("A" * 22, "polri", DAY)


def test_old_counters_are_forgotten_and_new_ones_kept(world: World, person_id: str) -> None:
    first = world.tags.draw(person_id, "polri", DAY)
    world.tags.forget(before=DAY)
    assert world.tags.draw(person_id, "polri", DAY) != first
    world.tags.forget(before=date(2026, 11, 25))
    assert world.tags.draw(person_id, "polri", DAY) == first


def test_many_draws_at_once_are_those_of_single_draws(world: World, person_id: str) -> None:
    person = world.persons.open(person_id)
    first = world.tags.draw(person_id, IZIN, DAY)
    drawn = world.tags.draw_many(person, ["polri", IZIN, "pln", IZIN], DAY)

    whose = ["polri", IZIN, "pln", IZIN]
    ks = [0, 1, 0, 2]
    expected = [tag(share(person.trace_key, a), DAY, k) for a, k in zip(whose, ks, strict=True)]
    assert expected == drawn
    assert first not in drawn


def test_many_draws_beyond_the_last_tag_end_like_single_ones(world: World, person_id: str) -> None:
    person = world.persons.open(person_id)
    world.tags.draw_many(person, ["polri"] * 63, DAY)

    with pytest.raises(TagsSpentError):
        world.tags.draw_many(person, ["polri"] * 2, DAY)
    assert len(set(world.tags.draw_many(person, [IZIN] * 70, DAY))) == 64
