"""A programme makes its formulas known, each a day before it decides anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from audit.entry import parse_entry
from broker.programme.applications import Programme
from broker.programme.client import Committed
from broker.programme.committing import commit_formulas
from broker.programme.errors import IzinContradictionError
from policies.eligibility import formula_digest
from tests.world import World


class _Client:
    """Posts to the broker of the world; `of` says which of its entries it is told of."""

    def __init__(self, world: World, of: int | None = None) -> None:
        self._world = world
        self._of = of

    def post_formula(self, statement: str) -> Committed:
        logged = self._world.broker.commitments().formula(statement)
        if self._of is not None:
            logged = self._world.broker.log.prove(self._of)
        return Committed(logged.index, logged.entry.decode(), logged.proof)


def _programmes(world: World, *names: str, of: int | None = None) -> dict[str, Programme]:
    client = cast("Any", _Client(world, of))
    return {name: Programme(world.identities[name], client) for name in names}


def test_each_area_s_newest_formula_is_in_the_log_a_day_ahead(world: World) -> None:
    at, policy = world.clock(), world.broker.policy
    made = commit_formulas(_programmes(world, "pkh"), policy, log=world.log_verifier, at=at)
    assert {area for name, area in policy.formulas if name == "pkh"} == {one.area for one in made}
    for one in made:
        members = parse_entry(world.broker.log.entry(one.index)).members
        newest = policy.formulas["pkh", one.area][-1]
        assert (formula_digest(newest), one.area) == (members["formula"], members["area"])
        assert timedelta(hours=24) <= one.valid_from - at <= timedelta(hours=26)


def test_a_formula_that_its_authors_date_later_begins_with_its_day(world: World) -> None:
    policy, day = world.broker.policy, world.clock().date() + timedelta(days=40)
    (old,) = policy.formulas["pkh", "35.10.15.2004"]
    newer = replace(old, version=2, valid_from=day)
    changed = replace(policy, formulas={("pkh", "35.10.15.2004"): (old, newer)})
    (made,) = commit_formulas(
        _programmes(world, "pkh"), changed, log=world.log_verifier, at=world.clock()
    )
    assert datetime(day.year, day.month, day.day, tzinfo=UTC) == made.valid_from


def test_another_s_entry_is_not_taken_for_the_commitment(world: World) -> None:
    with pytest.raises(IzinContradictionError):
        commit_formulas(
            _programmes(world, "pkh", of=0),
            world.broker.policy,
            log=world.log_verifier,
            at=world.clock(),
        )
