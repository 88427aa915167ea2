"""A gateway with a dishonest broker in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.gateway.world import World


@pytest.fixture
def gateway_world(tmp_path: Path) -> Iterator[World]:
    """Return a broker's keys and log, and a gateway with a bank behind it."""
    home = tmp_path / "one-gateway"
    home.mkdir()
    world = World(home)
    yield world
    world.gateway.close()
    world.log.close()
