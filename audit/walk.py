"""One pass over a log's files, from entry 0 or from where an earlier pass ended.

Runs of bundles come from a checker that found them good in themselves; here they are joined to
what came before and added to the tree. Whatever does not join is read again, bundle by bundle
and entry by entry, to say what is wrong with which.

This file must not read anything itself (a LogSource is passed in) and must not believe anything
but what the checkpoint's signature covers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audit.batch import leaf_hashes
from audit.checkpoint import Checkpoint
from audit.errors import LogUnavailableError, MissingError, ProofError, TamperedError, TileError
from audit.kept import Edge, Kept, keep
from audit.merkle import HASH_BYTES, check_consistency, complete_root, prove_consistency
from audit.reader import Reader
from audit.runs import Checked, Checker, Run, in_process, runs_of
from audit.steps import BUNDLES, CHAIN, ROOT, SINCE, STEPS, TILES, Fault
from audit.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    Fetch,
    TileNodes,
    TilePath,
    levels_of,
    parse_bundle,
    parse_remains,
    parse_tile,
    path_of,
    remains_path,
    split_bundle,
    tiles_at,
)

CHAIN_NUMBER = STEPS.index(CHAIN) + 1
BUNDLES_NUMBER = STEPS.index(BUNDLES) + 1
TILES_NUMBER = STEPS.index(TILES) + 1

Progress = Callable[[int], None]


class FaultsError(Exception):
    """What one bundle or tile showed; never leaves `verify`."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults


