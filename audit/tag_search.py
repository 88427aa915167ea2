"""Searching by tag files: a person's entries of some days, without reading the whole log.

Each entry that is found is read and proven to be in the tree of the checkpoint. That none is left
out rests on the tag files being complete, which whoever verifies the whole log checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from audit.checkpoint import Checkpoint
from audit.errors import AuditError, ProofError, TamperedError
from audit.merkle import check_inclusion, leaf_hash, prove_inclusion
from audit.steps import TAGS
from audit.tag_files import candidates, parse_tag_file
from audit.tiles import Fetch, TileNodes, read_entry
from audit.trace import Found, find

MOST_DAYS = 3_660
"""Ten years: more is a slip of the keyboard, and a request for each day."""


def search_days(
    fetch: Fetch,
    tag_file: Callable[[date], bytes],
    checkpoint: Checkpoint,
    trace_key: bytes,
    days: tuple[date, date],
) -> list[Found]:
    """Return the entries about the key's owner from the first to the last of `days`, both included.

    fetch: reads tiles and bundles. tag_file: reads a day's tag file. Raises TamperedError where
    what a tag file leads to is not in the tree, or not what it said.
    """
    nodes = TileNodes(fetch, checkpoint.size)
    found: list[Found] = []
    for day in _days(*days):
        file = parse_tag_file(tag_file(day), day)
        for index in candidates(file, trace_key):
            if index >= checkpoint.size:
                continue  # younger than the checkpoint that it would be proven against
            raw = read_entry(fetch, checkpoint.size, index)
            path = prove_inclusion(index, checkpoint.size, nodes)
            try:
                check_inclusion(path, index, checkpoint.size, leaf_hash(raw), checkpoint.root)
            except ProofError as error:
                raise TamperedError(TAGS, index, "an entry that is not in the tree") from error
            here = find([raw], trace_key, file.agencies)
            if not here or here[0].entry.at.date() != day:
                raise TamperedError(TAGS, index, "a tag file that names another tag")
            found.append(replace(here[0], index=index))
    return found


def _days(first: date, last: date) -> Iterator[date]:
    count = (last - first).days + 1
    if not 1 <= count <= MOST_DAYS:
        raise AuditError("the first day comes before the last, and both within ten years")
    for past in range(count):
        yield first + timedelta(days=past)
