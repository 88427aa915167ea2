"""Appending durably: an entry, its signed checkpoint and its proof, beside a bare SQLite commit.

The bare log writes the same bodies with `synchronous=FULL` and hashes, proves and signs nothing.
With many threads, one commits what the others bring, in the very batch sizes that our log made.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pysqlite3.dbapi2 as sqlite

from audit.entry import Draft, draft
from audit.log import Log
from keys.signing import NamedSigner, SigningKey
from tests.bench.row import Row, Sizes, at_least
from tests.bench.timing import paired, quantile, wall_seconds

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TARGET = 0.6
_PATIENCE_SECONDS = 0.005


def access(number: int) -> Draft:
    """Return the draft of an access like no other."""
    fresh = hashlib.sha256(number.to_bytes(8)).hexdigest()
    return draft(
        "access.sent",
        {
            "programme": "pkh",
            "agency": "himbara",
            "purpose": "eligibility",
            "questions": ["balance_above", "has_account"],
            "tag": fresh[:32],
            "q": fresh,
            "digest": fresh[::-1],
        },
    )


def signer() -> NamedSigner:
    """Return an arbitrary key under an arbitrary name."""
    return NamedSigner("bench.example", SigningKey.from_seed(bytes(32)))


def run(sizes: Sizes, scratch: Path) -> Sequence[Row]:
    """Return the rows of 1 and of 64 threads."""
    return [_row(sizes, scratch, 1), _row(sizes, scratch, 64)]


class _CountedLog(Log):
    """Our log, and how many callers each of its commits had."""

    def __init__(self, path: Path) -> None:
        self.batches: list[int] = []
        super().__init__(path, signer(), clock=lambda: AT)

    def _take(self, batch: list[Any]) -> None:
        super()._take(batch)
        self.batches.append(len(batch))


class _BareLog:
    """Rows that one thread commits for all: what a log costs before it is one."""

    def __init__(self, path: Path, batches: Sequence[int]) -> None:
        self._connection: Any = sqlite.connect(
            str(path), isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE entry (idx INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        self._batches = batches
        self._waiting: deque[tuple[bytes, threading.Lock]] = deque()

    def append(self, body: bytes) -> None:
        """Wait until `body` is committed, with whatever others bring meanwhile."""
        done = threading.Lock()
        done.acquire()
        self._waiting.append((body, done))
        done.acquire()

    def commit(self, bodies: Sequence[bytes]) -> None:
        """Commit `bodies` at once."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO entry (body) VALUES (?)", [(b,) for b in bodies])
        self._connection.execute("COMMIT")

    def commit_batches(self, count: int) -> None:
        """Commit `count` bodies, as far as they come in time in batches of the sizes ours had."""
        sizes = iter(self._batches)
        while count:
            wanted = next(sizes, 1)
            ends = time.monotonic() + _PATIENCE_SECONDS
            while len(self._waiting) < wanted and time.monotonic() < ends:
                time.sleep(0.00002)
            batch = [self._waiting.popleft() for _ in range(min(wanted, len(self._waiting)))]
            if batch:
                self.commit([body for body, _ in batch])
            for _, done in batch:
                done.release()
            count -= len(batch)

    def close(self) -> None:
        self._connection.close()


def _row(sizes: Sizes, scratch: Path, threads: int) -> Row:
    each = sizes.appends * 3 if threads == 1 else max(20, sizes.appends // 8)
    count = threads * each
    drafts = [access(number) for number in range(count)]
    bodies: list[bytes] = []
    batches: list[int] = []
    waits: list[float] = []
    runs = iter(range(10**6))

    def ours() -> float:
        log = _CountedLog(scratch / f"ours-{threads}-{next(runs)}.db")

        def append(mine: Sequence[Draft]) -> None:
            for one in mine:
                waits.append(wall_seconds(partial(log.append, [one])))

        took = _in_threads([partial(append, drafts[n::threads]) for n in range(threads)])
        batches[:] = log.batches
        bodies[:] = [log.entry(index) for index in range(count)]
        log.close()
        return count / took

    def bare() -> float:
        log = _BareLog(scratch / f"bare-{threads}-{next(runs)}.db", batches)

        def append(mine: Sequence[bytes]) -> None:
            for body in mine:
                log.append(body)

        def alone() -> None:
            for body in bodies:
                log.commit([body])

        work = [partial(append, bodies[n::threads]) for n in range(threads)]
        took = _in_threads([alone] if threads == 1 else [*work, partial(log.commit_batches, count)])
        log.close()
        return count / took

    pair = paired(ours, bare, sizes.repeats)
    return at_least(
        f"durable append with proof, {threads} thread{'s' if threads > 1 else ''}",
        f"{pair.figure:,.0f}/s",
        f"{pair.baseline:,.0f}/s bare commits",
        pair.ratio,
        TARGET,
        f"{fmean(batches):.1f} entries a commit in both; one append takes "
        f"{median(waits) * 1e3:.2f} ms (median), {quantile(waits, 0.99) * 1e3:.1f} ms (p99).",
    )


def _in_threads(works: Sequence[Callable[[], None]]) -> float:
    """Run all works at once and return the seconds until the last has ended."""
    threads = [threading.Thread(target=work) for work in works]

    def all_of_them() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return wall_seconds(all_of_them)
