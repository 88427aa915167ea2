"""Runs of bundles checked in processes of their own, one for each processor.

A process is started anew (`spawn`: nothing of the parent is copied, on every system alike), opens
the source itself and is told bundles' numbers; entries never cross between processes, only what
their neighbours must fit. No work is lost with a worker: if one dies, the verification could not
run, which says nothing about the log.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from audit.batch import Quick
from audit.errors import LogUnavailableError
from audit.runs import Checked, Checker, Run, check_run
from audit.source import open_source

SMALL = 50_000
"""Entries up to which starting processes takes longer than the work."""

_AHEAD = 4
"""Runs in hand for each process: none waits, and memory does not grow with the log."""

_here: dict[str, Any] = {}


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def checker_for(
    source: str, token: str | None, *, entries: int, jobs: int
) -> Iterator[Checker | None]:
    """Yield a checker that works in `jobs` processes; None where one process does better.

    source, token: as for `open_source`, which each process calls. entries: how many are to be
    read.
    """
    if jobs < 2 or entries <= SMALL:
        yield None
        return
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_start, initargs=(source, token)
    )
    try:
        yield lambda runs: _in_order(pool, runs, jobs * _AHEAD)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _in_order(
    pool: ProcessPoolExecutor, runs: Iterable[Run], ahead: int
) -> Iterator[Checked | None]:
    waiting: deque[Future[Checked | None]] = deque()
    try:
        for run in runs:
            waiting.append(pool.submit(_check, tuple(run)))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise LogUnavailableError("a process that verified a part has died") from error


def _start(source: str, token: str | None) -> None:
    # An interruption reaches every process; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _here["source"] = open_source(source, token)
    _here["quick"] = Quick()


def _check(run: Sequence[Any]) -> Checked | None:
    return check_run(_here["source"].read, _here["quick"], run)
