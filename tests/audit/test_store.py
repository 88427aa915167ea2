"""The log's rows, in both databases: what they refuse to do, and what opening them finds out."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import date

import psycopg
import pysqlite3.dbapi2 as sqlite
import pytest

from audit.errors import AuditError, LogUnavailableError, TamperedError
from audit.store import Extent, Head, Rows
from tests.audit.logs import access, open_log, withdrawal
from tests.audit.places import Place

ROWS = Rows([(b"l" * 32, b"{}")], [(4, 0, b"n" * 32)], [(b"m" * 32, 0)], [])
AT = "2026-11-24T13:00:00Z"


@pytest.mark.parametrize(
    "statement",
    [
        *(
            f"{verb}{{{table}}}{rest}"
            for table in ("entry", "node", "mark", "withdrawal")
            for verb, rest in (("DELETE FROM ", ""), ("UPDATE ", " SET idx = 99"))
        ),
        "UPDATE {head} SET size = 1",
        "UPDATE {head} SET origin = 'other', size = 99",
        "DELETE FROM {head}",
    ],
)
def test_rows_are_never_changed_or_removed(place: Place, statement: str) -> None:
    with closing(open_log(place)) as log:
        log.append([access() for _ in range(17)])
        log.append([withdrawal(b"w" * 32)])
    with pytest.raises((sqlite.IntegrityError, psycopg.IntegrityError), match="only grows"):
        place.execute(statement)


def test_the_log_of_another_origin_is_refused(place: Place) -> None:
    place.store().close()
    with pytest.raises(AuditError, match="another origin"):
        place.store("other.example")


def test_an_absent_log_is_not_made_by_a_reader(place: Place) -> None:
    for _ in range(2):
        with pytest.raises(LogUnavailableError, match=r"no log"):
            place.store(None)


def test_a_batch_that_fails_leaves_nothing(place: Place) -> None:
    store = place.store()

    def fail() -> None:
        with store.lock_head() as locked:
            locked.write(ROWS, b"r" * 32, AT)
            raise AuditError("stop")

    with pytest.raises(AuditError, match="stop"):
        fail()
    assert Head(0, b"e" * 32, "") == store.head()
    assert {0: 0} == store.extent().sizes
    store.close()


def test_a_batch_is_read_as_it_was_written(place: Place) -> None:
    rows = Rows(
        [(bytes([n]) * 32, b"{%d}" % n) for n in range(40)],
        [(4, n, bytes([99, n]) * 16) for n in range(2)],
        [(bytes([200, n]) * 16, n) for n in range(40)],
        [("2026-11-24", 7, b"w" * 32)],
    )
    with closing(place.store()) as store:
        with store.lock_head() as locked:
            assert set() == locked.present([b"m" * 32])
            assert Head(40, b"r" * 32, AT) == locked.write(rows, b"r" * 32, AT)
            assert {bytes([200, 5]) * 16} == locked.present([bytes([200, 5]) * 16, b"x"])
        with closing(place.store(None)) as other:
            assert Head(40, b"r" * 32, AT) == other.head()
            assert list(rows.entries[3:40]) == other.rows(3, 99)
            assert [rows.entries[39]] == other.rows(39, 40)
            assert [] == other.rows(40, 41)
            assert [leaf for leaf, _ in rows.entries[16:32]] == other.hashes(0, 16, 32)
            assert [b"c\x01" * 16] == other.hashes(4, 1, 16)
            assert Extent(other.head(), {0: 40, 4: 2}, -1) == other.extent()
            assert 39 == other.find_mark(bytes([200, 39]) * 16)
            assert other.find_mark(b"none") is None
            assert [(7, b"w" * 32)] == other.withdrawn(date(2026, 11, 24))


def test_a_head_that_moved_meanwhile_is_not_moved_again(place: Place) -> None:
    """The fence: even without the lock, only one of two writers gets past."""
    store = place.store()

    def write() -> None:
        with store.lock_head() as locked:
            locked.head = Head(5, b"r" * 32, "")
            locked.write(ROWS, b"r" * 32, AT)

    with pytest.raises(LogUnavailableError, match="moved"):
        write()
    assert 0 == store.head().size
    assert [] == store.rows(0, 99)
    store.close()


def test_one_holds_the_head_at_a_time(place: Place) -> None:
    """Who waited sees what the holder before it committed."""
    first, second = place.store(), place.store()
    has_it = threading.Event()
    found: list[tuple[int, set[bytes]]] = []

    def wait() -> None:
        with second.lock_head() as locked:
            has_it.set()
            found.append((locked.head.size, locked.present([b"m" * 32])))

    thread = threading.Thread(target=wait)
    with first.lock_head() as locked:
        thread.start()
        assert not has_it.wait(0.1)
        locked.write(ROWS, b"r" * 32, AT)
    thread.join()
    assert [(1, {b"m" * 32})] == found
    first.close()
    second.close()


@pytest.mark.parametrize("again", range(5))  # SQLite failed one in thirty, before they took turns
def test_several_may_make_the_log_at_once(place: Place, again: int) -> None:
    stores = []
    threads = [threading.Thread(target=lambda: stores.append(place.store())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 8 == len(stores)
    for store in stores:
        store.close()


def test_the_withdrawals_of_a_day_are_found(place: Place) -> None:
    with closing(open_log(place)) as log:
        log.append([access(), withdrawal(b"w" * 32)])
        assert [(1, b"w" * 32)] == log.withdrawn(date(2026, 11, 24))
        assert [] == log.withdrawn(date(2026, 11, 25))


def test_a_note_is_never_replaced_by_an_older_one(place: Place) -> None:
    with closing(place.store()) as store:
        assert -1 == store.note()[0]
        store.keep_note(3, "three \N{EM DASH}")
        store.keep_note(2, "two")
        assert (3, "three \N{EM DASH}") == store.note()


def test_trying_whether_one_can_write_changes_nothing(place: Place) -> None:
    with closing(place.store()) as store:
        for _ in range(2):
            store.check_writable()
        assert Head(0, b"e" * 32, "") == store.head()


def test_a_closed_store_says_so(place: Place) -> None:
    store = place.store()
    store.close()
    with pytest.raises(LogUnavailableError, match="closed"):
        store.head()
    with pytest.raises(LogUnavailableError, match="closed"), store.lock_head():
        pass


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("UPDATE {entry} SET body = {json} WHERE idx = 299", 299),
        ("UPDATE {entry} SET leaf = {zeros} WHERE idx = 298", 298),
        ("DELETE FROM {entry} WHERE idx = 299", None),
        ("DELETE FROM {entry} WHERE idx = 290", None),
        ("INSERT INTO {entry} SELECT 300, leaf, body FROM {entry} WHERE idx = 0", None),
        ("UPDATE {node} SET hash = {zeros} WHERE level = 4 AND idx = 17", None),
        ("UPDATE {node} SET hash = {zeros} WHERE level = 8 AND idx = 0", None),
        ("DELETE FROM {node} WHERE level = 8", None),
        ("UPDATE {head} SET root = {zeros}", None),
        ("UPDATE {head} SET size = 299", 299),
    ],
)
def test_a_torn_log_is_not_opened(place: Place, statement: str, index: int | None) -> None:
    with closing(open_log(place)) as log:
        log.append([access() for _ in range(300)])
    open_log(place).close()
    place.change(statement)
    with pytest.raises(TamperedError) as caught:
        open_log(place)
    assert index == caught.value.index
