"""The tags of a log's entries in memory: a person's own entries without reading the whole log.

16 bytes an entry, read once and from then on only what was added. Whoever serves many people from
one process keeps one of these; somebody who reads a log once needs `trace.find`.

This file must not read a log itself (`fetch` is passed in) nor vouch for what it finds: prove it.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from datetime import date

from audit.canonical import parse
from audit.entry import parse_entry
from audit.errors import EntryError
from audit.tag_files import tag_of
from audit.tiles import Fetch, read_entries, read_entry
from audit.trace import TAG_BYTES, Found, day_tags

_NONE = bytes(TAG_BYTES)


class TagIndex:
    """All tags of one log, in its order, and where each day begins. Safe between threads."""

    def __init__(self, fetch: Fetch) -> None:
        """fetch: reads tiles and bundles of a log that only grows."""
        self._fetch = fetch
        self._lock = threading.Lock()
        self._tags = bytearray()
        self._days: list[tuple[date, int]] = []
        self._complete_from = 0

    def find(
        self, size: int, trace_keys: Sequence[bytes], agencies: Collection[str], *, since: date
    ) -> tuple[list[Found], int]:
        """Return the entries about the keys' owner among the first `size`, in the log's order, and
        the index from which on no body is gone.

        trace_keys: all that were hers. since: the first day that can have any. Raises EntryError,
        MissingError and TileError where the log cannot be read.
        """
        with self._lock:
            self._read_on(size)
            hers: dict[int, str] = {}
            for day, start, stop in self._of_days(size, since):
                for key in trace_keys:
                    hers.update(self._candidates(key, agencies, day, start, stop))
            first = self._complete_from
        found: list[Found] = []
        for index in sorted(hers):
            raw = read_entry(self._fetch, size, index)
            if raw:
                found.append(Found(index, parse_entry(raw), hers[index]))
            else:  # pruned since its tag was read
                first = max(first, index + 1)
        return found, first

    def _read_on(self, size: int) -> None:
        """Take in what was added. What is taken in before an error stays good."""
        start = len(self._tags) // TAG_BYTES
        for index, raw in enumerate(read_entries(self._fetch, size, start), start):
            if not raw:
                self._tags += _NONE
                self._complete_from = index + 1
                continue
            members = parse(raw)
            day = date.fromisoformat(str(members["at"])[:10])
            if not self._days or self._days[-1][0] != day:
                if self._days and day < self._days[-1][0]:
                    raise EntryError(f"entry {index} is dated before the one before it")
                self._days.append((day, index))
            self._tags += tag_of(members)

    def _of_days(self, size: int, since: date) -> Iterator[tuple[date, int, int]]:
        """Yield each day from `since` on, its first entry, and the one behind its last."""
        stops = [*(start for _, start in self._days[1:]), size]
        for (day, start), stop in zip(self._days, stops, strict=False):
            if day >= since and start < size:
                yield day, start, min(stop, size)

    def _candidates(
        self, trace_key: bytes, agencies: Collection[str], day: date, start: int, stop: int
    ) -> Iterator[tuple[int, str]]:
        wanted = {
            bytes.fromhex(tag.decode()): agency
            for tag, agency in day_tags(trace_key, agencies, day).items()
        }
        block = bytes(self._tags[start * TAG_BYTES : stop * TAG_BYTES])
        for offset in range(0, len(block), TAG_BYTES):
            agency = wanted.get(block[offset : offset + TAG_BYTES])
            if agency is not None:
                yield start + offset // TAG_BYTES, agency
