"""A store's rows seen as a tree: its nodes, its right edge, and the public files made from it.

This file must not write to the store or sign; what it returns it has hashed itself wherever
that costs little, because a checkpoint will be signed on the strength of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audit.edge import Edge
from audit.errors import LogUnavailableError, MissingError, PrunedError, TamperedError
from audit.merkle import EMPTY_ROOT, Node, Nodes, leaf_hash, node_hash, tree_root
from audit.opening import open_store
from audit.store import STRIDE, Head, Store
from audit.tiles import (
    REMAINS,
    TILE_HEIGHT,
    TILE_WIDTH,
    format_bundle,
    format_remains,
    format_tile,
    parse_tile_path,
)

STEP = "log file"
"""The step named when the file contradicts itself; there is no checkpoint to blame yet."""

_RUN = 1 << STRIDE
_TAIL = 256
_KEPT_FROM = 2 * STRIDE
_MOST_KEPT = 1024  # runs, of 5 kB each: enough for four million entries


def stored_nodes(store: Store) -> Nodes:
    """Return a reader of any complete node, computed from the stored level below it."""
    kept: dict[Node, dict[Node, bytes]] = {}

    def read(nodes: Sequence[Node]) -> list[bytes]:
        runs: dict[Node, dict[Node, bytes]] = {}  # one read for all nodes above the same 16
        found = []
        for level, index in nodes:
            base = level - level % STRIDE
            run = (base, index >> (STRIDE - level % STRIDE))
            if run not in runs:
                runs[run] = kept.get(run) or _run(base, run[1])
            if (level, index) not in runs[run]:
                raise TamperedError(STEP, None, "a node is missing")
            found.append(runs[run][(level, index)])
        return found

    def _run(base: int, index: int) -> dict[Node, bytes]:
        start = index * _RUN
        hashes = store.hashes(base, start, start + _RUN)
        nodes = _upwards(base, start, hashes)
        # What is complete never changes; high up, a few runs serve the proofs of all entries.
        if base >= _KEPT_FROM and len(hashes) == _RUN:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            kept[(base, index)] = nodes
        return nodes

    return read


def load_edge(store: Store, head: Head) -> Edge:
    """Return the right edge at `head`, recomputed; raise TamperedError if the file is torn.

    Reads the same few hundred rows whatever the log's size: what lies further back is the
    verifier's to check, what is here would go into the next signature.
    """
    _check_extent(store, head)
    _check_tail(store, head)
    nodes: dict[Node, bytes] = {}
    level = 0
    while head.size >> level:
        count = head.size >> level
        start = max(0, (count // _RUN - 1) * _RUN)
        below = dict(nodes)
        nodes.update(_upwards(level, start, store.hashes(level, start, count)))
        # The stored level must be what the level below gives.
        if any(below.get(node, nodes[node]) != nodes[node] for node in nodes):
            raise TamperedError(STEP, None, "a stored node differs from its children")
        level += STRIDE

    def kept(wanted: Sequence[Node]) -> list[bytes]:
        return [nodes[node] for node in wanted]

    root = tree_root(head.size, kept) if head.size else EMPTY_ROOT
    if root != head.root:
        raise TamperedError(STEP, None, "the head's root is not the root of the entries")
    return Edge(head.size, root, nodes)


def read_public(store: Store, path: str, size: int) -> bytes:
    """Return the hash tile, the entry bundle or its remains at `path` in a log of `size` entries.

    path: as in tlog-tiles, `tile/...`. Raises TileError for another path and MissingError where
    the log of that size has no such file, PrunedError for a bundle some of whose bodies are gone;
    every width that the log has reached is served.
    """
    tile = parse_tile_path(path)
    start, stop = tile.n * TILE_WIDTH, tile.n * TILE_WIDTH + tile.width
    level = max(tile.level or 0, 0) * TILE_HEIGHT
    if stop > size >> level:
        raise MissingError("the log has no such tile yet")
    if tile.level is None or tile.level == REMAINS:
        bodies = [body for _, body in store.rows(start, stop)]
        if tile.level == REMAINS:
            if all(bodies):
                raise MissingError("the log has the whole bundle")
            return format_remains(bodies)
        if not all(bodies):
            raise PrunedError("the log no longer keeps these entries' bodies")
        return format_bundle(bodies)
    return format_tile(store.hashes(level, start, stop))


def read_entry(store: Store, index: int) -> bytes:
    """Return the entry at `index` as it was hashed; raises MissingError, or PrunedError."""
    rows = store.rows(index, index + 1) if 0 <= index < 2**62 else []
    if not rows:
        raise MissingError("the log has no entry of that number")
    if not rows[0][1]:
        raise PrunedError("the log no longer keeps this entry's body")
    return rows[0][1]


class DatabaseSource:
    """A log's rows read where no key is: the newest checkpoint kept in them, and the tiles."""

    def __init__(self, place: Path | str) -> None:
        """place: a file, or the URL of a server; see `audit.opening`."""
        self._store = open_store(place)
        self._size = -1

    def checkpoint(self) -> str:
        """Return the newest signed checkpoint that is kept there."""
        self._size, note = self._store.note()
        if self._size < 0:
            raise LogUnavailableError("the log holds no signed checkpoint yet")
        return note

    def read(self, path: str) -> bytes:
        """Return a file of the log as of that checkpoint."""
        if self._size < 0:
            self.checkpoint()
        return read_public(self._store, path, self._size)

    def close(self) -> None:
        """Close the connections."""
        self._store.close()


def _upwards(level: int, start: int, hashes: Sequence[bytes]) -> dict[Node, bytes]:
    """Return the nodes over a run of hashes from `start`, up to the next stored level."""
    nodes: dict[Node, bytes] = {}
    first, row = start, list(hashes)
    for height in range(level, level + STRIDE + 1):
        nodes.update({(height, first + i): value for i, value in enumerate(row)})
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        first >>= 1
    return nodes


def _check_extent(store: Store, head: Head) -> None:
    """Raise TamperedError unless rows end where the head says, at every stored level.

    Others may append meanwhile: rows are compared with the head of the same moment.
    """
    extent = store.extent()
    size = extent.head.size
    if size < extent.note_size:
        raise TamperedError(STEP, size, "the log is shorter than a checkpoint it signed")
    if size < head.size:
        raise TamperedError(STEP, size, "the log is shorter than it was")
    wanted = {0: size}
    level = STRIDE
    while size >> level:
        wanted[level] = size >> level
        level += STRIDE
    if extent.sizes != wanted:
        raise TamperedError(STEP, None, "rows and head disagree about the log's size")


def _check_tail(store: Store, head: Head) -> None:
    """Raise TamperedError unless the newest entries hash to the leaves kept beside them."""
    start = max(0, head.size - _TAIL)
    rows = store.rows(start, head.size)
    if len(rows) != head.size - start:
        raise TamperedError(STEP, None, "entries are missing")
    for index, (leaf, body) in enumerate(rows, start):
        if leaf_hash(body) != leaf:
            raise TamperedError(STEP, index, "the entry is not the one that was hashed")
