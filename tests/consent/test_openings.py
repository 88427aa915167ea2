"""Openings open under the person's key and only as what their digest commits to."""

from __future__ import annotations

import pytest
from sqlmodel import Session, col, update

from audit.entry import salted_digest
from consent.errors import OpeningError
from consent.openings import Opening
from consent.store import OpeningRow
from tests.consent.world import VILLAGE, World

SALT = bytes(32)
OPENING = {"grant_id": "A" * 22, "items": ["polri/owns_car"]}
DIGEST = salted_digest(SALT, OPENING)


def test_an_opening_opens_as_it_was_kept(world: World, person_id: str) -> None:
    world.openings.keep(person_id, DIGEST, SALT, OPENING)

    assert world.openings.open(DIGEST) == (SALT, OPENING)


def test_a_digest_that_does_not_commit_is_not_kept(world: World, person_id: str) -> None:
    with pytest.raises(OpeningError):
        world.openings.keep(person_id, DIGEST, SALT, {**OPENING, "more": 1})


def test_an_unknown_digest_has_no_opening(world: World) -> None:
    with pytest.raises(OpeningError):
        world.openings.open(DIGEST)


def test_an_opening_moved_to_another_digest_or_person_does_not_open(
    world: World, person_id: str
) -> None:
    other_digest = salted_digest(SALT, {"x": 1})
    other = world.persons.enrol("3510994107900002", "111222", "Somebody Else", VILLAGE)
    world.openings.keep(person_id, DIGEST, SALT, OPENING)
    with Session(world.engine) as session:
        session.exec(update(OpeningRow).values(digest=other_digest))
        session.commit()
    with pytest.raises(OpeningError):
        world.openings.open(other_digest)

    with Session(world.engine) as session:
        session.exec(update(OpeningRow).values(digest=DIGEST, person_id=other))
        session.commit()
    with pytest.raises(OpeningError):
        world.openings.open(DIGEST)


def test_altered_bytes_do_not_open(world: World, person_id: str) -> None:
    world.openings.keep(person_id, DIGEST, SALT, OPENING)
    with Session(world.engine) as session:
        session.exec(
            update(OpeningRow).where(col(OpeningRow.digest) == DIGEST).values(sealed=b"\x01" * 60)
        )
        session.commit()

    with pytest.raises(OpeningError):
        world.openings.open(DIGEST)


def test_of_many_openings_all_are_kept_or_none(world: World, person_id: str) -> None:
    person = world.persons.open(person_id)
    other = {**OPENING, "more": 1}
    good = [Opening(DIGEST, SALT, OPENING), Opening(salted_digest(SALT, other), SALT, other)]

    with pytest.raises(OpeningError):
        world.openings.keep_many(person, [*good, Opening(DIGEST, SALT, other)])
    with pytest.raises(OpeningError):
        world.openings.open(DIGEST)

    world.openings.keep_many(person, good)
    assert [(SALT, OPENING), (SALT, other)] == [world.openings.open(one.digest) for one in good]
