"""A world of real files for each test, and one person enrolled in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.consent.world import World, open_world

# Whatever looks into the database or races for it runs on both; pages need no second time.
ON_BOTH = {
    "test_changing_at_once", "test_login", "test_notices", "test_once",
    "test_once_among_processes", "test_openings", "test_persons", "test_receipt_status",
    "test_reconcile", "test_service", "test_session", "test_tagging", "test_tracing",
}  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of ON_BOTH that have a world once with each database."""
    if "world" in metafunc.fixturenames and metafunc.module.__name__.split(".")[-1] in ON_BOTH:
        metafunc.parametrize("world", databases.KINDS, indirect=True)


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Return an empty consent server."""
    with databases.database(getattr(request, "param", "sqlite"), tmp_path) as url:
        opened = open_world(tmp_path, url)
        yield opened
        opened.close()


@pytest.fixture
def person_id(world: World) -> str:
    """Return the id of the one person enrolled in `world`."""
    return world.enrol()
