"""The right edge of the log's tree in memory: what the next entry and its proof need.

A complete node never changes once its entries are committed, so nodes may be shared between
threads and kept for any later size. This file must not read or write anything: nodes that are
not here come from the `Nodes` reader that the caller hands in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.merkle import Node, Nodes, node_hash, subtrees

KEPT = 4096
"""How many nodes of each level stay in memory; far more than one batch has entries."""


@dataclass(frozen=True)
class Growth:
    """What `leaves` add to a tree, not yet committed: its new size, root and complete nodes.

    peaks: the hashes of the complete subtrees that the grown tree consists of.
    """

    size: int
    root: bytes
    nodes: Mapping[Node, bytes]
    peaks: Sequence[bytes]


class Edge:
    """The newest complete nodes of each level of a tree of `size` entries."""

    def __init__(self, size: int, root: bytes, nodes: Mapping[Node, bytes]) -> None:
        """Copy `nodes`, which must hold the tree's complete subtrees and newest leaf."""
        self.size = size
        self.root = root
        self._nodes = dict(nodes)
        self._peaks: Sequence[bytes] = [self._nodes[node] for node in subtrees(0, size)]

    def leaf(self, index: int) -> bytes:
        """Return the leaf hash of a recent entry."""
        return self._nodes[(0, index)]

    def grow(self, leaves: Sequence[bytes]) -> Growth:
        """Compute what appending `leaves`, at least one, gives; nothing changes here."""
        stack = list(self._peaks)
        nodes: dict[Node, bytes] = {}
        index = self.size
        for leaf in leaves:
            level, position, value = 0, index, leaf
            nodes[(0, index)] = leaf
            while position & 1:
                value = node_hash(stack.pop(), value)
                level += 1
                position >>= 1
                nodes[(level, position)] = value
            stack.append(value)
            index += 1
        root = stack[-1]
        for peak in stack[-2::-1]:
            root = node_hash(peak, root)
        return Growth(index, root, nodes, stack)

    def adopt(self, growth: Growth) -> None:
        """Take in a growth that is committed; forget what has moved too far from the edge."""
        known = self._nodes
        known.update(growth.nodes)
        for level, index in growth.nodes:
            # A thread that proves an old entry right now falls back to its reader.
            known.pop((level, index - KEPT), None)
        self.size, self.root, self._peaks = growth.size, growth.root, growth.peaks

    def reader(self, stored: Nodes) -> Nodes:
        """Return a reader that asks `stored` only for nodes that are not in memory."""
        known = self._nodes

        def read(nodes: Sequence[Node]) -> list[bytes]:
            found = [known.get(node) for node in nodes]
            missing = [node for node, value in zip(nodes, found, strict=True) if value is None]
            rest = iter(stored(missing) if missing else ())
            return [next(rest) if value is None else value for value in found]

        return read


def prove_many(first: int, count: int, size: int, nodes: Nodes) -> list[list[bytes]]:
    """Return the inclusion proofs of `count` entries from `first` in a tree of `size`.

    The same hashes as `merkle.prove_inclusion` gives one by one, with one read for all and each
    node looked at once: neighbours share all but the lowest.
    """
    paths = [_siblings(index, size) for index in range(first, first + count)]
    wanted = list(dict.fromkeys(node for path in paths for node in path))
    parts = {node: _parts(node, size) for node in wanted}
    flat = list(dict.fromkeys(part for node in wanted for part in parts[node]))
    known = dict(zip(flat, nodes(flat), strict=True))
    roots: dict[Node, bytes] = {}
    for node in wanted:
        pieces = [known[part] for part in parts[node]]
        root = pieces.pop()
        while pieces:
            root = node_hash(pieces.pop(), root)
        roots[node] = root
    return [[roots[node] for node in path] for path in paths]


def _siblings(index: int, size: int) -> list[Node]:
    """List the subtrees beside the path from leaf `index` to the root, lowest first.

    The last of a level may be incomplete: it then stands for what there is of it.
    """
    path: list[Node] = []
    level, last = 0, size - 1
    while last:
        sibling = index ^ 1
        if sibling <= last:
            path.append((level, sibling))
        level += 1
        index >>= 1
        last >>= 1
    return path


def _parts(node: Node, size: int) -> list[Node]:
    """List the complete subtrees that make up `node` in a tree of `size`."""
    level, index = node
    if (index + 1) << level <= size:
        return [node]
    return subtrees(index << level, size)
