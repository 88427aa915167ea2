"""One demo for all attacks; each attack gets a person of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.rogue import Rogue, Victim
from tests.attacks.stages import Demo, DemoStage, Stage, WorldStage
from tests.conftest import Template
from tests.world import World, copy_world

IN_PROCESS = "--in-process"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        IN_PROCESS, action="store_true", help="attack Izin in this process, not the demo's"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In one process, leave out what attacks real processes."""
    if not config.getoption(IN_PROCESS, default=False):
        return
    left = [item for item in items if "demo" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Start `izin demo` and end it at the end of all attacks."""
    running = Demo.start(tmp_path_factory.mktemp("demo"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def stage(
    request: pytest.FixtureRequest, template: Template, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Return the place of the attacks."""
    if request.config.getoption(IN_PROCESS, default=False):
        home, prepared, made = template
        world = copy_world(home, tmp_path_factory.mktemp("stage") / "world", prepared, made)
        yield WorldStage(world)
        world.close()
    else:
        found = DemoStage(request.getfixturevalue("demo"))
        yield found
        found.close()


@pytest.fixture(scope="session")
def rogue(stage: Stage) -> Rogue:
    """Return the broker as its own worst operator."""
    return Rogue(stage)


@pytest.fixture
def victim(rogue: Rogue) -> Victim:
    """Return somebody of whom no agency was asked yet."""
    return rogue.victim()


@pytest.fixture
def local(world: World) -> Rogue:
    """Return a rogue broker in a world of its own, in this process, whose clock can be moved."""
    return Rogue(WorldStage(world))
