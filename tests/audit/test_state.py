"""A verification that goes on where an earlier one ended finds what a whole one would find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.checkpoint import open_checkpoint
from audit.entry import KINDS, draft, format_entry, parse_entry
from audit.errors import AuditError, StateError, TamperedError
from audit.kept import Edge, Kept
from audit.merkle import leaf_hash
from audit.state import format_state, parse_state, read_state, write_state
from audit.tiles import TILE_WIDTH
from audit.verify import Report, verify
from tests.audit.memory_log import MemoryLog, TestSigner, log_of, some_entries, some_members

SIGNER = TestSigner()
GOOD = some_entries(900, tuple(KINDS))
SIZES = [0, 1, 100, 255, 256, 257, 511, 512, 600, 900]


def whole(log: MemoryLog, kept: Kept | None = None, **more: Any) -> Report:
    return verify(log, SIGNER.verifier, kept=kept, keep=True, **more)


def kept_at(size: int) -> Kept:
    kept = whole(log_of(GOOD[:size], SIGNER)).kept
    assert kept is not None
    return parse_state(format_state(kept))


def verdict(log: MemoryLog, kept: Kept | None = None) -> tuple[str, int | None] | Report:
    try:
        return replace(whole(log, kept), kept=None, steps=())
    except TamperedError as error:
        return error.step, error.index


class Counting(MemoryLog):
    """A log that notes which bundles are read."""

    def __init__(self, log: MemoryLog) -> None:
        super().__init__(log.files, log.size)
        self.bundles: set[str] = set()

    def read(self, path: str) -> bytes:
        if "entries" in path:
            self.bundles.add(path)
        return super().read(path)


@pytest.mark.parametrize("old", SIZES)
@pytest.mark.parametrize("new", SIZES)
def test_going_on_gives_the_report_of_a_whole_run(old: int, new: int) -> None:
    if old > new:
        return
    log = log_of(GOOD[:new], SIGNER)
    assert verdict(log, kept_at(old)) == verdict(log)


def test_what_was_verified_is_not_read_again() -> None:
    log = Counting(log_of(GOOD, SIGNER))
    whole(log, kept_at(600))
    assert {"tile/entries/002", "tile/entries/003.p/132"} == log.bundles


def test_going_on_several_times_is_the_same_as_once() -> None:
    kept: Kept | None = None
    for size in SIZES:
        kept = whole(log_of(GOOD[:size], SIGNER), kept).kept
        assert kept is not None
        kept = parse_state(format_state(kept))
    assert kept is not None
    assert format_state(kept) == format_state(kept_at(900))


def _bad_endings() -> dict[str, Sequence[bytes]]:
    """Entries that are wrong only because of what came in the first 600."""
    last, at = leaf_hash(GOOD[599]), parse_entry(GOOD[599]).at

    def ending(kind: str, hours: int = 0, **members: Any) -> list[bytes]:
        made = draft(kind, {**some_members(kind, 10_000), **members})
        return [format_entry(made, at + timedelta(hours=hours), last)]

    return {
        "chain": [GOOD[601]],
        "hours": ending("policy.changed", -1),
        "marks": ending("access.sent", q=parse_entry(GOOD[4]).members["q"]),
        "formulas": ending("decision.made", formula="ab" * 32),
        # Every answer so far has its access; one more has none.
        "outcomes": ending("access.answered"),
        "entries": [b"{}"],
    }


@pytest.mark.parametrize("old", [1, 255, 256, 300, 512, 600])
@pytest.mark.parametrize("step", sorted(_bad_endings()))
def test_a_fault_that_rests_on_what_came_before_is_found(step: str, old: int) -> None:
    raws = [*GOOD[:600], *_bad_endings()[step]]
    log = log_of(raws, SIGNER)
    found = verdict(log)
    assert (step, 600) == found
    assert verdict(log, kept_at(old)) == found


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([1, 256, 300, 600]), st.data())
def test_a_flipped_bit_behind_the_state_is_found_alike(old: int, data: st.DataObject) -> None:
    log = log_of(GOOD, SIGNER)
    newer = [
        path
        for path in sorted(log.files)
        if path == "checkpoint" or path.startswith(("tile/0/002", "tile/0/003", "tile/entries/003"))
    ]
    path = data.draw(st.sampled_from(newer))
    raw = bytearray(log.files[path])
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8
    bad = log.with_file(path, bytes(raw))
    found = verdict(bad)
    assert isinstance(found, tuple)
    assert verdict(bad, kept_at(old)) == found


@pytest.mark.parametrize("old", [1, 255, 256, 300, 512, 900])
def test_a_history_rewritten_behind_the_state_is_seen(old: int) -> None:
    kept = whole(log_of(some_entries(old, ("access.sent",)), SIGNER)).kept
    assert verdict(log_of(GOOD, SIGNER), kept) == ("since", None)


def test_a_rollback_behind_the_state_is_seen() -> None:
    assert verdict(log_of(GOOD[:300], SIGNER), kept_at(900)) == ("since", 300)
    assert verdict(log_of(GOOD[:899], SIGNER), kept_at(900)) == ("since", 899)


def test_a_checkpoint_from_before_the_state_is_compared_all_the_same() -> None:
    log = log_of(GOOD, SIGNER)
    for old in (1, 100, 256, 300, 511):
        since = open_checkpoint(log_of(GOOD[:old], SIGNER).checkpoint(), SIGNER.verifier)
        whole(log, kept_at(600), since=since)
        with pytest.raises(TamperedError, match="since"):
            whole(log, kept_at(600), since=replace(since, root=bytes(32)))


def test_a_state_of_another_log_is_refused_and_accuses_nobody() -> None:
    other = TestSigner("other.example", seed=9)
    kept = verify(log_of(GOOD[:300], other), other.verifier, keep=True).kept
    with pytest.raises(StateError):
        whole(log_of(GOOD, SIGNER), kept)


def test_a_state_whose_parts_do_not_fit_is_refused() -> None:
    kept = kept_at(600)
    for bad in (replace(kept, edge=Edge()), replace(kept, kinds={}), replace(kept, at=None)):
        with pytest.raises(StateError):
            whole(log_of(GOOD, SIGNER), bad)


def test_a_tampered_log_leaves_the_state_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "state"
    write_state(path, kept_at(600))
    before = path.read_bytes()
    with pytest.raises(TamperedError):
        whole(log_of([*GOOD[:600], b"{}"], SIGNER), read_state(path))
    assert path.read_bytes() == before
    assert [path] == list(tmp_path.iterdir())


def test_a_state_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert read_state(tmp_path / "state") is None


def test_the_edge_of_a_state_is_the_tree() -> None:
    edge = kept_at(900).edge
    assert edge.size == 900 // TILE_WIDTH * TILE_WIDTH
    report = whole(log_of(GOOD[: edge.size], SIGNER))
    assert edge.frontier().root() == report.checkpoint.root


STATE = format_state(kept_at(300))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 8 * len(STATE) - 1))
def test_every_flipped_bit_of_a_state_is_refused(bit: int) -> None:
    raw = bytearray(STATE)
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(StateError):
        parse_state(bytes(raw))


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_in_plain_words(raw: bytes) -> None:
    for text in (raw, STATE[: len(raw)], STATE + raw if raw else b""):
        with pytest.raises(AuditError):
            parse_state(text)
