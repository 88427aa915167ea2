"""The right edge in memory says what the tree would say."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from audit.edge import KEPT, Edge, prove_many
from audit.merkle import EMPTY_ROOT, Node, check_inclusion, leaf_hash, prove_inclusion


def test_proofs_made_together_equal_those_made_one_by_one() -> None:
    leaves = [leaf_hash(os.urandom(4)) for _ in range(70)]
    edge = Edge(0, EMPTY_ROOT, {})

    def none(_: object) -> list[bytes]:
        raise AssertionError("every node is in memory")

    for size in range(1, 71):
        growth = edge.grow(leaves[size - 1 : size])
        edge.adopt(growth)
        read: Callable[[Any], list[bytes]] = edge.reader(none)
        for first in range(size):
            proofs = prove_many(first, size - first, size, read)
            for index, proof in enumerate(proofs, first):
                assert prove_inclusion(index, size, read) == proof
                check_inclusion(proof, index, size, leaves[index], edge.root)


def test_the_edge_forgets_what_is_far_behind_and_asks_for_it() -> None:
    leaves = [i.to_bytes(32, "big") for i in range(KEPT + 10)]
    edge = Edge(0, EMPTY_ROOT, {})
    edge.adopt(edge.grow(leaves))
    asked: list[Node] = []

    def stored(nodes: Any) -> list[bytes]:
        asked.extend(nodes)
        return [b"s" * 32] * len(nodes)

    found = edge.reader(stored)([(0, 3), (0, KEPT + 9), (0, 9)])
    assert [b"s" * 32, leaves[-1], b"s" * 32] == found
    assert asked == [(0, 3), (0, 9)]
