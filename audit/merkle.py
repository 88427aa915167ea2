"""The log's tree: RFC 6962 section 2.1, as pure mathematics on hashes.

Each function works in three beats: list the nodes that it needs, read them once, compute. Where
the nodes come from (a database, tiles, a list in a test) is the reader's business, so this file
must not do I/O or know what a leaf holds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import TypeAlias

from audit.errors import ProofError

HASH_BYTES = 32

EMPTY_ROOT = sha256(b"").digest()
"""The root of the tree without leaves (RFC 6962 section 2.1)."""

MAX_SIZE = 2**63 - 1

_INNER = sha256(b"\x01")

Node: TypeAlias = tuple[int, int]
"""(level, index): the root of the complete subtree over 2^level leaves from index << level on."""

Nodes: TypeAlias = Callable[[Sequence[Node]], list[bytes]]
"""A reader: returns the hash of each node asked for, in the order asked."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256(0x00 || entry). Source: RFC 6962 section 2.1."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 || left || right).

    left, right: 32 bytes each, in leaf order. The prefix differs from a leaf's, so that no entry
    can be passed off as a node. Source: RFC 6962 section 2.1.
    """
    return sha256(b"\x01" + left + right).digest()


def subtrees(start: int, end: int) -> list[Node]:
    """Return the complete subtrees that together cover leaves [start, end), left to right.

    start: a multiple of a power of two not smaller than end - start, as in every split of
    RFC 6962 section 2.1; then each subtree is the largest that fits.
    """
    found: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def tree_root(size: int, nodes: Nodes) -> bytes:
    """Return the root of the tree over the first `size` leaves. Source: RFC 6962 section 2.1."""
    if size == 0:
        return EMPTY_ROOT
    return _fold(nodes(subtrees(0, size)))


def prove_inclusion(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size`.

    Source: RFC 6962 section 2.1.1.
    """
    if not 0 <= index < size:
        raise ProofError("no such entry in a tree of this size")
    start, end = 0, size
    ranges: list[tuple[int, int]] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return _range_roots(ranges[::-1], nodes)


def prove_consistency(old_size: int, new_size: int, nodes: Nodes) -> list[bytes]:
    """Return the proof that the tree of `new_size` begins with the tree of `old_size`.

    Empty for equal sizes and for old_size 0, which everything extends.
    Source: RFC 6962 section 2.1.2.
    """
    if not 0 <= old_size <= new_size:
        raise ProofError("the old tree is larger than the new one")
    if old_size in (0, new_size):
        return []
    start, end = 0, new_size
    ranges: list[tuple[int, int]] = []
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    # The verifier knows the old root, so a subtree that is the whole old tree is left out.
    if start:
        ranges.append((start, end))
    return _range_roots(ranges[::-1], nodes)


