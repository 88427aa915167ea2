"""The world in which a gateway is tested."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.gateway.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return a broker and its gateway, with nothing asked yet."""
    world = World(tmp_path)
    yield world
    world.gateway.close()
    world.log.close()
