"""Logs without some of their bodies, made the long way from good ones."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.audit.memory_log import MemoryLog, stays


def kind_of(raw: bytes) -> str:
    """Return the kind of an entry."""
    return str(json.loads(raw)["kind"])


def remains(entries: Sequence[bytes], n: int) -> bytes:
    """Return what remains of bundle `n`, as docs/formats/log.md says it."""
    parts = b""
    for place, raw in enumerate(entries[n * 256 : n * 256 + 256]):
        if stays(kind_of(raw)):
            parts += bytes([place]) + len(raw).to_bytes(2, "big") + raw
    return parts


def pruned(log: MemoryLog, entries: Sequence[bytes], *bundles: int) -> MemoryLog:
    """Return `log`, which is that of `entries`, without the bodies of some bundles."""
    for n in bundles:
        log = log.with_file(f"tile/entries/{n:03d}", None)
        log = log.with_file(f"tile/remains/{n:03d}", remains(entries, n))
    return log
