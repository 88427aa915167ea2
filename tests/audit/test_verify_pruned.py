"""Verifying a pruned log: hashes all, bodies as far as there are any, and no word too much."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest

from audit.canonical import encode, parse
from audit.entry import KINDS, draft, format_entry
from audit.errors import TamperedError
from audit.examine import Place, Trust
from audit.kept import Kept
from audit.merkle import leaf_hash
from audit.pruned import GOING
from audit.state import format_state, parse_state
from audit.verdict import Verdict, as_json, as_lines
from audit.verify import Report, open_newest, verify
from audit.watch import Monitor
from tests.audit.memory_log import (
    START,
    MemoryLog,
    TestSigner,
    log_of,
    some_entries,
    some_members,
    stays,
)
from tests.audit.pruned_logs import kind_of, pruned

SIGNER = TestSigner()
ENTRIES = some_entries(900, tuple(KINDS))
LOG = log_of(ENTRIES, SIGNER)
"""Of 900 entries; those of the kind `log.pruned` name 256, then 512, then 768."""


def check(log: MemoryLog, kept: Kept | None = None, *, keep: bool = False) -> Report:
    return verify(log, SIGNER.verifier, kept=kept, keep=keep)


def lines_of(log: MemoryLog, report: Report) -> list[str]:
    return list(as_lines(Verdict(open_newest(log, SIGNER.verifier), report)))


def test_the_kinds_that_go_are_those_of_the_page() -> None:
    assert frozenset(kind for kind in KINDS if not stays(kind)) == GOING


@pytest.mark.parametrize("bundles", [(0,), (0, 1), (0, 1, 2), (1,), (0, 2)])
def test_a_pruned_log_passes_and_says_what_was_not_seen(bundles: tuple[int, ...]) -> None:
    report = check(pruned(LOG, ENTRIES, *bundles))
    gone = sum(not stays(kind_of(raw)) for n in bundles for raw in ENTRIES[256 * n : 256 * n + 256])
    assert gone == report.missing.gone
    assert 900 - gone == sum(report.kinds.values())
    whole = check(LOG)
    assert (whole.size, whole.steps, whole.ended) == (report.size, report.steps, report.ended)


def test_neighbouring_bundles_are_named_together_with_the_entry_that_covers_them() -> None:
    log = pruned(LOG, ENTRIES, 0, 1)
    report = check(log)
    (covering,) = {report.missing.covering()}
    assert covering is not None
    assert 512 == covering.below
    assert "log.pruned" == kind_of(ENTRIES[covering.index])
    assert (
        f"note: entries 0-511 are pruned (log.pruned, entry {covering.index}): hashes verified, "
        "bodies not seen; rules about them not checked"
    ) in lines_of(log, report)
    said = as_json(Verdict(open_newest(log, SIGNER.verifier), report))["pruned"]
    assert {
        "below": 512,
        "entry": covering.index,
        "bodies_not_seen": report.missing.gone,
        "not_seen": [[0, 512]],
    } == said


def test_a_whole_log_says_nothing_of_pruning() -> None:
    report = check(LOG)
    assert not [line for line in lines_of(LOG, report) if "pruned" in line]
    assert as_json(Verdict(open_newest(LOG, SIGNER.verifier), report))["pruned"] is None


def test_a_run_goes_on_from_a_state_that_read_what_is_gone_now() -> None:
    kept = check(log_of(ENTRIES[:700], SIGNER), keep=True).kept
    report = check(pruned(LOG, ENTRIES, 0, 1), parse_state(format_state(_held(kept))))
    assert [] == report.missing.unseen
    assert 900 == sum(report.kinds.values())


def test_a_state_of_a_pruned_log_is_gone_on_from() -> None:
    first = pruned(log_of(ENTRIES[:880], SIGNER), ENTRIES, 0, 1)
    kept = parse_state(format_state(_held(check(first, keep=True).kept)))
    report = check(pruned(LOG, ENTRIES, 0, 1, 2), kept)
    assert [(0, 512)] == report.missing.unseen
    assert 900 == sum(report.kinds.values()) + report.missing.gone


def test_a_monitor_that_begins_with_a_pruned_log_goes_on_as_it_is_pruned_further() -> None:
    class Source:
        log = pruned(log_of(ENTRIES[:880], SIGNER), ENTRIES, 0)

        def checkpoint(self) -> str:
            return self.log.checkpoint()

        def read(self, path: str) -> bytes:
            return self.log.read(path)

    source = Source()
    monitor = Monitor(Place(source, ""), Trust(SIGNER.verifier), stale_after=3600)
    first = monitor.look(0).verdict
    source.log = pruned(LOG, ENTRIES, 0, 1, 2)
    second = monitor.look(1).verdict
    for verdict in (first, second):
        assert verdict.result == "ok"
        assert verdict.report is not None
        assert [(0, 256)] == verdict.report.missing.unseen


def test_a_state_of_a_version_that_counted_nothing_is_gone_on_from() -> None:
    kept = _held(check(log_of(ENTRIES[:700], SIGNER), keep=True).kept)
    raw = format_state(kept)[:-32].split(b"\n", 2)
    head = parse(raw[1])
    del head["missing"]
    body = b"\n".join([raw[0], encode(head), raw[2]])
    old = parse_state(body + sha256(body).digest())
    assert 900 == check(LOG, old).size


def test_an_outcome_behind_the_border_may_be_of_an_access_that_is_gone() -> None:
    """The access is the last entry that goes; its answer stands right behind the border."""
    assert [(0, 256)] == check(_answered_after(1)).missing.unseen


def test_an_outcome_a_day_behind_the_border_has_its_access_to_be_seen() -> None:
    with pytest.raises(TamperedError, match="no access") as caught:
        check(_answered_after(27))
    assert ("outcomes", 258) == (caught.value.step, caught.value.index)


def test_what_was_excused_does_not_excuse_a_later_answer_of_the_same_key() -> None:
    log = _log([("access.answered", 1), ("access.answered", 40)])
    with pytest.raises(TamperedError, match="no access"):
        check(log)


def _answered_after(hours: int) -> MemoryLog:
    return _log([("access.refused", 0), ("access.answered", hours)])


def _log(behind: list[tuple[str, int]]) -> MemoryLog:
    """Return a log of 256 accesses that are gone, the entry that says so, and what follows."""
    made = [("access.sent", 0)] * 256 + [("log.pruned", 0), *behind]
    entries: list[bytes] = []
    prev = bytes(32)
    for number, (kind, hours) in enumerate(made):
        members = some_members(kind, number)
        if kind == "log.pruned":
            members = {"below": 256, "remain": 0}
        else:
            members["questions"] = ["owns_car"]
        at = START + timedelta(hours=hours)
        entries.append(format_entry(draft(kind, members), at, prev))
        prev = leaf_hash(entries[-1])
    return pruned(log_of(entries, SIGNER), entries, 0)


def _held(kept: Kept | None) -> Kept:
    assert kept is not None
    return kept


def test_outcomes_just_behind_the_border_are_excused_one_by_one() -> None:
    """Answers whose accesses are gone, and later, in the same run, what is excused no more.

    Judged as one, the run would look like an agency's own log, and the next entry be accused.
    """
    kinds = ["access.sent"] * 256 + ["access.answered"] * 100 + ["access.refused"] * 156
    entries: list[bytes] = []
    for number, kind in enumerate(kinds):
        hours = 0 if number < 256 else 1 if number < 356 else 40
        prev = leaf_hash(entries[-1]) if entries else bytes(32)
        one = draft(kind, some_members(kind, number))
        entries.append(format_entry(one, START + timedelta(hours=hours), prev))
    said = draft("log.pruned", {"below": 256, "remain": 0})
    entries.append(format_entry(said, START + timedelta(hours=40), leaf_hash(entries[-1])))
    log = log_of(entries, SIGNER)
    assert 513 == check(log).size
    assert 256 == check(pruned(log, entries, 0)).missing.gone
