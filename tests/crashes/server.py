"""Crashes of the server itself: PostgreSQL stops amid appends, recovers, and all go on.

CLUSTER_TEST names a cluster that may be stopped at any moment, as `VERSION NAME` for Debian's
`pg_ctlcluster`, which needs root; it is the one that DATABASE_URL_TEST leads to.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from audit.errors import LogUnavailableError
from audit.log import Log
from audit.merkle import leaf_hash
from tests.audit.logs import in_threads, open_log
from tests.audit.places import Place
from tests.crashes.rounds import Told, check
from tests.load.drafts import access

VARIABLE = "CLUSTER_TEST"
THREADS = 8
_BETWEEN_SECONDS = 1.0
_PATIENCE_SECONDS = 60


def cluster() -> list[str] | None:
    """Return version and name of the cluster that may be crashed, if there is one."""
    return os.environ.get(VARIABLE, "").split() or None


def crash_server(place: Place, stop: list[str], rounds: int) -> tuple[Told, int]:
    """Crash the cluster `stop` in the middle of appends, `rounds` times.

    The threads and their logs live on, and go on appending by themselves. Returns all that was
    told and the log's size; raises AssertionError where the log breaks its word.
    """
    told = Told()
    ended = threading.Event()
    logs = [open_log(place) for _ in range(2)]
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(in_threads, THREADS, lambda n: _append(logs[n % 2], told, ended))
        try:
            for _ in range(rounds):
                time.sleep(_BETWEEN_SECONDS)
                subprocess.run(["pg_ctlcluster", *stop, "stop", "-m", "immediate"], check=True)
                subprocess.run(["pg_ctlcluster", *stop, "start"], check=True)
                _wait_for_more(told)
        finally:
            ended.set()
        work.result()
    for log in logs:
        log.close()
    log = open_log(place)
    try:
        check(log, told)
        return told, log.size
    finally:
        log.close()


def _wait_for_more(told: Told) -> None:
    before, ends = len(told.entries), time.monotonic() + _PATIENCE_SECONDS
    while len(told.entries) == before:
        assert time.monotonic() < ends, "nobody goes on after the crash"
        time.sleep(0.05)


def _append(log: Log, told: Told, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            appended = log.append([access()])
        except LogUnavailableError:
            time.sleep(0.05)
            continue
        (logged,) = appended.entries
        assert logged.index not in told.entries, "two callers hold one number"
        told.entries[logged.index] = leaf_hash(logged.entry)
        told.notes.add(appended.note)
