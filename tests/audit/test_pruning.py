"""Pruning a real log, in both databases: what is announced, what goes, what a crash leaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pysqlite3.dbapi2 as sqlite
import pytest

from audit.entry import parse_entry
from audit.errors import AuditError, LogUnavailableError, MissingError, PrunedError, TamperedError
from audit.log import Log
from audit.proof import check_proof
from audit.pruned import LEAST_DAYS
from audit.pruning import NOTICE, Announced, announce, announced, limit, look, remove
from audit.store import Pruning, Store
from audit.verify import verify
from tests.audit.logs import START, Clock, access, open_log, verifier, withdrawal
from tests.audit.places import Place

OLD = START.date() + timedelta(days=1)
LATER = START + timedelta(days=LEAST_DAYS + 2)


@contextmanager
def a_log(place: Place | Path, size: int = 700) -> Iterator[tuple[Log, Store, Clock]]:
    """Return a log of old accesses, every hundredth entry the end of a grant, and its rows."""
    clock = Clock()
    where = place if isinstance(place, Place) else Place(place / "log.db", {}, print, print)
    with closing(open_log(where, clock=clock)) as log, closing(where.store(None)) as store:
        log.append(
            [
                withdrawal(b"w" * 28 + n.to_bytes(4, "big")) if n % 100 == 0 else access()
                for n in range(size)
            ]
        )
        clock.moment = LATER
        yield log, store, clock


def go(log: Log, store: Store, clock: Clock) -> Announced:
    """Announce what may go, wait, and remove it."""
    announce(log, store, look(store, limit(store, now=clock(), before=OLD)))
    said = announced(store)
    assert said is not None
    clock.moment = said.due
    remove(store, said, now=clock())
    return said


def test_bodies_go_in_whole_bundles_and_everything_else_stays(place: Place) -> None:
    with a_log(place) as (log, store, clock):
        before = store.rows(0, 700)
        nodes = [store.hashes(level, 0, 700) for level in (0, 4, 8)]
        said = go(log, store, clock)
        assert (256, 3, 700) == (said.below, said.remain, said.index)
        after = store.rows(0, 700)
        assert [leaf for leaf, _ in before] == [leaf for leaf, _ in after]
        assert [b"" if n < 256 and n % 100 else raw for n, (_, raw) in enumerate(before)] == [
            raw for _, raw in after
        ]
        assert nodes == [store.hashes(level, 0, 700) for level in (0, 4, 8)]
        assert Pruning(256, 700) == store.pruning()


def test_a_pruned_log_opens_appends_proves_and_verifies(place: Place) -> None:
    with a_log(place) as (log, store, clock):
        old = log.prove(5)
        go(log, store, clock)
        with closing(open_log(place, clock=clock)) as again:
            again.append([access()])
            report = verify(again, verifier(again))
            assert (702, 253) == (report.size, report.missing.gone)
            # A proof made now holds for the entry that somebody kept, and an old one still does.
            known = verifier(again)
            assert 5 == check_proof(again.proof(5), old.entry, known)[0]
            assert 5 == check_proof(old.proof, old.entry, known)[0]
            for read in (again.entry, again.prove):
                with pytest.raises(PrunedError):
                    read(5)
            assert again.prove(100).entry == again.entry(100)
            assert [0, 100, 200] == [
                index for index, _ in again.withdrawn(START.date()) if index < 256
            ]


def test_nothing_goes_before_it_was_announced_for_a_month(place: Place) -> None:
    with a_log(place) as (log, store, clock):
        announce(log, store, look(store, 256))
        said = announced(store)
        assert said is not None
        assert clock() + NOTICE - timedelta(hours=1) < said.due <= clock() + NOTICE
        with pytest.raises(AuditError, match="not due"):
            remove(store, said, now=said.due - timedelta(seconds=1))
        assert all(raw for _, raw in store.rows(0, 700))
        assert 0 == verify(log, verifier(log)).missing.gone


def test_the_newest_bundle_and_the_last_year_stay(place: Place) -> None:
    with a_log(place) as (log, store, clock):
        log.append([access() for _ in range(900)])
        assert 512 == limit(store, now=clock(), before=OLD)
        assert 256 == limit(store, now=clock(), before=OLD, most=511)
        assert 0 == limit(store, now=clock(), before=START.date())
        with pytest.raises(AuditError, match="366 days"):
            limit(store, now=clock(), before=OLD + timedelta(days=2))
        clock.moment = LATER + timedelta(days=1000)
        assert 1280 == limit(store, now=clock(), before=LATER.date() + timedelta(days=1))
    assert 1600 > 1280 + 256


def test_a_short_log_keeps_everything(place: Place) -> None:
    with a_log(place, 400) as (_, store, clock):
        assert 0 == limit(store, now=clock(), before=OLD)


def test_what_would_go_is_counted(place: Place) -> None:
    with a_log(place) as (log, store, _):
        going = look(store, 256)
        bodies = [log.entry(n) for n in range(256) if n % 100]
        assert (0, 256, 253, 3) == (going.start, going.below, going.bodies, going.remain)
        assert sum(map(len, bodies)) == going.size
        assert START.date() == going.until


def test_pruning_goes_on_from_where_it_was(place: Place) -> None:
    with a_log(place) as (log, store, clock):
        go(log, store, clock)
        log.append([access() for _ in range(900)])
        clock.moment += timedelta(days=LEAST_DAYS + 1)
        announce(log, store, look(store, limit(store, now=clock(), before=LATER.date())))
        second = announced(store)
        assert second is not None
        assert (512, 6) == (second.below, second.remain)  # of 0, 100, ... 500
        clock.moment = second.due
        assert 253 == remove(store, second, now=clock())
        report = verify(log, verifier(log))
        assert [(0, 512)] == report.missing.unseen


class _Stopped(Exception):  # noqa: N818 - it stands for a crash
    pass


def test_a_crash_in_between_leaves_whole_bundles_and_a_log_that_verifies(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.pruning._STEP", 256)
    with a_log(place, 1400) as (log, store, clock):
        announce(log, store, look(store, 1024))
        said = announced(store)
        assert said is not None
        clock.moment = said.due

        def crash(minimum: int) -> None:
            if minimum == 512:
                raise _Stopped

        with pytest.raises(_Stopped):
            remove(store, said, now=clock(), progress=crash)
        assert 512 == store.pruning().below
        assert [(0, 512)] == verify(log, verifier(log)).missing.unseen
        remove(store, said, now=clock())
        assert [(0, 1024)] == verify(log, verifier(log)).missing.unseen


def test_a_crash_inside_a_transaction_leaves_nothing_of_it(place: Place) -> None:
    with a_log(place) as (log, store, _):
        announce(log, store, look(store, 256))

        def crash() -> None:
            with store.lock_head() as head:
                head.remove_bodies(256, [1, 2, 3])
                raise _Stopped

        with pytest.raises(_Stopped):
            crash()
        assert 0 == store.pruning().below
        assert all(raw for _, raw in store.rows(0, 256))


def test_a_crash_before_the_entry_is_noted_leaves_two_announcements(place: Place) -> None:
    with a_log(place) as (log, store, clock):
        going = look(store, 256)
        announce(log, store, going)
        clock.moment += timedelta(hours=2)
        announce(log, store, going)
        assert 700 + 2 == verify(log, verifier(log)).size


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {pruning} SET below = 255",
        "UPDATE {pruning} SET below = 9999",
        "UPDATE {pruning} SET announced = 5",
        "DELETE FROM {pruning}",
        "UPDATE {entry} SET body = {json} WHERE idx = 5",
        "UPDATE {entry} SET body = {json} WHERE idx = 300",
        "UPDATE {entry} SET body = {nothing} WHERE idx = 256",
        "UPDATE {entry} SET leaf = {zeros} WHERE idx = 5",
        "UPDATE {entry} SET leaf = {zeros}, body = {nothing} WHERE idx = 5",
        "UPDATE {entry} SET idx = 9999, body = {nothing} WHERE idx = 5",
        "DELETE FROM {entry} WHERE idx = 5",
        "DELETE FROM {node}",
        "UPDATE {mark} SET idx = 99",
        "UPDATE {head} SET size = 1",
    ],
)
def test_the_database_lets_nothing_else_go(place: Place, statement: str) -> None:
    with a_log(place) as (log, store, clock):
        go(log, store, clock)
        with pytest.raises((sqlite.IntegrityError, psycopg.IntegrityError), match="only grows"):
            place.execute(statement)


def test_bodies_do_not_go_from_a_log_that_announced_nothing(place: Place) -> None:
    with a_log(place) as (_, store, _clock):

        def remove_some() -> None:
            with store.lock_head() as head:
                head.remove_bodies(256, [1])

        with pytest.raises(LogUnavailableError, match="announced"):
            remove_some()
        assert Pruning() == store.pruning()


def test_a_lower_minimum_index_is_refused(place: Place) -> None:
    with a_log(place) as (log, store, clock):
        go(log, store, clock)

        def lower() -> None:
            with store.lock_head() as head:
                head.remove_bodies(0, [])

        with pytest.raises(LogUnavailableError, match="only grows"):
            lower()


def test_bodies_taken_from_the_database_without_a_word_are_found(place: Place) -> None:
    """The attack that pruning must not become a cover for."""
    with a_log(place) as (log, _, _clock):
        place.change("UPDATE {entry} SET body = {nothing} WHERE idx < 256 AND idx % 100 > 0")
        with pytest.raises(TamperedError, match=r"no log\.pruned") as caught:
            verify(log, verifier(log))
        assert ("bundles", 0) == (caught.value.step, caught.value.index)


def test_nothing_of_what_was_removed_is_left_in_a_compacted_file(tmp_path: Path) -> None:
    def left() -> int:
        whole = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("log.db*")))
        return sum(digest in whole for digest in digests)

    with a_log(tmp_path) as (log, store, clock):
        entries = [parse_entry(log.entry(n)) for n in range(256) if n % 100]
        digests = [str(entry.members["digest"]).encode() for entry in entries]
        assert len(digests) == left()
        go(log, store, clock)
        store.compact()
        assert 0 == left()


def test_a_compacted_log_verifies(place: Place) -> None:
    with a_log(place) as (log, store, clock):
        go(log, store, clock)
        store.compact()
        log.append([access()])
        assert 253 == verify(log, verifier(log)).missing.gone


def test_the_files_of_a_pruned_bundle(place: Place) -> None:
    with a_log(place) as (log, store, clock):
        go(log, store, clock)
        for path in ("tile/entries/000", "tile/entries/000.p/7"):
            with pytest.raises(PrunedError):
                log.read(path)
        assert log.read("tile/remains/000")[0] == 0
        with pytest.raises(MissingError):
            log.read("tile/remains/001")
        assert 256 * 32 == len(log.read("tile/0/000"))
        assert log.read("tile/entries/001")


def test_the_day_that_is_named_is_one_that_stays(tmp_path: Path) -> None:
    with a_log(tmp_path) as (_, store, clock):
        assert 0 == limit(store, now=clock(), before=date(2026, 11, 24))
        assert 256 == limit(store, now=clock(), before=date(2026, 11, 25))
