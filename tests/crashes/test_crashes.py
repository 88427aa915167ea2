"""kill -9 of everybody who appends, at each moment, on both databases.

Five rounds each here; `python -m tests.crashes --rounds 100` does the same for longer.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import databases
from tests.audit.places import place
from tests.crashes import server
from tests.crashes.moments import Moment
from tests.crashes.rounds import crash

ROUNDS = 5


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("kind", databases.KINDS)
def test_a_crash_loses_nothing_that_was_acknowledged_and_forks_nothing(
    kind: str, moment: Moment, tmp_path: Path
) -> None:
    with place(kind, tmp_path) as there:
        told, size = crash(there, moment, ROUNDS)
    assert ROUNDS < len(told.entries) <= size
    assert ROUNDS < len(told.notes) <= len(told.signed)


def test_a_crash_of_the_server_loses_nothing_either(tmp_path: Path) -> None:
    """The processes live on, and append again once it is back."""
    cluster = server.cluster()
    if cluster is None:
        pytest.skip(f"lacks a PostgreSQL cluster that it may crash: set {server.VARIABLE}")
    with place("postgres", tmp_path) as there:
        told, size = server.crash_server(there, cluster, 3)
    assert 3 * server.THREADS < len(told.entries) <= size
