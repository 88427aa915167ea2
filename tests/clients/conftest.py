"""One demo for all clients of other authors, on real processes and real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.stages import Demo, DemoStage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoStage]:
    """Start `izin demo`, and open its broker's home as its operator would."""
    running = Demo.start(tmp_path_factory.mktemp("clients"))
    found = DemoStage(running)
    yield found
    found.close()
    running.stop()
