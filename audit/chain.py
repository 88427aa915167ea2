"""The chain: each entry names the leaf hash of the one before it, and hours never go back.

The tree alone would prove the same set of entries; the chain lets anybody who holds two
neighbours, and no tree, see that nothing was put between them.

This file must not know kinds or members.
"""

from __future__ import annotations

from datetime import datetime

from audit.entry import Entry
from audit.errors import EntryError
from audit.merkle import HASH_BYTES

GENESIS_PREV = bytes(HASH_BYTES)
"""The `prev` of entry 0."""


def check_link(previous_leaf: bytes, entry: Entry) -> None:
    """Raise EntryError unless `entry` follows the entry of that leaf hash.

    previous_leaf: merkle.leaf_hash of the entry before, or GENESIS_PREV for entry 0.
    """
    if entry.prev != previous_leaf:
        raise EntryError("an entry that names another predecessor")


def check_order(previous_at: datetime | None, entry: Entry) -> None:
    """Raise EntryError if `entry` lies before the entry before it; the same hour is fine."""
    if previous_at is not None and entry.at < previous_at:
        raise EntryError("an entry from before its predecessor")
