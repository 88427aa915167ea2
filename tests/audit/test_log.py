"""Appending: every promise kept by many threads and processes at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from audit.checkpoint import open_checkpoint
from audit.edge import Edge
from audit.entry import Draft, parse_entry
from audit.errors import (
    AuditError,
    DayTurnedError,
    EntryError,
    LogUnavailableError,
    MissingError,
    WithdrawnError,
)
from audit.log import Appended, Log
from audit.merkle import EMPTY_ROOT, leaf_hash
from audit.proof import check_proof
from tests.audit.logs import (
    START,
    Clock,
    access,
    check_all,
    in_threads,
    open_log,
    unique,
    verifier,
    withdrawal,
)
from tests.audit.places import Place

W = b"w" * 32


@pytest.fixture
def log(place: Place) -> Iterator[Log]:
    opened = open_log(place)
    yield opened
    opened.close()


def test_the_caller_gets_entries_in_order_with_proofs(log: Log) -> None:
    first = log.append([access()])
    second = log.append([access(), access()])
    check_all(log, [first, second])
    assert [one.index for one in (*first.entries, *second.entries)] == [0, 1, 2]
    third = parse_entry(second.entries[1].entry)
    assert leaf_hash(second.entries[0].entry) == third.prev
    assert START.replace(minute=0) == third.at


def test_an_empty_log_has_a_checkpoint(log: Log) -> None:
    checkpoint = open_checkpoint(log.checkpoint(), verifier(log))
    assert (checkpoint.size, checkpoint.root) == (0, EMPTY_ROOT)


def test_many_threads_leave_no_gap_and_no_duplicate(log: Log) -> None:
    results: list[Appended] = []
    in_threads(16, lambda _: results.extend(log.append([access()]) for _ in range(200)))
    assert log.size == 3200
    check_all(log, results)


def test_a_group_is_one_batch(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one commits, the others gather; they then share one signature."""
    signatures = []
    sign = log._sign
    gathered = threading.Event()

    def slow(head: Any) -> Any:
        signatures.append(head.size)
        assert gathered.wait(10)
        return sign(head)

    monkeypatch.setattr(log, "_sign", slow)
    threads = [threading.Thread(target=log.append, args=([access()],)) for _ in range(9)]
    threads[0].start()
    while not signatures:
        pass
    for thread in threads[1:]:
        thread.start()
    while len(log._queue) < 8:
        pass
    gathered.set()
    for thread in threads:
        thread.join()
    assert signatures == [1, 9]


def test_two_logs_in_one_place_append_together(place: Place) -> None:
    logs = [open_log(place), open_log(place)]
    results: list[Appended] = []

    def work(which: int) -> None:
        for _ in range(60):
            results.append(logs[which % 2].append([access()]))

    in_threads(8, work)
    assert logs[0].checkpoint() == logs[1].checkpoint()
    check_all(logs[0], results)
    for log in logs:
        log.close()


def test_a_log_is_opened_while_others_append(place: Place) -> None:
    """Rows that are written between two looks are no contradiction."""
    appending = open_log(place)
    results: list[Appended] = []
    ended = threading.Event()

    def append() -> None:
        while not ended.is_set():
            results.append(appending.append([access(), access()]))

    thread = threading.Thread(target=append)
    thread.start()
    try:
        for _ in range(15):
            open_log(place).close()
    finally:
        ended.set()
        thread.join()
    check_all(appending, results)
    appending.close()


def test_a_log_follows_one_that_ran_far_ahead(place: Place) -> None:
    """Beyond what is read entry by entry, the edge is loaded anew and still extends the old one."""
    behind, ahead = open_log(place), open_log(place)
    results = [behind.append([access()])]
    results += [ahead.append([access() for _ in range(1500)]) for _ in range(2)]
    results.append(behind.append([access()]))
    check_all(behind, results)
    behind.close()
    ahead.close()


def test_a_withdrawn_grant_is_not_used(log: Log) -> None:
    log.append([access()], unless=[W])
    log.append([withdrawal(W)])
    with pytest.raises(WithdrawnError):
        log.append([access(), access()], unless=[W])
    assert log.size == 2
    assert log.find_mark(W) == 1


