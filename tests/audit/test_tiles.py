"""Tiles: paths, contents, and the nodes that can be read from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import MissingError, TileError
from audit.merkle import leaf_hash, prove_consistency, prove_inclusion, tree_root
from audit.tiles import (
    TILE_WIDTH,
    TileNodes,
    TilePath,
    bundles_of,
    entries_path,
    format_bundle,
    format_remains,
    format_tile,
    levels_of,
    parse_bundle,
    parse_remains,
    parse_tile,
    parse_tile_path,
    path_of,
    paths_of,
    read_entries,
    split_bundle,
    tile_path,
    tiles_at,
)
from tests.audit.memory_log import TestSigner, log_of, naive_root, some_entries

ENTRIES = some_entries(600)
LEAVES = [leaf_hash(raw) for raw in ENTRIES]
LOG = log_of(ENTRIES, TestSigner())


def test_the_paths_and_tile_sets_of_the_specification(vectors: Path) -> None:
    cases = json.loads((vectors / "tlog/tile-paths.json").read_text())
    for n, path in cases["n_to_path"].items():
        assert f"tile/0/{path}" == tile_path(0, int(n))
        assert f"tile/entries/{path}" == entries_path(int(n))
    for case in cases["sizes"]:
        expected: dict[int, tuple[int, str | None, str | None]] = {}
        for tile in case["tiles"]:
            full, last, partial = expected.get(tile["level"], (0, None, None))
            expected[tile["level"]] = (
                tile.get("full", full),
                tile.get("last_full", last),
                tile.get("partial", partial),
            )
        found: dict[int, tuple[int, str | None, str | None]] = {}
        for level in levels_of(case["size"]):
            tiles = list(tiles_at(case["size"], level))
            full_tiles = [path_of(tile) for tile in tiles if tile.width == TILE_WIDTH]
            partials = [path_of(tile) for tile in tiles if tile.width < TILE_WIDTH]
            found[level] = (
                len(full_tiles),
                full_tiles[-1] if full_tiles else None,
                partials[0] if partials else None,
            )
        assert expected == found, case["size"]


@given(
    st.none() | st.integers(0, 7),
    st.integers(0, 10**18),
    st.integers(1, 256),
)
def test_every_path_goes_there_and_back(level: int | None, n: int, width: int) -> None:
    path = TilePath(level, n, width)
    assert path == parse_tile_path(path_of(path))


@given(st.text() | st.from_regex(r"tile/[0-9a-z]{1,8}(/x?[0-9]{3}){1,5}(\.p/[0-9]{1,4})?"))
def test_any_text_is_a_path_or_raises_our_error(text: str) -> None:
    try:
        path = parse_tile_path(text)
    except TileError:
        return
    assert text == path_of(path)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/8/000",
        "tile/00/000",
        "tile/-1/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/01",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/0/../../etc",
        "/tile/0/000",
        "tile/entries/",
        "tile/0/" + "x001/" * 400 + "001",
        "checkpoint",
    ],
)
def test_other_spellings_of_a_path_are_refused(path: str) -> None:
    with pytest.raises(TileError):
        parse_tile_path(path)


@pytest.mark.parametrize(
    ("level", "n", "width"), [(8, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)]
)
def test_tiles_that_no_log_has_get_no_path(level: int, n: int, width: int) -> None:
    with pytest.raises(TileError):
        tile_path(level, n, width)


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_bundles_go_there_and_back(entries: list[bytes]) -> None:
    raw = format_bundle(entries)
    assert entries == parse_bundle(raw, len(entries)) == split_bundle(raw)
    for wrong in (raw + b"\x00", raw[:-1]):
        if wrong != raw:
            with pytest.raises(TileError):
                parse_bundle(wrong, len(entries))
    with pytest.raises(TileError):
        parse_bundle(raw, len(entries) + 1)


@given(st.binary(), st.integers(0, 5))
def test_any_bytes_are_a_bundle_or_raise_our_error(raw: bytes, width: int) -> None:
    try:
        entries = parse_bundle(raw, width)
    except TileError:
        return
    assert raw == format_bundle(entries)


def test_an_entry_too_long_for_a_bundle_is_refused() -> None:
    assert len(format_bundle([bytes(65_535)])) == 65_537
    with pytest.raises(TileError):
        format_bundle([bytes(65_536)])


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=5), st.integers(0, 5))
def test_tiles_go_there_and_back(hashes: list[bytes], width: int) -> None:
    raw = format_tile(hashes)
    if width == len(hashes):
        assert hashes == parse_tile(raw, width)
    else:
        with pytest.raises(TileError):
            parse_tile(raw, width)


def test_a_logs_entries_can_be_read_from_its_files() -> None:
    assert list(read_entries(LOG.read, 600)) == ENTRIES
    assert ENTRIES[:256] == list(read_entries(LOG.read, 256))


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512, 600])
def test_roots_and_proofs_from_tiles_are_those_from_leaves(size: int) -> None:
    log = log_of(ENTRIES[:size], TestSigner())
    nodes = TileNodes(log.read, size)
    assert naive_root(LEAVES[:size]) == tree_root(size, nodes)
    by_leaves = log_of(ENTRIES[:size], TestSigner()).read
    for index in {0, size // 2, size - 1}:
        assert prove_inclusion(index, size, nodes) == prove_inclusion(
            index, size, TileNodes(by_leaves, size)
        )
    for old in {1, size // 2, size - 1, size} - {0}:
        prove_consistency(old, size, nodes)


def test_each_tile_is_fetched_once() -> None:
    fetched: list[str] = []

    def fetch(path: str) -> bytes:
        fetched.append(path)
        return LOG.read(path)

    nodes = TileNodes(fetch, 600)
    for index in range(600):
        prove_inclusion(index, 600, nodes)
    assert len(fetched) == len(set(fetched)) == 4


def test_nodes_beyond_the_size_are_refused() -> None:
    nodes = TileNodes(LOG.read, 600)
    for node in [(0, 600), (3, 75), (8, 2), (16, 0), (0, 10_000)]:
        with pytest.raises((TileError, MissingError)):
            nodes([node])


def test_a_tile_of_another_length_is_refused() -> None:
    short = LOG.with_file("tile/0/001", LOG.files["tile/0/001"][:-32])
    with pytest.raises(TileError):
        TileNodes(short.read, 600)([(0, 300)])


def test_a_log_without_entries_has_no_files() -> None:
    assert [*paths_of(0), *bundles_of(0)] == []


@given(st.dictionaries(st.integers(0, 255), st.sampled_from([b"", b"yz" * 200])), st.booleans())
def test_what_remains_is_read_as_it_was_written(some: dict[int, bytes], is_full: bool) -> None:
    bodies = [some.get(place, b"x" if is_full else b"") for place in range(256)]
    raw = format_remains(bodies)
    if all(bodies):
        with pytest.raises(TileError):
            parse_remains(raw)
    else:
        assert bodies == parse_remains(raw)


@given(st.binary(max_size=60) | st.lists(st.sampled_from([0, 1, 2, 255])).map(bytes))
def test_what_nobody_would_have_written_does_not_remain(raw: bytes) -> None:
    try:
        bodies = parse_remains(raw)
    except TileError:
        return
    assert raw == format_remains(bodies)