def check_inclusion(
    proof: Sequence[bytes], index: int, size: int, leaf: bytes, root: bytes
) -> None:
    """Raise ProofError unless `proof` shows that `leaf` stands at `index` in the tree of `root`.

    leaf: the leaf's hash, not the entry. Source: RFC 9162 section 2.1.3.2, which gives the
    algorithm for the proofs of RFC 6962 section 2.1.1.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofError("no such entry in a tree of this size")
    _check_lengths((*proof, leaf, root))
    first, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("inclusion proof longer than the tree is deep")
        if first & 1 or first == last:
            found = node_hash(sibling, found)
            while first and not first & 1:
                first >>= 1
                last >>= 1
        else:
            found = node_hash(found, sibling)
        first >>= 1
        last >>= 1
    if last != 0:
        raise ProofError("inclusion proof shorter than the tree is deep")
    if found != root:
        raise ProofError("inclusion proof leads to another root")


def check_consistency(
    proof: Sequence[bytes], old_size: int, new_size: int, old_root: bytes, new_root: bytes
) -> None:
    """Raise ProofError unless `proof` shows that the new tree begins with the old one.

    Source: RFC 9162 section 2.1.4.2, which gives the algorithm for the proofs of RFC 6962
    section 2.1.2.
    """
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise ProofError("the old tree is larger than the new one")
    _check_lengths((*proof, old_root, new_root))
    if old_size in (0, new_size):
        if proof:
            raise ProofError("consistency proof where none is needed")
        if old_size == 0 and old_root != EMPTY_ROOT:
            raise ProofError("the empty tree has another root")
        if old_size == new_size and old_root != new_root:
            raise ProofError("two roots for the same size")
        return
    hashes = list(proof)
    if not old_size & (old_size - 1):
        hashes.insert(0, old_root)  # left out of the proof: the verifier has it
    if not hashes:
        raise ProofError("consistency proof is empty")
    first, last = old_size - 1, new_size - 1
    while first & 1:
        first >>= 1
        last >>= 1
    found_old = found_new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError("consistency proof longer than the tree is deep")
        if first & 1 or first == last:
            found_old = node_hash(sibling, found_old)
            found_new = node_hash(sibling, found_new)
            while first and not first & 1:
                first >>= 1
                last >>= 1
        else:
            found_new = node_hash(found_new, sibling)
        first >>= 1
        last >>= 1
    if last != 0:
        raise ProofError("consistency proof shorter than the tree is deep")
    if found_old != old_root:
        raise ProofError("consistency proof leads to another old root")
    if found_new != new_root:
        raise ProofError("consistency proof leads to another new root")


class Frontier:
    """The right edge of a growing tree: what is needed to add leaves and tell the root.

    Holds one hash per set bit of the size, so a verifier streams a log of any length.
    """

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []  # (level, hash), levels falling

    def copy(self) -> Frontier:
        """Return an independent copy."""
        twin = Frontier()
        twin.size, twin._peaks = self.size, list(self._peaks)
        return twin

    def add(self, found: bytes, level: int = 0) -> None:
        """Append a complete subtree of 2^level leaves; the size must be a multiple of 2^level."""
        if self.size & ((1 << level) - 1):
            raise ProofError("a subtree can start only at a multiple of its size")
        self.size += 1 << level
        while self._peaks and self._peaks[-1][0] == level:
            found = node_hash(self._peaks.pop()[1], found)
            level += 1
        self._peaks.append((level, found))

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        return _fold([found for _, found in self._peaks]) if self._peaks else EMPTY_ROOT


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of hashes: the fast path for full tiles."""
    row = list(hashes)
    if not row or len(row) & (len(row) - 1):
        raise ProofError("not a complete subtree")
    while len(row) > 1:
        # No call of ours per node, and the prefix hashed once and copied: a good part of a
        # verifier's time is spent here.
        above: list[bytes] = []
        for left, right in zip(row[::2], row[1::2], strict=True):
            hasher = _INNER.copy()
            hasher.update(left + right)
            above.append(hasher.digest())
        row = above
    return row[0]


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size` (RFC 6962 section 2.1's k)."""
    return 1 << ((size - 1).bit_length() - 1)


def _fold(peaks: Sequence[bytes]) -> bytes:
    """Return the root over the roots of complete subtrees, the largest first."""
    found = peaks[-1]
    for peak in reversed(peaks[:-1]):
        found = node_hash(peak, found)
    return found


def _range_roots(ranges: Sequence[tuple[int, int]], nodes: Nodes) -> list[bytes]:
    """Return the root over each range of leaves, with one read for all of them."""
    parts = [subtrees(start, end) for start, end in ranges]
    hashes = nodes([node for part in parts for node in part])
    roots: list[bytes] = []
    used = 0
    for part in parts:
        roots.append(_fold(hashes[used : used + len(part)]))
        used += len(part)
    return roots


def _check_lengths(hashes: Sequence[bytes]) -> None:
    if any(len(found) != HASH_BYTES for found in hashes):
        raise ProofError("a hash that is not 32 bytes long")
