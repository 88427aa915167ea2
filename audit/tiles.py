"""Tiles: how a log's hashes and entries are cut into files that never change.

Source: C2SP tlog-tiles ("Merkle Tree", "Log Entries"): tiles of 256 hashes (height 8), entry
bundles of 256 entries, each entry behind its length in two bytes; a `.p/W` suffix marks the
rightmost tile of a size that is no multiple.

This file must not read anything itself: a `Fetch` is passed in, and what it returns is not
trusted until a root confirms it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from audit.errors import MissingError, TileError
from audit.merkle import HASH_BYTES, Node, complete_root

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVEL = 7  # eight levels of eight hold every size below 2^63

Fetch: TypeAlias = Callable[[str], bytes]
"""Reads one file of a log by its path, for example `tile/0/000.p/5`."""

_NUMBER = r"((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
_PATH = re.compile(rf"tile/(entries|remains|[0-7])/{_NUMBER}")

REMAINS = -1
"""The level of a file of ours beside those of tlog-tiles: what remains of a pruned bundle."""

_LEVELS = {"entries": None, "remains": REMAINS}


class TilePath(NamedTuple):
    """Which tile a path names. level: None for an entry bundle, REMAINS for what is left of one.

    width: 256 for a full one.
    """

    level: int | None
    n: int
    width: int = TILE_WIDTH


def tile_path(level: int, n: int, width: int = TILE_WIDTH) -> str:
    """Return the path of tile `n` of a level, e.g. `tile/1/x001/067.p/3`."""
    if not 0 <= level <= MAX_LEVEL:
        raise TileError("no such level of tiles")
    return f"tile/{level}/{_number(n, width)}"


def entries_path(n: int, width: int = TILE_WIDTH) -> str:
    """Return the path of entry bundle `n`, e.g. `tile/entries/000.p/5`."""
    return f"tile/entries/{_number(n, width)}"


def remains_path(n: int) -> str:
    """Return the path of what remains of entry bundle `n`, e.g. `tile/remains/000`."""
    return f"tile/remains/{_number(n, TILE_WIDTH)}"


def parse_tile_path(path: str) -> TilePath:
    """Return what `path` names, or raise TileError; accepts only what the three above write."""
    match = _PATH.fullmatch(path)
    if match is None or len(match[2]) > 33:  # seven groups of three digits exceed any log
        raise TileError("not the path of a tile")
    n = int(match[2].replace("x", "").replace("/", ""))
    width = int(match[3]) if match[3] else TILE_WIDTH
    level = _LEVELS[match[1]] if match[1] in _LEVELS else int(match[1])
    found = TilePath(level, n, width)
    if path_of(found) != path:
        raise TileError("not the usual path of this tile")
    return found


def tiles_at(size: int, level: int, first: int = 0) -> Iterator[TilePath]:
    """Yield the hash tiles of `level` in a tree of `size`, left to right, partial one last.

    first: the number of the first one wanted.
    """
    return _cut(level, size >> (TILE_HEIGHT * level), first)


def bundles_of(size: int, first: int = 0) -> Iterator[TilePath]:
    """Yield the entry bundles of a log of `size` from number `first` on, partial one last."""
    return _cut(None, size, first)


def levels_of(size: int) -> range:
    """Return the levels that have tiles in a tree of `size`."""
    return range((size.bit_length() - 1) // TILE_HEIGHT + 1) if size else range(0)


def paths_of(size: int) -> Iterator[str]:
    """Yield the path of every file, hash tile or bundle, that a log of `size` consists of."""
    for bundle in bundles_of(size):
        yield path_of(bundle)
    for level in levels_of(size):
        for tile in tiles_at(size, level):
            yield path_of(tile)


def path_of(tile: TilePath) -> str:
    """Return the path of `tile`."""
    if tile.level is None:
        return entries_path(tile.n, tile.width)
    if tile.level == REMAINS:
        return remains_path(tile.n)
    return tile_path(tile.level, tile.n, tile.width)


def format_tile(hashes: Iterable[bytes]) -> bytes:
    """Return the content of a tile."""
    return b"".join(hashes)


def parse_tile(raw: bytes, width: int) -> list[bytes]:
    """Return the hashes of a tile that must have `width` of them, or raise TileError."""
    if len(raw) != width * HASH_BYTES:
        raise TileError("a tile of another length")
    return [raw[i : i + HASH_BYTES] for i in range(0, len(raw), HASH_BYTES)]


def format_bundle(entries: Iterable[bytes]) -> bytes:
    """Return the content of an entry bundle."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > 0xFFFF:
            raise TileError("an entry longer than a bundle can hold")
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def parse_bundle(raw: bytes, width: int) -> list[bytes]:
    """Return the entries of a bundle that must have `width` of them, or raise TileError."""
    entries = split_bundle(raw)
    if len(entries) != width or sum(map(len, entries)) + 2 * width != len(raw):
        raise TileError("a bundle of another length")
    return entries


