"""Verifying a whole log, offline, with nothing but its files and its public key.

The numbered steps are those of docs/verify.md, which somebody can implement without this code.
`verify` walks the log once and stops at the first thing that is wrong; `_locate` then finds out
who is to blame, because a flipped bit in an entry and one in the hash tile over it look alike.

This file must not read anything itself (a LogSource is passed in) and must not believe anything
but what the checkpoint's signature covers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from audit.batch import Reader, leaf_hashes
from audit.chain import check_link, check_order
from audit.checkpoint import Checkpoint, is_signed, parse_checkpoint
from audit.entry import marks_of, parse_entry
from audit.errors import EntryError, MissingError, NoteError, TamperedError, TileError
from audit.merkle import HASH_BYTES, Frontier, complete_root, leaf_hash
from audit.note import Verifier, open_note
from audit.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    TilePath,
    bundles_of,
    levels_of,
    parse_bundle,
    parse_tile,
    path_of,
    split_bundle,
    tiles_at,
)

CHECKPOINT, BUNDLES, ENTRIES, CHAIN, HOURS, MARKS, ROOT, TILES, SINCE = STEPS = (
    "checkpoint",
    "bundles",
    "entries",
    "chain",
    "hours",
    "marks",
    "root",
    "tiles",
    "since",
)
"""The steps' names, in the order of their numbers: STEPS[0] is step 1 of docs/verify.md."""

ROOT_NUMBER = STEPS.index(ROOT) + 1
TILES_NUMBER = STEPS.index(TILES) + 1


class LogSource(Protocol):
    """Where a log is read: a folder, a URL, a bundle."""

    def checkpoint(self) -> str:
        """Return the newest signed checkpoint."""

    def read(self, path: str) -> bytes:
        """Return a tile or an entry bundle; MissingError if the log has none there."""


@dataclass(frozen=True)
class Report:
    """A log that passed. size: entries. steps: names of the steps taken. kinds: entries of each."""

    size: int
    steps: tuple[str, ...]
    kinds: Mapping[str, int]
    checkpoint: Checkpoint


class _Fault(NamedTuple):
    """Something wrong; the smallest is the first entry's, then the first step's."""

    entry: int
    number: int
    reason: str

    def error(self) -> TamperedError:
        return TamperedError(STEPS[self.number - 1], self.entry, self.reason)


def verify(
    source: LogSource,
    verifier: Verifier,
    *,
    witnesses: Sequence[Verifier] = (),
    since: Checkpoint | None = None,
) -> Report:
    """Return a report on the log in `source`, or raise TamperedError.

    verifier: the log's public key, obtained elsewhere. witnesses: keys that must each have
    cosigned the checkpoint. since: a checkpoint of this log that the caller kept from earlier,
    already opened; without it a rollback to an older, once true state cannot be seen.

    The error names the step and the first bad entry. LogUnavailableError means that nothing could
    be said.
    """
    checkpoint = _step_1(source, verifier, witnesses)
    if since is not None:
        _check_older(since, checkpoint)
    try:
        kinds = _Walk(source, checkpoint, since).run()
    except _FaultsError as exc:
        raise _locate(source, checkpoint, min(exc.faults)).error() from None
    taken = STEPS if since is not None else STEPS[:-1]
    return Report(checkpoint.size, taken, kinds, checkpoint)


def _step_1(source: LogSource, verifier: Verifier, witnesses: Sequence[Verifier]) -> Checkpoint:
    """Step 1, checkpoint: signed by the log and by every witness asked for."""
    try:
        opened = open_note(source.checkpoint(), (verifier, *witnesses))
        checkpoint = parse_checkpoint(opened.text)
    except (NoteError, UnicodeDecodeError) as exc:
        raise TamperedError(CHECKPOINT, None, str(exc)) from exc
    except MissingError as exc:
        raise TamperedError(CHECKPOINT, None, "there is no checkpoint") from exc
    signed = {(signature.name, signature.key_id) for signature in opened.signatures}
    if not is_signed(opened, checkpoint, verifier):
        raise TamperedError(CHECKPOINT, None, f"not signed by {verifier.name}")
    for key in witnesses:
        if (key.name, key.key_id) not in signed:
            raise TamperedError(CHECKPOINT, None, f"not signed by {key.name}")
    if checkpoint.origin != verifier.name:
        raise TamperedError(CHECKPOINT, None, "a checkpoint of another origin")
    return checkpoint


