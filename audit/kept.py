"""What a verification leaves behind, so that the next one need not read the whole log again.

It ends at a full bundle: the entries behind are read again, which costs at most 255 of them and
saves every question about half-read tiles. The newest checkpoint is kept as signed, and its root
must come out again when the walk passes its size.

This file must not store anything; `state` writes it to a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.errors import StateError
from audit.formulas import Formulas
from audit.merkle import HASH_BYTES, Frontier, complete_root
from audit.outcomes import Account, Accounts
from audit.reader import Reader
from audit.rules import Rules
from audit.tiles import TILE_HEIGHT, TILE_WIDTH


@dataclass(frozen=True)
class Edge:
    """The hashes of levels 1 and up at the right edge of a tree: those of its unfinished tiles.

    tails: for each level from 1, the hashes behind the last full tile, joined; together they are
    a whole tree of `size` leaves, a multiple of 256.
    """

    tails: tuple[bytes, ...] = ()

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        return sum(
            len(tail) // HASH_BYTES << (TILE_HEIGHT * level)
            for level, tail in enumerate(self.tails, 1)
        )

    def frontier(self) -> Frontier:
        """Return the tree, ready to grow."""
        frontier = Frontier()
        for level in range(len(self.tails), 0, -1):
            for found in _cut(self.tails[level - 1]):
                frontier.add(found, TILE_HEIGHT * level)
        return frontier

    def levels(self, roots: Sequence[bytes]) -> list[tuple[int, list[bytes]]]:
        """Return each level's hashes after the roots of further full bundles are added.

        For each level from 1: the number of the first hash, a multiple of 256, and the hashes
        from there on.
        """
        found: list[tuple[int, list[bytes]]] = []
        size, more, level = self.size, list(roots), 1
        while more or level <= len(self.tails):
            tail = _cut(self.tails[level - 1]) if level <= len(self.tails) else []
            first = (size >> (TILE_HEIGHT * level)) // TILE_WIDTH * TILE_WIDTH
            hashes = tail + more
            found.append((first, hashes))
            full = len(hashes) // TILE_WIDTH * TILE_WIDTH
            more = [complete_root(hashes[i : i + TILE_WIDTH]) for i in range(0, full, TILE_WIDTH)]
            level += 1
        return found

    def grown(self, roots: Sequence[bytes]) -> Edge:
        """Return the edge after the roots of further full bundles are added."""
        rests = [
            hashes[len(hashes) // TILE_WIDTH * TILE_WIDTH :] for _, hashes in self.levels(roots)
        ]
        return Edge(tuple(map(b"".join, rests)))


@dataclass(frozen=True)
class Kept:
    """All that a later verification needs to find the faults that one from entry 0 would find.

    note: the last verified checkpoint, as signed. edge: the tree over the entries up to the last
    full bundle; the other members describe the log up to there, as Reader's do.
    """

    note: str
    edge: Edge
    previous: bytes
    at: str | None
    began: str | None
    kinds: Mapping[str, int]
    marks: frozenset[bytes]
    rules: Rules

    def reader(self) -> Reader:
        """Return a reader that goes on where this ends."""
        return Reader(
            size=self.edge.size,
            previous=self.previous,
            at=self.at,
            began=self.began,
            kinds=self.kinds,
            marks=self.marks,
            rules=copied(self.rules),
        )

    def check(self) -> None:
        """Raise StateError unless the parts fit each other, as those of a whole state do."""
        seen = self.edge.size - self.rules.missing.gone
        if sum(self.kinds.values()) != seen or (self.at is None) != (not seen):
            raise StateError("a state whose parts do not fit each other")


def keep(reader: Reader, edge: Edge, note: str) -> Kept:
    """Return what must be kept of a reader that stands at the end of `edge`."""
    return Kept(
        note=note,
        edge=edge,
        previous=reader.previous,
        at=reader.at,
        began=reader.began,
        kinds=dict(reader.kinds),
        marks=frozenset(reader.marks),
        rules=copied(reader.rules),
    )


def copied(rules: Rules) -> Rules:
    """Return an independent copy."""
    accounts = {
        key: Account(each.old, each.answered, each.failed, dict(each.recent))
        for key, each in rules.accounts.by_key.items()
    }
    return Rules(
        Formulas(rules.formulas.commits, rules.formulas.used),
        Accounts(accounts),
        rules.ended,
        rules.kinds,
        agency=rules.agency,
        missing=rules.missing.copy(),
    )


def _cut(joined: bytes) -> list[bytes]:
    return [joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES)]
