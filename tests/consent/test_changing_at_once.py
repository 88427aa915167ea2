"""Two that would replace one grant at the same moment: one grant is in force afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from consent.errors import ChangedError
from consent.grants import GrantRecord, GrantState, Reconciled
from tests.consent.world import CLIENT, NOTICE, REQUEST, Crash, World

AT_ONCE = 4


def give(world: World, person_id: str, *allowed: int, old: GrantRecord | None) -> GrantRecord:
    return world.grants.give(person_id, CLIENT, REQUEST, allowed, NOTICE, replaces=old)


def live(world: World, person_id: str) -> list[GrantRecord]:
    found = world.grants.of_person(person_id)
    return [each for each in found if each.is_live(at=world.clock())]


def at_once(what: Callable[[int], object]) -> list[object]:
    """Return what each of AT_ONCE threads got or raised, all let go at the same moment."""
    barrier = threading.Barrier(AT_ONCE)

    def run(number: int) -> object:
        barrier.wait(30)
        try:
            return what(number)
        except ChangedError as error:
            return error

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


@pytest.mark.parametrize("proposed", [False, True])
def test_of_many_that_replace_a_grant_at_once_one_does(
    world: World, person_id: str, proposed: bool
) -> None:
    first = give(world, person_id, 0, 1, 2, old=None)
    proposals = [
        world.grants.propose(person_id, CLIENT, REQUEST, [0], NOTICE) for _ in range(AT_ONCE)
    ]

    def change(number: int) -> object:
        if proposed:
            return world.grants.confirm(proposals[number], replaces=first)
        return give(world, person_id, 0, old=first)

    got = at_once(change)
    (second,) = live(world, person_id)
    assert [second] == [each for each in got if isinstance(each, GrantRecord)]
    assert ["grant.given", "grant.withdrawn", "grant.given"] == world.kinds()
    assert second.index == 2


def test_what_came_too_late_leaves_nothing_prepared(world: World, person_id: str) -> None:
    first = give(world, person_id, 0, 1, old=None)
    give(world, person_id, 0, old=first)
    with pytest.raises(ChangedError):
        give(world, person_id, 1, old=first)

    assert world.grants.reconcile() == Reconciled(0, 0, discarded=0, unproven=0)
    assert [2, 1] == [each.n for each in world.grants.of_person(person_id)]


def test_a_withdrawal_in_another_window_is_not_undone_by_a_replacement(
    world: World, person_id: str
) -> None:
    first = give(world, person_id, 0, 1, old=None)
    world.grants.withdraw(first.grant_id, person_id)
    with pytest.raises(ChangedError):
        give(world, person_id, 0, old=first)

    assert [] == live(world, person_id)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_leaves_the_old_grant_or_the_new_one(
    world: World, person_id: str, when: str
) -> None:
    first = give(world, person_id, 0, 1, old=None)
    world.crashing.die = when
    with pytest.raises(Crash):
        give(world, person_id, 0, old=first)

    restarted = world.restart()
    restarted.grants.reconcile()
    (found,) = live(restarted, person_id)
    assert found.n == (1 if when == "before" else 2)
    if when == "after":
        old = restarted.grants.find(first.grant_id)
        assert old is not None
        assert old.state is GrantState.WITHDRAWN
    restarted.close()
