"""Four processes with sixteen threads each, on both databases: one log, no gap, no duplicate.

Two seconds each here; `python -m tests.load --seconds 60` does the same for longer and says what
they reach. `load` itself asserts what must hold.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import databases
from tests.audit.places import place
from tests.load.processes import load


@pytest.mark.parametrize("kind", databases.KINDS)
def test_many_processes_leave_no_gap_and_no_duplicate(kind: str, tmp_path: Path) -> None:
    with place(kind, tmp_path) as there:
        reached = load(there, processes=4, threads=16, seconds=2)
    assert 500 < reached.entries
