"""A world of real files for each test, and one person enrolled in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.consent.world import World, open_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return an empty consent server."""
    opened = open_world(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def person_id(world: World) -> str:
    """Return the id of the one person enrolled in `world`."""
    return world.enrol()