def test_a_repeated_mark_is_refused(log: Log) -> None:
    q = unique(32)
    log.append([access(q=q)])
    with pytest.raises(EntryError):
        log.append([access(), access(q=q)])
    twice = unique(32)
    with pytest.raises(EntryError):
        log.append([access(q=twice), access(q=twice)])
    assert log.size == 1


def in_one_batch(log: Log, asks: list[tuple[list[Draft], list[bytes]]]) -> list[object]:
    """Append several callers' drafts as one batch, in this order."""
    results: list[object] = [None] * len(asks)

    def work(which: int) -> None:
        drafts, unless = asks[which]
        try:
            results[which] = log.append(drafts, unless=unless)
        except AuditError as error:
            results[which] = error

    threads = []
    with log._edge_lock:  # the first takes the lead and stops here; the rest queue up behind it
        for which in range(len(asks)):
            threads.append(threading.Thread(target=work, args=(which,)))
            threads[-1].start()
            while len(log._queue) <= which:
                pass
    for thread in threads:
        thread.join()
    return results


def test_a_refused_caller_does_not_fail_the_others(log: Log) -> None:
    q = unique(32)
    yesterday = date(2026, 11, 23)
    results = in_one_batch(
        log,
        [
            ([access()], []),
            ([access(q=q)], [W]),
            ([access(q=q)], []),
            ([access(day=yesterday)], []),
            ([withdrawal(W)], []),
            ([access()], [W]),
            ([access(day=date(2026, 11, 24))], []),
        ],
    )
    kinds = [type(result) for result in results]
    assert kinds == [
        Appended,
        Appended,
        EntryError,
        DayTurnedError,
        Appended,
        WithdrawnError,
        Appended,
    ]
    check_all(log, [result for result in results if isinstance(result, Appended)])


def test_a_draft_for_another_day_is_refused_with_the_logs_day(log: Log) -> None:
    with pytest.raises(DayTurnedError) as caught:
        log.append([access(), access(day=date(2026, 11, 25))])
    assert date(2026, 11, 24) == caught.value.day
    assert log.size == 0


def test_a_clock_set_back_does_not_turn_entries_back(place: Place) -> None:
    clock = Clock(datetime(2026, 11, 25, 0, 5, tzinfo=UTC))
    log = open_log(place, clock=clock)
    log.append([access(day=date(2026, 11, 25))])
    clock.moment -= timedelta(hours=2)
    entry = log.append([access(day=date(2026, 11, 25))]).entries[0].entry
    assert datetime(2026, 11, 25, tzinfo=UTC) == parse_entry(entry).at
    log.close()
    log = open_log(place, clock=clock)
    with pytest.raises(DayTurnedError):
        log.append([access(day=date(2026, 11, 24))])
    log.close()


def test_old_entries_are_proven_against_the_newest_checkpoint(place: Place) -> None:
    log = open_log(place)
    for _ in range(6):
        log.append([access() for _ in range(1000)])
    known = verifier(log)
    log._edge = Edge(0, EMPTY_ROOT, {})  # every node from the database
    log_edge_free = [log.prove(index) for index in (0, 1, 255, 256, 4095, 5500, 5999)]
    for logged in log_edge_free:
        index, checkpoint = check_proof(logged.proof, logged.entry, known)
        assert (logged.index, 6000) == (index, checkpoint.size)
    log.close()


def test_an_absent_entry_is_missing(log: Log) -> None:
    log.append([access()])
    for index in (-1, 1, 2**70):
        with pytest.raises(MissingError):
            log.prove(index)
        with pytest.raises(MissingError):
            log.entry(index)


def test_a_closed_log_refuses(place: Place) -> None:
    log = open_log(place)
    log.append([access()])
    log.close()
    log.close()
    with pytest.raises(LogUnavailableError):
        log.append([access()])
    with pytest.raises(LogUnavailableError):
        log.checkpoint()


def test_nothing_to_append_is_refused(log: Log) -> None:
    with pytest.raises(EntryError):
        log.append([])