def _check_older(since: Checkpoint, checkpoint: Checkpoint) -> None:
    """The part of step 9 that needs no entries."""
    if since.origin != checkpoint.origin:
        raise TamperedError(SINCE, None, "the older checkpoint is of another origin")
    if since.size > checkpoint.size:
        # A rollback: the first entry that was promised and is gone.
        raise TamperedError(SINCE, checkpoint.size, "entries that were promised are gone")


class _FaultsError(Exception):
    """What one bundle or tile showed; never leaves this file."""

    def __init__(self, faults: list[_Fault]) -> None:
        self.faults = faults


class _Walk:
    """One pass over a log's files: steps 2 to 9, a bundle of entries at a time."""

    def __init__(self, source: LogSource, checkpoint: Checkpoint, since: Checkpoint | None) -> None:
        self._source = source
        self._checkpoint = checkpoint
        self._since = since
        self._reader = Reader()
        self._frontier = Frontier()
        self._roots: list[bytes] = []  # of full bundles: the hashes of level 1

    def run(self) -> Mapping[str, int]:
        """Return how many entries of each kind there are, or raise _FaultsError."""
        size = self._checkpoint.size
        self._step_9()
        for bundle in bundles_of(size):
            self._bundle(bundle)
        if self._frontier.root() != self._checkpoint.root:
            # 7. Everything agrees with itself and not with what was signed: another log. Which
            # entry is the first cannot be told from one copy.
            raise TamperedError(ROOT, None, "the entries are not those that were signed")
        self._upper_tiles()
        return dict(sorted(self._reader.kinds.items()))

    def _bundle(self, bundle: TilePath) -> None:
        start = bundle.n * TILE_WIDTH
        try:
            raw = self._source.read(path_of(bundle))
            entries = parse_bundle(raw, bundle.width)  # 2
        except MissingError:
            raise _FaultsError([_Fault(start, 2, "an entry bundle is missing")]) from None
        except TileError:
            entries = split_bundle(raw)[: bundle.width]
            short = _Fault(start + len(entries), 2, "an entry bundle of another length")
            raise _FaultsError([short, *self._one_by_one(start, entries)]) from None
        leaves = leaf_hashes(entries)
        tile = TilePath(0, bundle.n, bundle.width)
        faults = _tile_faults(self._source, tile, leaves)  # 8, level 0
        if not self._reader.accept(entries, leaves):  # 3 to 6, fast
            faults += self._one_by_one(start, entries)  # 3 to 6, to say which
        if faults:
            raise _FaultsError(faults)
        self._grow(leaves)
        self._step_9()

    def _one_by_one(self, start: int, entries: Sequence[bytes]) -> list[_Fault]:
        """Steps 3 to 6 an entry at a time: the first fault that they show."""
        reader = self._reader
        for index, raw in enumerate(entries, start):
            try:
                number = 3
                entry = parse_entry(raw)
                number = 4
                check_link(reader.previous, entry)
                number = 5
                check_order(reader.moment, entry)
            except EntryError as exc:
                return [_Fault(index, number, str(exc))]
            marks = marks_of(entry.kind, entry.members)
            if not reader.marks.isdisjoint(marks):
                return [_Fault(index, 6, "a commitment that an earlier entry holds already")]
            reader.move(entry)
        return []

    def _grow(self, leaves: Sequence[bytes]) -> None:
        """7. Add a bundle's leaves to the tree."""
        if len(leaves) == TILE_WIDTH:
            root = complete_root(leaves)
            self._roots.append(root)
            if not (self._since and 0 < self._since.size - self._frontier.size < TILE_WIDTH):
                self._frontier.add(root, TILE_HEIGHT)
                return
        for leaf in leaves:
            self._frontier.add(leaf)
            self._step_9()

    def _step_9(self) -> None:
        """9. Since: where the older checkpoint ends, its root is the tree's."""
        since = self._since
        if since and since.size == self._frontier.size and since.root != self._frontier.root():
            raise TamperedError(SINCE, None, f"the first {since.size} entries were rewritten")

    def _upper_tiles(self) -> None:
        """8. Tiles above level 0 hold the roots of the full tiles below them."""
        hashes = self._roots
        for level in levels_of(self._checkpoint.size)[1:]:
            for tile in tiles_at(self._checkpoint.size, level):
                start = tile.n * TILE_WIDTH
                faults = _tile_faults(self._source, tile, hashes[start : start + tile.width])
                if faults:
                    raise _FaultsError(faults)
            full = len(hashes) // TILE_WIDTH * TILE_WIDTH
            hashes = [complete_root(hashes[i : i + TILE_WIDTH]) for i in range(0, full, TILE_WIDTH)]


