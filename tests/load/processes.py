"""Processes with threads each, all on one log: what they reach, and that it stays one log."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from audit.verify import verify
from tests.audit.logs import open_log, verifier
from tests.audit.places import Place

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Reached:
    """entries: in all. seconds: from the start to the end of the slowest process.

    median_ms, p99_ms: how long one caller waited for its entry, with proof.
    """

    entries: int
    seconds: float
    median_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Entries a second."""
        return self.entries / self.seconds


def load(place: Place, *, processes: int, threads: int, seconds: float) -> Reached:
    """Append to the log at `place`, an empty one, and check that it has no gap and no duplicate.

    Raises AssertionError if two callers hold one number, or if the log holds an entry that no
    caller got (nobody dies here), or does not verify.
    """
    open_log(place).close()  # so that no process waits for another to make it
    command = [sys.executable, "-m", "tests.load.appending", str(place.where)]
    children = [
        subprocess.Popen(
            [*command, str(threads), str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
        )
        for _ in range(processes)
    ]
    try:
        for child in children:
            assert child.stdout is not None
            assert "ready\n" == child.stdout.readline()
        began = time.monotonic()
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        reports = []
        for child in children:
            assert child.stdout is not None
            reports.append(json.loads(child.stdout.readline()))
            took = time.monotonic() - began
        assert [0] * processes == [child.wait() for child in children]
    finally:
        for child in children:
            child.kill()
            child.communicate()
    _check(place, [index for report in reports for index in report["indexes"]])
    waits = [wait for report in reports for wait in report["milliseconds"]]
    return Reached(len(waits), took, median(waits), quantiles(waits, n=100)[98])


def _check(place: Place, indexes: list[int]) -> None:
    log = open_log(place)
    try:
        assert list(range(log.size)) == sorted(indexes)
        assert log.size == verify(log, verifier(log)).size
    finally:
        log.close()
