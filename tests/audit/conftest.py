"""Fixtures of the log's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.audit.places import Place, place


@pytest.fixture(name="place", params=databases.KINDS)
def fixture_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Return an empty place for a log: each test that asks for it runs on both databases."""
    with place(request.param, tmp_path) as made:
        yield made