def split_bundle(raw: bytes) -> list[bytes]:
    """Return the whole entries at the start of `raw`; what cannot be an entry is left out."""
    entries: list[bytes] = []
    start, end = 0, len(raw)
    while start + 2 <= end:
        stop = start + 2 + (raw[start] << 8) + raw[start + 1]
        if stop > end:
            break
        entries.append(raw[start + 2 : stop])
        start = stop
    return entries


def format_remains(bodies: Sequence[bytes]) -> bytes:
    """Return what remains of a bundle: each body that is not empty, behind its place and length."""
    return b"".join(
        bytes([place]) + format_bundle([body]) for place, body in enumerate(bodies) if body
    )


def parse_remains(raw: bytes) -> list[bytes]:
    """Return the 256 bodies of a pruned bundle, empty where they are gone, or raise TileError."""
    bodies = [b""] * TILE_WIDTH
    start, before = 0, -1
    while start + 3 <= len(raw) and raw[start] > before:
        before, body = raw[start], start + 3
        start = body + (raw[start + 1] << 8) + raw[start + 2]
        bodies[before] = raw[body:start]
    # All of them: then nothing was pruned, and there is a bundle to be served.
    if all(bodies) or format_remains(bodies) != raw:
        raise TileError("not what remains of a bundle")
    return bodies


def read_bundle(fetch: Fetch, bundle: TilePath) -> list[bytes]:
    """Return a bundle's entries, unchecked; empty ones where a pruned log has none any more."""
    try:
        raw = fetch(path_of(bundle))
    except MissingError:
        if bundle.width != TILE_WIDTH:
            raise
        return parse_remains(fetch(remains_path(bundle.n)))
    return parse_bundle(raw, bundle.width)


def read_entries(fetch: Fetch, size: int, start: int = 0) -> Iterator[bytes]:
    """Yield the entries of a log of `size` from index `start` on, in order and unchecked; empty
    ones where it was pruned."""
    for bundle in bundles_of(size, start // TILE_WIDTH):
        yield from read_bundle(fetch, bundle)[max(0, start - bundle.n * TILE_WIDTH) :]


def read_entry(fetch: Fetch, size: int, index: int) -> bytes:
    """Return one entry from its bundle, unchecked: a proof says whether it is the log's.

    Empty where it was pruned.
    """
    n, offset = divmod(index, TILE_WIDTH)
    width = min(TILE_WIDTH, size - n * TILE_WIDTH)
    if width <= offset:
        raise TileError("an entry beyond the log's size")
    return read_bundle(fetch, TilePath(None, n, width))[offset]


def complete_from(entries: Sequence[bytes]) -> int:
    """Return the index from which on no body is gone."""
    return max((index for index, raw in enumerate(entries, 1) if not raw), default=0)


class TileNodes:
    """A `merkle.Nodes` reader over the tiles of a log of `size`; each tile is fetched once.

    The hashes are whatever the log says: make a proof of them and check the proof.
    """

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, nodes: Sequence[Node]) -> list[bytes]:
        """Return the hash of each node."""
        return [self._node(level, index) for level, index in nodes]

    def _node(self, level: int, index: int) -> bytes:
        tile_level, rows = divmod(level, TILE_HEIGHT)
        first = index << rows
        n, offset = divmod(first, TILE_WIDTH)
        hashes = self._tile(tile_level, n)[offset : offset + (1 << rows)]
        if len(hashes) != 1 << rows:
            raise TileError("a node beyond the tree's size")
        return complete_root(hashes)

    def _tile(self, level: int, n: int) -> list[bytes]:
        key = (level, n)
        if key not in self._tiles:
            width = min(TILE_WIDTH, (self._size >> (TILE_HEIGHT * level)) - n * TILE_WIDTH)
            if width < 1:
                raise TileError("a node beyond the tree's size")
            self._tiles[key] = parse_tile(self._fetch(tile_path(level, n, width)), width)
        return self._tiles[key]


def _cut(level: int | None, count: int, first: int = 0) -> Iterator[TilePath]:
    full, rest = divmod(count, TILE_WIDTH)
    for n in range(first, full):
        yield TilePath(level, n)
    if rest:
        yield TilePath(level, full, rest)


def _number(n: int, width: int) -> str:
    if n < 0 or not 1 <= width <= TILE_WIDTH:
        raise TileError("no such tile")
    groups = [f"{n % 1000:03d}"]
    while n := n // 1000:
        groups.append(f"x{n % 1000:03d}")
    suffix = "" if width == TILE_WIDTH else f".p/{width}"
    return "/".join(reversed(groups)) + suffix