def _tile_faults(source: LogSource, tile: TilePath, expected: Sequence[bytes]) -> list[_Fault]:
    """8. Return what is wrong with a hash tile: nothing, or its first bad hash."""
    level = tile.level or 0
    first = tile.n * TILE_WIDTH

    def fault(offset: int, reason: str) -> list[_Fault]:
        return [_Fault((first + offset) << (TILE_HEIGHT * level), 8, reason)]

    try:
        raw = source.read(path_of(tile))
    except MissingError:
        return fault(0, f"a hash tile of level {level} is missing")
    if raw == b"".join(expected):
        return []
    for offset, good in enumerate(expected):
        if raw[offset * HASH_BYTES : (offset + 1) * HASH_BYTES] != good:
            return fault(offset, f"a hash tile of level {level} does not match the entries")
    return fault(len(expected) - 1, f"a hash tile of level {level} is too long")


def _locate(source: LogSource, checkpoint: Checkpoint, fault: _Fault) -> _Fault:
    """Return the fault with the entry that is really the first bad one.

    If the leaf hashes of the level-0 tiles lead to the signed root, they are what was signed, and
    the first entry that differs from them is the first bad one. If they do not, the walk's own
    finding stands: either the tiles are bad and it found where, or both are and nothing in this
    copy says more.
    """
    leaves = _signed_leaves(source, checkpoint)
    if leaves is None:
        return fault
    for index, entry in enumerate(_whatever_entries(source, checkpoint.size)):
        if index > fault.entry:
            break
        if entry is None or leaf_hash(entry) != leaves[index]:
            if index == fault.entry and fault.number not in (ROOT_NUMBER, TILES_NUMBER):
                return fault
            return _Fault(index, ROOT_NUMBER, "not the entry that was signed")
    return fault


def _signed_leaves(source: LogSource, checkpoint: Checkpoint) -> list[bytes] | None:
    """Return the leaf hashes of the level-0 tiles if they lead to the signed root."""
    frontier = Frontier()
    leaves: list[bytes] = []
    try:
        for tile in tiles_at(checkpoint.size, 0):
            leaves += parse_tile(source.read(path_of(tile)), tile.width)
    except (MissingError, TileError):
        return None
    for leaf in leaves:
        frontier.add(leaf)
    return leaves if frontier.root() == checkpoint.root else None


def _whatever_entries(source: LogSource, size: int) -> Iterator[bytes | None]:
    """Yield each entry as far as the bundles can still be split, else None."""
    for bundle in bundles_of(size):
        try:
            entries = split_bundle(source.read(path_of(bundle)))
        except MissingError:
            entries = []
        for offset in range(bundle.width):
            yield entries[offset] if offset < len(entries) else None
