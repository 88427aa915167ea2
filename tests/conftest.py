"""Fixtures that every folder of tests shares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from broker.demo.population import InventedPerson
from broker.demo.prepare import Prepared
from tests import databases, vectors_report
from tests.world import World, build_template, copy_world

Template = tuple[Path, Prepared, list[InventedPerson]]

# Speed belongs in a benchmark: on a busy machine a deadline fails for no reason of ours.
settings.register_profile("izin", deadline=None)
settings.load_profile("izin")

VECTORS = Path(__file__).resolve().parents[2] / "shared" / "vectors"


@pytest.fixture(scope="session")
def vectors() -> Path:
    """Return the folder of third-party test vectors, which is not part of the repository."""
    if not VECTORS.is_dir():
        pytest.skip("lacks the third-party test vectors (../shared/vectors)")
    return VECTORS


@pytest.fixture(scope="session")
def template(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Prepared, list[InventedPerson]]:
    """Prepare one home for all tests; it is copied, never opened."""
    home = tmp_path_factory.mktemp("template")
    prepared, made = build_template(home)
    return home, prepared, made


@pytest.fixture
def world(
    request: pytest.FixtureRequest,
    template: tuple[Path, Prepared, list[InventedPerson]],
    tmp_path: Path,
) -> Iterator[World]:
    """Return the whole of Izin in this process, with nobody's consent yet.

    The broker's database and log are files, or on a server where a test asks for that.
    """
    home, prepared, made = template
    with databases.database(getattr(request, "param", "sqlite"), tmp_path) as url:
        server = url if url.startswith("postgresql") else None
        opened = copy_world(home, tmp_path / "world", prepared, made, server=server)
        yield opened
        opened.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print which third-party vectors this run has tried."""
    if not VECTORS.is_dir():
        return
    stats = terminalreporter.stats
    passed, failed = (
        [report.nodeid for report in stats.get(outcome, []) if hasattr(report, "nodeid")]
        for outcome in ("passed", "failed")
    )
    lines = vectors_report.table(passed, failed)
    if any("passed in" in line or "FAILED" in line for line in lines):
        terminalreporter.section("third-party vectors")
        for line in lines:
            terminalreporter.write_line(line)
