"""Appending while processes are killed, disks are full and rows change under the log."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from audit.entry import parse_entry
from audit.errors import (
    AuditError,
    LogUnavailableError,
    TamperedError,
)
from audit.log import Appended, Log
from audit.postgres_store import PostgresHead
from audit.sqlite_store import SqliteHead
from audit.verify import verify
from tests.audit.logs import (
    access,
    check_all,
    in_threads,
    open_log,
    verifier,
)
from tests.audit.memory_log import TestSigner
from tests.audit.places import Place

CHILD = """
import os, sys, threading
from pathlib import Path
from tests.audit.logs import access, open_log
from tests.audit.places import in_file, on_server

log = open_log(on_server(sys.argv[1]) if "://" in sys.argv[1] else in_file(Path(sys.argv[1])))

def work():
    while True:
        q = os.urandom(32).hex()
        index = log.append([access(q=q)]).entries[0].index
        os.write(1, f"{index} {q}\\n".encode())

for _ in range(8):
    threading.Thread(target=work).start()
"""


@pytest.fixture
def log(place: Place) -> Iterator[Log]:
    opened = open_log(place)
    yield opened
    opened.close()


def test_what_was_acknowledged_survives_kill_9(place: Place) -> None:
    acknowledged: dict[int, str] = {}
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(place.where)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert child.stdout is not None
        for number, line in enumerate(child.stdout):
            if line.endswith("\n"):  # the last one may be cut by the kill
                index, q = line.split()
                acknowledged[int(index)] = q
            if number == 150:
                child.send_signal(signal.SIGKILL)
        child.wait()
    log = open_log(place)
    assert len(acknowledged) > 450
    assert log.size >= len(acknowledged)
    for index, q in acknowledged.items():
        assert q == parse_entry(log.entry(index)).members["q"]
    assert log.size == verify(log, verifier(log)).size
    log.close()


def test_nothing_is_signed_before_the_commit(place: Place) -> None:
    """When the signer is asked, another connection already sees the entries."""
    seen: list[tuple[int, bytes]] = []

    class Watching(TestSigner):
        def sign(self, message: bytes, /) -> bytes:
            seen.append((other.size, message.split(b"\n")[1]))
            return super().sign(message)

    other = open_log(place)
    log = open_log(place, signer=Watching())
    seen.clear()
    log.append([access()])
    assert seen == [(1, b"1")]
    log.close()
    other.close()


def test_failed_but_not_saved_leaves_the_log_usable(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LogUnavailableError("disk")

    with monkeypatch.context() as patch:
        patch.setattr(SqliteHead, "write", fail)
        patch.setattr(PostgresHead, "write", fail)
        with pytest.raises(LogUnavailableError):
            log.append([access()])
    assert log.size == 0
    check_all(log, [log.append([access()])])


def test_failed_but_saved_releases_nobody_and_goes_on(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure between commit and signature leaves an honest entry that nobody was told of."""

    def fail(_: object) -> None:
        raise RuntimeError("signer gone")

    with monkeypatch.context() as patch:
        patch.setattr(log, "_sign", fail)
        with pytest.raises(LogUnavailableError):
            log.append([access()])
    assert log.size == 1
    assert log.append([access()]).entries[0].index == 1
    assert verify(log, verifier(log)).size == 2


@pytest.mark.parametrize("where", ["_gather", "_take", "_sign"])
def test_a_leader_that_is_interrupted_leaves_nobody_waiting(
    log: Log, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    whole = getattr(log, where)
    calls: list[int] = []

    def once(*values: object) -> object:
        calls.append(1)
        return interrupt() if len(calls) == 1 else whole(*values)

    monkeypatch.setattr(log, where, once)
    with pytest.raises(KeyboardInterrupt):
        log.append([access()])
    results: list[Appended] = []
    in_threads(4, lambda _: results.append(log.append([access()])))
    assert len(results) == 4
    assert verify(log, verifier(log)).size == log.size


def test_a_batch_that_reads_back_differently_is_not_signed(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = log._store.rows
    log.append([access()])

    def other(start: int, stop: int) -> list[tuple[bytes, bytes]]:
        return [(leaf, body.replace(b"polri", b"polrj")) for leaf, body in rows(start, stop)]

    with monkeypatch.context() as patch:
        patch.setattr(log._store, "rows", other)
        with pytest.raises(LogUnavailableError) as caught:
            log.append([access()])
    assert isinstance(caught.value.__cause__, TamperedError)


def test_a_full_database_refuses_and_recovers(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    results = [log.append([access()])]
    pages = log._store._writer.execute("PRAGMA page_count").fetchone()[0]
    log._store._writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LogUnavailableError):
        log.append([access() for _ in range(200)])
    assert log.size == 1
    log._store._writer.execute("PRAGMA max_page_count = 1000000")
    results.append(log.append([access()]))
    check_all(log, results)
    log.close()


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_refuses_everybody_and_recovers(tmp_path: Path) -> None:
    """The operating system refuses the write in the middle of a batch."""
    log = open_log(tmp_path)
    results = [log.append([access()])]
    refused: list[AuditError] = []

    def work(_: int) -> None:
        try:
            results.append(log.append([access() for _ in range(50)]))
        except LogUnavailableError as error:
            refused.append(error)

    with files_no_larger_than((tmp_path / "log.db-wal").stat().st_size + 10_000):
        in_threads(8, work)
    assert refused
    results.append(log.append([access()]))
    check_all(log, results)
    log.close()
    log = open_log(tmp_path)
    check_all(log, results)
    log.close()


def test_a_shortened_log_is_noticed_while_it_runs(place: Place) -> None:
    """A backup put back under a running process would make it sign a fork."""
    log = open_log(place)
    log.append([access()])
    log.append([access()])
    for statement in (
        "DELETE FROM {entry} WHERE idx = 1",
        "DELETE FROM {mark} WHERE idx = 1",
        "UPDATE {head} SET size = 1",
    ):
        place.change(statement)
    for _ in range(2):
        with pytest.raises(LogUnavailableError) as caught:
            log.append([access()])
        assert isinstance(caught.value.__cause__, TamperedError)
    with pytest.raises(TamperedError):
        log.checkpoint()
    log.close()
