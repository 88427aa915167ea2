"""Crashes between each pair of steps, and old copies of the database: the log leads."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import update

from consent.grant_rows import GrantRows
from consent.grants import GrantRecord, GrantState, Reconciled
from consent.store import GrantRow
from tests.consent.copies import copy_database, restore_database
from tests.consent.world import (
    CLIENT,
    NOTICE,
    REQUEST,
    Crash,
    World,
)

ALL = (0, 1, 2)
UNTOUCHED = Reconciled(activated=0, ended=0, discarded=0, unproven=0)


def give(world: World, person_id: str) -> GrantRecord:
    return world.grants.give(person_id, CLIENT, REQUEST, ALL, NOTICE)


# Crashes: between each pair of steps


def test_a_crash_before_the_append_leaves_no_grant(world: World, person_id: str) -> None:
    world.crashing.die = "before"
    with pytest.raises(Crash):
        give(world, person_id)
    assert world.log.size == 0
    assert world.grants.of_person(person_id) == []

    restarted = world.restart()
    assert restarted.grants.reconcile() == UNTOUCHED  # it could still be in the making
    restarted.clock.forward(minutes=11)
    assert restarted.grants.reconcile() == Reconciled(0, 0, discarded=1, unproven=0)
    assert restarted.grants.of_person(person_id) == []
    assert give(restarted, person_id).n == 2
    restarted.close()


def test_a_crash_after_the_append_leaves_a_grant_that_becomes_live(
    world: World, person_id: str
) -> None:
    world.crashing.die = "after"
    with pytest.raises(Crash):
        give(world, person_id)
    assert world.grants.of_person(person_id) == []

    restarted = world.restart()
    assert restarted.grants.reconcile() == Reconciled(activated=1, ended=0, discarded=0, unproven=0)
    (record,) = restarted.grants.of_person(person_id)
    assert record.is_live(at=restarted.clock())
    assert record.index == 0
    assert restarted.grants.reconcile() == UNTOUCHED
    restarted.close()


def test_a_crash_before_a_withdrawals_append_leaves_the_grant_live(
    world: World, person_id: str
) -> None:
    """She was not told that it is withdrawn, and it is not: she tries again."""
    record = give(world, person_id)
    world.crashing.die = "before"
    with pytest.raises(Crash):
        world.grants.withdraw(record.grant_id, person_id)

    restarted = world.restart()
    assert restarted.grants.reconcile() == UNTOUCHED
    assert restarted.grants.find(record.grant_id) == record
    restarted.grants.withdraw(record.grant_id, person_id)
    assert restarted.kinds() == ["grant.given", "grant.withdrawn"]
    restarted.close()


def test_a_crash_after_a_withdrawals_append_is_repaired(world: World, person_id: str) -> None:
    record = give(world, person_id)
    world.crashing.die = "after"
    with pytest.raises(Crash):
        world.grants.withdraw(record.grant_id, person_id)
    # Even before the repair no access gets into the log.
    assert world.log.find_mark(bytes.fromhex(record.w)) == 1

    restarted = world.restart()
    assert restarted.grants.reconcile() == Reconciled(activated=0, ended=1, discarded=0, unproven=0)
    found = restarted.grants.find(record.grant_id)
    assert found is not None
    assert found.state is GrantState.WITHDRAWN
    restarted.close()


def test_trying_again_after_a_crash_also_repairs(world: World, person_id: str) -> None:
    record = give(world, person_id)
    world.crashing.die = "after"
    with pytest.raises(Crash):
        world.grants.withdraw(record.grant_id, person_id)
    world.crashing.die = ""

    assert world.grants.withdraw(record.grant_id, person_id).entries[0].index == 1
    assert world.kinds() == ["grant.given", "grant.withdrawn"]


def test_a_grant_given_and_withdrawn_before_a_crash_was_repaired(
    world: World, person_id: str
) -> None:
    """The row is still prepared when the withdrawal comes."""
    world.crashing.die = "after"
    with pytest.raises(Crash):
        give(world, person_id)
    world.crashing.die = ""
    (prepared,) = GrantRows(world.engine).of_person(person_id)
    world.grants.withdraw(prepared.grant_id, person_id)

    found = world.grants.find(prepared.grant_id)
    assert found is not None
    assert found.state is GrantState.WITHDRAWN
    assert found.index == 0


def test_an_expiry_cut_short_is_repaired_as_an_expiry(world: World, person_id: str) -> None:
    record = give(world, person_id)
    world.clock.now = world.clock.now.replace(year=2027, month=3, day=1)
    world.crashing.die = "after"
    with pytest.raises(Crash):
        world.grants.expire_due()
    world.crashing.die = ""

    assert world.grants.reconcile().ended == 1
    found = world.grants.find(record.grant_id)
    assert found is not None
    assert found.state is GrantState.EXPIRED


# An old copy of the database


def test_a_restored_database_does_not_revive_a_withdrawn_grant(
    world: World, person_id: str, tmp_path: Path
) -> None:
    record = give(world, person_id)
    copy_database(world, tmp_path / "backup")
    world.grants.withdraw(record.grant_id, person_id)

    restored = restore_database(world, tmp_path / "backup")
    revived = restored.grants.find(record.grant_id)
    assert revived is not None
    assert revived.state is GrantState.LIVE  # the danger: the old row says so
    assert restored.grants.reconcile() == Reconciled(activated=0, ended=1, discarded=0, unproven=0)
    found = restored.grants.find(record.grant_id)
    assert found is not None
    assert not found.is_live(at=restored.clock())
    restored.close()


def test_a_restored_database_does_not_use_a_grants_number_again(
    world: World, person_id: str, tmp_path: Path
) -> None:
    """The same number is the same gid: the withdrawn grant would be the new one's twin."""
    copy_database(world, tmp_path / "backup")
    lost = give(world, person_id)
    world.grants.withdraw(lost.grant_id, person_id)

    restored = restore_database(world, tmp_path / "backup")
    restored.grants.reconcile()
    record = give(restored, person_id)
    assert record.n == lost.n + 1
    assert record.is_live(at=restored.clock())
    restored.close()


def test_a_live_row_without_an_entry_is_reported(world: World, person_id: str) -> None:
    """A forged row: nothing in the log backs it."""
    record = give(world, person_id)
    with world.engine.begin() as connection:
        connection.execute(update(GrantRow).values(g="ab" * 32))

    assert world.grants.reconcile() == Reconciled(0, 0, 0, unproven=1)
    assert world.grants.find(record.grant_id) is not None
