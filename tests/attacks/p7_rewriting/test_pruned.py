"""P7, nothing is rewritten: pruning as an excuse to lose what was logged.

Each attack stands beside the honest pruned log, which passes. Whoever holds the log's key can
sign any `log.pruned`; what it cannot do is take along what must stay, or more than it named.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from audit.entry import KINDS, draft, format_entry, parse_entry
from audit.errors import TamperedError
from audit.merkle import leaf_hash
from audit.verify import verify
from tests.audit.memory_log import MemoryLog, TestSigner, log_of, naive_root, some_entries, stays
from tests.audit.pruned_logs import kind_of, pruned, remains

SIGNER = TestSigner()
ENTRIES = some_entries(900, tuple(KINDS))
LOG = log_of(ENTRIES, SIGNER)
HONEST = pruned(LOG, ENTRIES, 0, 1)


def fails(log: MemoryLog) -> tuple[str, int | None]:
    with pytest.raises(TamperedError) as caught:
        verify(log, SIGNER.verifier)
    return caught.value.step, caught.value.index


def with_said(place: int, below: int, remain: int, entries: Sequence[bytes] = ENTRIES) -> MemoryLog:
    """Return the log in which the entry at `place` is a `log.pruned` of our own, truly signed."""
    made: list[bytes] = list(entries[:place])
    for number, raw in enumerate(entries[place:], place):
        old = parse_entry(raw)
        one = draft(old.kind, old.members)
        if number == place:
            one = draft("log.pruned", {"below": below, "remain": remain})
        elif old.kind == "log.pruned":
            one = draft("policy.changed", {"policy": "ab" * 32})
        made.append(format_entry(one, old.at, leaf_hash(made[-1])))
    return log_of(made, SIGNER)


def staying(below: int) -> int:
    return sum(stays(kind_of(raw)) for raw in ENTRIES[:below])


def test_the_honest_log_passes() -> None:
    assert 900 == verify(HONEST, SIGNER.verifier).size


def test_bodies_that_are_gone_and_were_never_named() -> None:
    silent = some_entries(600)
    log = log_of(silent, SIGNER)
    assert 600 == verify(log, SIGNER.verifier).size
    assert ("bundles", 0) == fails(pruned(log, silent, 0))


def test_a_bundle_that_is_gone_with_all_that_must_stay() -> None:
    assert ("bundles", 0) == fails(HONEST.with_file("tile/remains/000", None))


def test_more_is_gone_than_was_named() -> None:
    shorter = ENTRIES[:800]
    log = log_of(shorter, SIGNER)
    named = max(
        int(str(parse_entry(raw).members["below"])) for raw in shorter if b"log.pruned" in raw
    )
    assert 768 == named
    fewer = some_entries(700, tuple(KINDS))  # names 512 at most
    cut = pruned(log_of([*fewer, *some_tail(fewer, 100)], SIGNER), fewer, 0, 1)
    assert 800 == verify(cut, SIGNER.verifier).size
    more = [*fewer, *some_tail(fewer, 100)]
    assert ("bundles", 512) == fails(pruned(log_of(more, SIGNER), more, 0, 1, 2))
    assert 800 == verify(pruned(log, shorter, 0, 1, 2), SIGNER.verifier).size


def some_tail(entries: Sequence[bytes], count: int) -> list[bytes]:
    """Return entries that may follow, none of which names a minimum index."""
    last = parse_entry(entries[-1])
    prev, tail = leaf_hash(entries[-1]), []
    for number in range(count):
        one = draft("policy.changed", {"policy": f"{number:064x}"})
        tail.append(format_entry(one, last.at, prev))
        prev = leaf_hash(tail[-1])
    return tail


@pytest.mark.parametrize(
    ("below", "off", "why"),
    [
        (300, 0, "no whole number"),
        (768, 0, "no whole number"),  # above its own index, which is 700
        (512, 1, "not as many"),
        (512, -1, "not as many"),
        (256, 0, "lower than an earlier"),
    ],
)
def test_an_announcement_that_is_not_true(below: int, off: int, why: str) -> None:
    log = with_said(700, below, staying(below) + off)
    with pytest.raises(TamperedError, match=why) as caught:
        verify(log, SIGNER.verifier)
    assert ("bundles", 700) == (caught.value.step, caught.value.index)
    assert 900 == verify(with_said(700, 512, staying(512)), SIGNER.verifier).size


@pytest.mark.parametrize("kind", sorted(kind for kind in KINDS if stays(kind)))
def test_an_entry_that_must_stay_is_taken_along(kind: str) -> None:
    """Hashes cannot tell of what kind a body was; the number that was announced can."""
    place = next(i for i, raw in enumerate(ENTRIES) if kind_of(raw) == kind)
    n, offset = divmod(place, 256)
    left = b"".join(
        bytes([i]) + len(raw).to_bytes(2, "big") + raw
        for i, raw in enumerate(ENTRIES[256 * n : 256 * n + 256])
        if i != offset and stays(kind_of(raw))
    )
    step, index = fails(HONEST.with_file(f"tile/remains/{n:03}", left))
    assert "bundles" == step
    assert index is not None
    assert "log.pruned" == kind_of(ENTRIES[index])


def test_what_remains_is_changed() -> None:
    raw = remains(ENTRIES, 0)
    place = next(i for i, one in enumerate(ENTRIES) if stays(kind_of(one)))
    changed = bytearray(raw)
    changed[40] ^= 1
    assert ("root", place) == fails(HONEST.with_file("tile/remains/000", bytes(changed)))


@pytest.mark.parametrize("change", [b"\x00", b"\xff\x00\x00", b"\x00\x00\x01x\x00\x00\x01x"])
def test_what_remains_is_no_such_file(change: bytes) -> None:
    assert ("bundles", 0) == fails(HONEST.with_file("tile/remains/000", change))


def test_a_leaf_hash_in_the_pruned_range_is_edited() -> None:
    tile = bytearray(HONEST.files["tile/0/001"])
    tile[32 * 100] ^= 1
    assert ("tiles", 256) == fails(HONEST.with_file("tile/0/001", bytes(tile)))


def test_a_leaf_hash_is_edited_and_the_tile_above_it_too() -> None:
    """Of an entry that is gone, and so is the one behind, which would name it."""
    gone = [not stays(kind_of(raw)) for raw in ENTRIES[256:512]]
    place = next(i for i in range(255) if gone[i] and gone[i + 1])
    tile = bytearray(HONEST.files["tile/0/001"])
    tile[32 * place] ^= 1
    leaves = [bytes(tile[i : i + 32]) for i in range(0, len(tile), 32)]
    above = bytearray(HONEST.files["tile/1/000.p/3"])
    above[32:64] = naive_root(leaves)
    log = HONEST.with_file("tile/0/001", bytes(tile)).with_file("tile/1/000.p/3", bytes(above))
    assert ("root", None) == fails(log)


def test_the_chain_is_broken_at_the_border() -> None:
    """The first entry that can be seen must name the last hash that cannot."""
    entries = list(ENTRIES[:600])
    old = parse_entry(entries[512])
    entries[512] = format_entry(draft(old.kind, old.members), old.at, b"\x01" * 32)
    for number in range(513, 600):
        one = parse_entry(entries[number])
        entries[number] = format_entry(
            draft(one.kind, one.members), one.at, leaf_hash(entries[number - 1])
        )
    assert ("chain", 512) == fails(pruned(log_of(entries, SIGNER), entries, 0, 1))
