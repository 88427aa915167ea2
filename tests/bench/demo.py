"""The whole story as a newcomer first meets it: `izin demo --once`, after installing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.bench.row import Row, Sizes, limit
from tests.bench.timing import wall_seconds

MOST_SECONDS = 15


def run(sizes: Sizes, scratch: Path) -> Sequence[Row]:
    """Return the row of the demo's wall time."""
    izin = Path(sys.executable).parent / "izin"

    def demo() -> None:
        subprocess.run(
            [izin, "demo", "--once", "--port", "0"],
            check=True,
            capture_output=True,
            env={"IZIN_HOME": str(scratch), "PATH": str(izin.parent)},
        )

    took = [wall_seconds(demo) for _ in range(1 if sizes.repeats < 5 else 3)]
    note = "thirteen programs, one applicant from form to decision, the log verified."
    return [limit("izin demo --once", median(took), MOST_SECONDS, "s", note)]
