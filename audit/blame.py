"""Which entry is really the first bad one: a flipped bit in an entry and one in the hash over it
look alike, so before anybody is blamed the signed root is asked.

This file must not find faults; it is given one.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.checkpoint import Checkpoint
from audit.errors import MissingError, TileError
from audit.merkle import Frontier, leaf_hash
from audit.steps import ROOT, STEPS, TILES, Fault
from audit.tiles import (
    Fetch,
    TilePath,
    bundles_of,
    parse_tile,
    path_of,
    read_bundle,
    split_bundle,
    tiles_at,
)

ROOT_NUMBER = STEPS.index(ROOT) + 1
TILES_NUMBER = STEPS.index(TILES) + 1


def blame(fetch: Fetch, checkpoint: Checkpoint, fault: Fault) -> Fault:
    """Return the fault with the entry that is really the first bad one.

    If the leaf hashes of the level-0 tiles lead to the signed root, they are what was signed, and
    the first entry that differs from them is the first bad one. If they do not, the walk's own
    finding stands: either the tiles are bad and it found where, or both are and nothing in this
    copy says more.
    """
    leaves = _signed_leaves(fetch, checkpoint)
    if leaves is None:
        return fault
    for index, entry in enumerate(_whatever_entries(fetch, checkpoint.size)):
        if index > fault.entry:
            break
        if entry == b"" and index < fault.entry:
            continue  # a pruned one: whether it may be is not for hashes to say
        if entry is None or leaf_hash(entry) != leaves[index]:
            if index == fault.entry and fault.number not in (ROOT_NUMBER, TILES_NUMBER):
                return fault
            return Fault(index, ROOT_NUMBER, "not the entry that was signed")
    return fault


def _signed_leaves(fetch: Fetch, checkpoint: Checkpoint) -> list[bytes] | None:
    """Return the leaf hashes of the level-0 tiles if they lead to the signed root."""
    frontier = Frontier()
    leaves: list[bytes] = []
    try:
        for tile in tiles_at(checkpoint.size, 0):
            leaves += parse_tile(fetch(path_of(tile)), tile.width)
    except (MissingError, TileError):
        return None
    for leaf in leaves:
        frontier.add(leaf)
    return leaves if frontier.root() == checkpoint.root else None


def _whatever_entries(fetch: Fetch, size: int) -> Iterator[bytes | None]:
    """Yield each entry as far as the bundles can still be split, else None; b"" where pruned."""
    for bundle in bundles_of(size):
        try:
            entries = split_bundle(fetch(path_of(bundle)))
        except MissingError:
            entries = _remains(fetch, bundle)
        for offset in range(bundle.width):
            yield entries[offset] if offset < len(entries) else None


def _remains(fetch: Fetch, bundle: TilePath) -> list[bytes]:
    try:
        return read_bundle(fetch, bundle)
    except (MissingError, TileError):
        return []
