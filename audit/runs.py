"""Runs of entry bundles checked by themselves: the part of a verification that any process can do.

A run says whether it is fine on its own, and what its neighbours must fit. It needs nothing of
what came before, so runs are checked at once, each where there is a processor free.

This file must not say what is wrong: None means that somebody must look at each bundle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from audit.batch import Batch, Quick, leaf_hashes
from audit.errors import MissingError, TileError
from audit.merkle import complete_root
from audit.tiles import TILE_WIDTH, Fetch, TilePath, bundles_of, parse_bundle, path_of

RUN = 8
"""Bundles in a run: enough that what a run costs beside its entries does not count."""

Run: TypeAlias = Sequence[TilePath]


@dataclass(frozen=True)
class Checked:
    """A run that is fine in itself.

    roots: of its full bundles, in order. leaves: the leaf hashes of the partial one, if any.
    """

    batch: Batch
    roots: Sequence[bytes]
    leaves: Sequence[bytes]


Checker: TypeAlias = Callable[[Iterable[Run]], Iterator[Checked | None]]
"""Checks runs, and returns what came of each in their order."""


def runs_of(size: int, start: int) -> Iterator[Run]:
    """Yield the runs of a log of `size` from entry `start` on, a multiple of 256.

    A partial bundle is a run of its own: what is kept to go on later ends before it.
    """
    run: list[TilePath] = []
    for bundle in bundles_of(size, start // TILE_WIDTH):
        if run and (len(run) == RUN or bundle.width < TILE_WIDTH):
            yield run
            run = []
        run.append(bundle)
    if run:
        yield run


def check_run(fetch: Fetch, quick: Quick, run: Run) -> Checked | None:
    """Return what the bundles of `run` hold if they and the hash tiles over them are fine."""
    entries: list[bytes] = []
    leaves: list[bytes] = []
    roots: list[bytes] = []
    partial: list[bytes] = []
    try:
        for bundle in run:
            some = parse_bundle(fetch(path_of(bundle)), bundle.width)  # 2
            hashes = leaf_hashes(some)
            tile = path_of(TilePath(0, bundle.n, bundle.width))
            if fetch(tile) != b"".join(hashes):  # 8, level 0
                return None
            entries += some
            leaves += hashes
            if bundle.width == TILE_WIDTH:
                roots.append(complete_root(hashes))
            else:
                partial = hashes
    except (MissingError, TileError):
        return None
    batch = quick.read(entries, leaves)  # 3 to 6
    return None if batch is None else Checked(batch, roots, partial)


def in_process(fetch: Fetch, quick: Quick) -> Checker:
    """Return a checker that checks one run after the other, here."""
    return lambda runs: (check_run(fetch, quick, run) for run in runs)
