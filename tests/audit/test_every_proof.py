"""Every proof of every tree up to 130 leaves holds, and none of its tampered twins does.

Three independent pictures of RFC 6962: the definitions of section 2.1 written down below as they
stand, pymerkle, and the code under test. 130 leaves reach past a tile's half and a power of two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from hashlib import sha256

import pymerkle
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import encode
from audit.errors import ProofError
from audit.merkle import (
    Node,
    check_consistency,
    check_inclusion,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    tree_root,
)
from audit.tiles import TileNodes, tile_path
from tests.audit.memory_log import TestSigner, log_of

MOST = 130
ENTRIES = [f"entry {number}".encode() for number in range(MOST)]
LEAVES = [sha256(b"\x00" + entry).digest() for entry in ENTRIES]


@cache
def root(start: int, end: int) -> bytes:
    """MTH(D[start:end]) of section 2.1."""
    if end - start == 0:
        return sha256(b"").digest()
    if end - start == 1:
        return LEAVES[start]
    k = half(end - start)
    return sha256(b"\x01" + root(start, start + k) + root(start + k, end)).digest()


def half(count: int) -> int:
    """The largest power of two smaller than `count`."""
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def path(m: int, start: int, end: int) -> list[bytes]:
    """PATH(m, D[start:end]) of section 2.1.1."""
    if end - start == 1:
        return []
    k = half(end - start)
    if m < k:
        return [*path(m, start, start + k), root(start + k, end)]
    return [*path(m - k, start + k, end), root(start, start + k)]


def subproof(m: int, start: int, end: int, complete: bool) -> list[bytes]:
    """SUBPROOF(m, D[start:end], b) of section 2.1.2."""
    if m == end - start:
        return [] if complete else [root(start, end)]
    k = half(end - start)
    if m <= k:
        return [*subproof(m, start, start + k, complete), root(start + k, end)]
    return [*subproof(m - k, start + k, end, False), root(start, start + k)]


def nodes(wanted: Sequence[Node]) -> list[bytes]:
    return [root(index << level, (index + 1) << level) for level, index in wanted]


def twins(proof: list[bytes]) -> Iterator[list[bytes]]:
    """Each hash flipped, one bit of it; one hash dropped; one added, anywhere; two swapped."""
    for number, good in enumerate(proof):
        bad = bytes([good[0] ^ 1]) + good[1:]
        yield [*proof[:number], bad, *proof[number + 1 :]]
        yield proof[:number] + proof[number + 1 :]
        yield [*proof[:number], good, *proof[number:]]
    yield [*proof, LEAVES[0]]
    yield [LEAVES[0], *proof]
    if len(proof) > 1:
        yield [proof[1], proof[0], *proof[2:]]


def refused(check: Callable[..., None], *arguments: object) -> bool:
    try:
        check(*arguments)
    except ProofError:
        return True
    return False


@pytest.mark.parametrize("sizes", [range(1, 66), range(66, 100), range(100, MOST + 1)])
def test_every_inclusion_proof_holds_and_no_twin_of_it_does(sizes: range) -> None:
    for size in sizes:
        whole = root(0, size)
        for index in range(size):
            proof = prove_inclusion(index, size, nodes)
            assert path(index, 0, size) == proof
            leaf = LEAVES[index]
            check_inclusion(proof, index, size, leaf, whole)
            for twin in twins(proof):
                assert refused(check_inclusion, twin, index, size, leaf, whole)


@pytest.mark.parametrize("sizes", [range(1, 66), range(66, 100), range(100, MOST + 1)])
def test_every_consistency_proof_holds_and_no_twin_of_it_does(sizes: range) -> None:
    for size in sizes:
        whole = root(0, size)
        for old in range(1, size + 1):
            proof = prove_consistency(old, size, nodes)
            assert subproof(old, 0, size, True) == proof
            before = root(0, old)
            check_consistency(proof, old, size, before, whole)
            for twin in twins(proof):
                assert refused(check_consistency, twin, old, size, before, whole)


@pytest.mark.parametrize("size", [1, 2, 3, 64, 65, 127, 128, 129, 130])
def test_a_good_proof_is_of_one_place_and_one_tree_only(size: int) -> None:
    whole = root(0, size)
    for index in range(size):
        proof = path(index, 0, size)
        leaf = LEAVES[index]
        for other in range(size):
            if other != index:
                assert refused(check_inclusion, proof, other, size, leaf, whole)
        wrong = sha256(whole).digest()
        assert refused(check_inclusion, proof, index, size, leaf, wrong)
        assert refused(check_inclusion, proof, index, size, wrong, whole)
        assert refused(check_inclusion, proof, size, size, leaf, whole)
        assert refused(check_inclusion, proof, -1, size, leaf, whole)


def test_pymerkle_gives_the_same_roots_and_audit_paths() -> None:
    """Its consistency proofs are of another form: there, ours must hold between its roots."""
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for size, entry in enumerate(ENTRIES, 1):
        tree.append_entry(entry)
        assert tree.get_root(size) == root(0, size) == tree_root(size, nodes)
    for size in range(1, MOST + 1, 7):
        for index in range(size):
            theirs = tree.prove_inclusion(index + 1, size)  # it counts from 1
            # Its path begins with the leaf itself.
            assert theirs.path == [LEAVES[index], *prove_inclusion(index, size, nodes)]
            pymerkle.verify_inclusion(LEAVES[index], tree.get_root(size), theirs)
        for old in range(1, size):
            ours = prove_consistency(old, size, nodes)
            check_consistency(ours, old, size, tree.get_root(old), tree.get_root(size))


@pytest.mark.parametrize("size", [1, 2, 127, 128, 129, 130])
def test_proofs_made_from_tiles_are_the_same(size: int) -> None:
    log = log_of(ENTRIES[:size], TestSigner())
    assert tile_path(0, 0, size) in log.files
    from_tiles = TileNodes(log.read, size)
    for index in range(size):
        assert prove_inclusion(index, size, from_tiles) == path(index, 0, size)
        old = index + 1
        assert prove_consistency(old, size, from_tiles) == subproof(old, 0, size, True)


def test_a_leaf_is_hashed_as_the_specification_says() -> None:
    assert [leaf_hash(entry) for entry in ENTRIES] == LEAVES


VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=5), VALUES, max_size=4))
def test_entries_are_written_as_rfc8785_writes_them(value: dict[str, object]) -> None:
    assert rfc8785.dumps(value) == encode(value)  # type: ignore[arg-type]
