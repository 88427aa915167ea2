"""Signing in does the same work whether a NIK is known or not: counted, not timed.

Time on a shared machine proves nothing; what was hashed at which cost, and what the database was
asked, is what makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import event

from consent import persons
from keys.pseudonym import Cost, stretch
from tests.consent.oauth_fixtures import Site, site
from tests.consent.world import CHEAP, NIK, PIN, World

__all__ = ["site"]

UNKNOWN = "3510994107909999"


@dataclass
class Work:
    """Argon2id runs (cost, bytes hashed), and SQL statements in order."""

    hashed: list[tuple[Cost, int, int]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def count(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Work]]:
    """Return what hands out the work done since it was last asked."""
    work = Work()

    def counted(secret: bytes, salt: bytes, *, cost: Cost) -> bytes:
        work.hashed.append((cost, len(secret), len(salt)))
        return stretch(secret, salt, cost=cost)

    def noted(_c: object, _u: object, statement: str, *_: object) -> None:
        work.asked.append(statement)

    def taken() -> Work:
        nonlocal work
        found, work = work, Work()
        return found

    monkeypatch.setattr(persons, "stretch", counted)
    event.listen(world.engine, "before_cursor_execute", noted)
    yield taken
    event.remove(world.engine, "before_cursor_execute", noted)


def test_a_wrong_pin_and_an_unknown_nik_cost_the_same(
    world: World, person_id: str, count: Callable[[], Work]
) -> None:
    for nik in (NIK, UNKNOWN):  # the first attempt makes the row that counts them
        world.persons.sign_in(nik, "000000")
    count()
    assert world.persons.sign_in(NIK, "000000") is None
    known = count()
    assert world.persons.sign_in(UNKNOWN, "000000") is None
    unknown = count()
    assert [(CHEAP, 32, 16)] == known.hashed
    assert known == unknown


def test_the_first_attempt_costs_the_same_too(
    world: World, person_id: str, count: Callable[[], Work]
) -> None:
    count()
    world.persons.sign_in(NIK, "000000")
    known = count()
    world.persons.sign_in(UNKNOWN, "000000")
    assert known == count()


@pytest.mark.parametrize("nik", [NIK, UNKNOWN])
def test_a_locked_nik_costs_what_an_open_one_costs(
    world: World, person_id: str, count: Callable[[], Work], nik: str
) -> None:
    for _ in range(5):
        world.persons.sign_in(nik, "000000")
    count()
    world.persons.sign_in(nik, PIN)
    assert [(CHEAP, 32, 16)] == count().hashed


def test_on_the_page_too(site: Site, count: Callable[[], Work]) -> None:
    done = {}
    for nik in (NIK, UNKNOWN, "not a nik"):
        browser = site.browser()
        browser.get("/login")
        count()
        assert 400 == browser.post("/login", {"nik": nik, "pin": "000000"}).status_code
        done[nik] = count()
    assert [(CHEAP, 32, 16)] == done[NIK].hashed
    assert done[NIK] == done[UNKNOWN] == done["not a nik"]