class Walk:
    """Steps 2 to 9, 11 and 12, a run of bundles at a time.

    reader: at the end, what the whole log said. kept: what to keep for a later walk, once `run`
    is through.
    """

    def __init__(
        self,
        fetch: Fetch,
        checkpoint: Checkpoint,
        older: Sequence[Checkpoint],
        kept: Kept | None,
        checker: Checker | None,
        progress: Progress,
    ) -> None:
        self._fetch = fetch
        self._checkpoint = checkpoint
        self._older = sorted(older, key=lambda each: each.size)
        self._edge = kept.edge if kept is not None else Edge()
        self.reader = kept.reader() if kept is not None else Reader()
        self._checker = checker or in_process(fetch, self.reader.quick)
        self._progress = progress
        self._nodes = TileNodes(fetch, checkpoint.size)
        self._past = self.reader.previous
        self._frontier = self._edge.frontier()
        self._roots: list[bytes] = []  # of full bundles read in this walk
        self._note: str | None = None
        self.kept: Kept | None = None

    def run(self, keep_note: str | None = None) -> None:
        """Walk to the end, or raise FaultsError or TamperedError.

        keep_note: the checkpoint as signed, if what a later walk needs is to be kept.
        """
        self._note = keep_note
        self._before()
        self._step_9()
        self._keep()
        runs = list(runs_of(self._checkpoint.size, self._frontier.size))
        for run, checked in zip(runs, self._checker(runs), strict=True):
            if checked is not None and self.reader.join(checked.batch):
                self._grow(run, checked)
            else:
                self._slowly(run)
            self._keep()
            self._progress(sum(bundle.width for bundle in run))
        if self._frontier.root() != self._checkpoint.root:
            # 7. Everything agrees with itself and not with what was signed: another log. Which
            # entry is the first cannot be told from one copy.
            raise TamperedError(ROOT, None, "the entries are not those that were signed")
        self._upper_tiles()
        self._said_so()

    def check_past(self) -> None:
        """Raise TamperedError if the last entry before this walk is not the one that was read."""
        last = self._edge.size - 1
        try:
            (leaf,) = TileNodes(self._fetch, self._checkpoint.size)([(0, last)])
        except (TileError, MissingError):
            return
        if self._past != leaf:
            raise _rewritten(self._older[-1])

    def _before(self) -> None:
        """9, for checkpoints that end before this walk begins: by a proof, made from the tiles."""
        size, root = self._checkpoint.size, self._checkpoint.root
        for old in self._older:
            if old.size >= self._frontier.size:
                continue
            try:
                nodes = TileNodes(self._fetch, size)
                proof = prove_consistency(old.size, size, nodes) if old.size else []
                check_consistency(proof, old.size, size, old.root, root)
            except (ProofError, TileError, MissingError):
                raise _rewritten(old) from None

    def _keep(self) -> None:
        # Only at the last full bundle: copying all that was seen for each run would take longer
        # than reading it.
        last = self._checkpoint.size // TILE_WIDTH * TILE_WIDTH
        if self._note is not None and self.reader.size == last and self.kept is None:
            self.kept = keep(self.reader, self._edge.grown(self._roots), self._note)

    def _grow(self, run: Run, checked: Checked) -> None:
        """7. Add a good run to the tree."""
        for bundle, root in zip(run, checked.roots, strict=False):
            self._add_full(bundle, root, None)
        self._add_leaves(checked.leaves)

    def _add_full(self, bundle: TilePath, root: bytes, leaves: Sequence[bytes] | None) -> None:
        size = self._frontier.size
        self._roots.append(root)
        if not any(0 < old.size - size < TILE_WIDTH for old in self._older):
            self._frontier.add(root, TILE_HEIGHT)
            self._step_9()
            return
        if leaves is None:
            leaves = leaf_hashes(parse_bundle(self._fetch(path_of(bundle)), TILE_WIDTH))
            if complete_root(leaves) != root:
                raise LogUnavailableError("the log changes while it is read")
        self._add_leaves(leaves)

    def _add_leaves(self, leaves: Sequence[bytes]) -> None:
        for leaf in leaves:
            self._frontier.add(leaf)
            self._step_9()

    def _step_9(self) -> None:
        """9. Since: where an older checkpoint ends, its root is the tree's."""
        for old in self._older:
            if old.size == self._frontier.size and old.root != self._frontier.root():
                raise _rewritten(old)

    def _slowly(self, run: Run) -> None:
        """Take a run that could not be joined as it is."""
        for bundle in run:
            start = bundle.n * TILE_WIDTH
            try:
                raw = self._fetch(path_of(bundle))
                entries = parse_bundle(raw, bundle.width)  # 2
            except MissingError:
                self._without(bundle)
                continue
            except TileError:
                entries = split_bundle(raw)[: bundle.width]
                reason = "an entry bundle of another length"
                short = Fault(start + len(entries), BUNDLES_NUMBER, reason)
                raise FaultsError([short, *self._one_by_one(entries)]) from None
            leaves = leaf_hashes(entries)
            faults = _tile_faults(self._fetch, TilePath(0, bundle.n, bundle.width), leaves)  # 8
            if not self.reader.accept(entries, leaves):  # 3 to 6, fast
                faults += self._one_by_one(entries)  # 3 to 6, to say which
            if faults:
                raise FaultsError(faults)
            if bundle.width == TILE_WIDTH:
                self._add_full(bundle, complete_root(leaves), leaves)
            else:
                self._add_leaves(leaves)

    def _without(self, bundle: TilePath) -> None:
        """2. Take a bundle that a pruned log has no more: its hashes, and the bodies that remain.

        Whether the log may be without it is known at its end (`_said_so`).
        """
        start = bundle.n * TILE_WIDTH
        try:
            bodies = parse_remains(self._fetch(remains_path(bundle.n)))
            tile = path_of(TilePath(0, bundle.n, bundle.width))
            leaves = parse_tile(self._fetch(tile), TILE_WIDTH)
        except MissingError:
            missing = Fault(start, BUNDLES_NUMBER, "an entry bundle is missing")
            raise FaultsError([missing]) from None
        except TileError as error:
            raise FaultsError([Fault(start, BUNDLES_NUMBER, str(error))]) from None
        root = complete_root(leaves)
        try:
            is_root = self._nodes([(TILE_HEIGHT, bundle.n)]) == [root]
        except (TileError, MissingError):
            is_root = True  # step 8 will say so, and the signed root is above both
        if not is_root:  # 8
            reason = "a hash tile of level 0 does not match the one above it"
            raise FaultsError([Fault(start, TILES_NUMBER, reason)])
        fault = self.reader.skip(bodies, leaves)  # 3 to 6
        if fault is not None:
            raise FaultsError([fault])
        self._add_full(bundle, root, leaves)

    def _said_so(self) -> None:
        """2. Bodies are gone only under a minimum index that the log itself names."""
        first = self.reader.rules.missing.uncovered()
        if first is not None:
            reason = "bodies are gone that no log.pruned entry names"
            raise FaultsError([Fault(first, BUNDLES_NUMBER, reason)])

    def _one_by_one(self, entries: Sequence[bytes]) -> list[Fault]:
        """Return the first fault that the entries show, if there is one."""
        for raw in entries:
            fault = self.reader.move(raw)
            if fault is not None:
                return [fault]
        return []

    def _upper_tiles(self) -> None:
        """8. Tiles above level 0 hold the roots of the full tiles below them."""
        size = self._checkpoint.size
        levels = self._edge.levels(self._roots)
        for level, (first, hashes) in zip(levels_of(size)[1:], levels, strict=False):
            for tile in tiles_at(size, level, first // TILE_WIDTH):
                start = tile.n * TILE_WIDTH - first
                faults = _tile_faults(self._fetch, tile, hashes[start : start + tile.width])
                if faults:
                    raise FaultsError(faults)


def _rewritten(old: Checkpoint) -> TamperedError:
    return TamperedError(SINCE, None, f"the first {old.size} entries were rewritten")


def _tile_faults(fetch: Fetch, tile: TilePath, expected: Sequence[bytes]) -> list[Fault]:
    """8. Return what is wrong with a hash tile: nothing, or its first bad hash."""
    level = tile.level or 0
    first = tile.n * TILE_WIDTH

    def fault(offset: int, reason: str) -> list[Fault]:
        return [Fault((first + offset) << (TILE_HEIGHT * level), TILES_NUMBER, reason)]

    try:
        raw = fetch(path_of(tile))
    except MissingError:
        return fault(0, f"a hash tile of level {level} is missing")
    if raw == b"".join(expected):
        return []
    for offset, good in enumerate(expected):
        if raw[offset * HASH_BYTES : (offset + 1) * HASH_BYTES] != good:
            return fault(offset, f"a hash tile of level {level} does not match the entries")
    return fault(len(expected) - 1, f"a hash tile of level {level} is too long")
