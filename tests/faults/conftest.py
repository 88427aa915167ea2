"""Fixtures of the faults: who asks about whom, and what the programs write down meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog

from broker.demo.population import InventedPerson
from broker.logging import FieldFilter
from tests.faults.parties import Caller
from tests.world import World


class _Lines:
    """Keeps every line that a program would have written."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def msg(self, line: str) -> None:
        self._lines.append(line)

    debug = info = warning = error = critical = msg


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[str]]:
    """Return the lines that the programs write while the test runs, as they would stand there."""
    written: list[str] = []
    before = structlog.get_config()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            FieldFilter(),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=lambda *_: _Lines(written),
        cache_logger_on_first_use=False,
    )
    yield written
    structlog.configure(**before)


@pytest.fixture
def person(world: World) -> InventedPerson:
    return world.person("eligible")


@pytest.fixture
def caller(world: World, person: InventedPerson) -> Caller:
    return Caller(world, world.consent(person))
