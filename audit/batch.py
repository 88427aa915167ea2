"""Many entries checked at once: the verdict of `entry` and `chain`, several times faster.

A verifier reads logs of millions of entries, and calling a parser and a dozen patterns for each
is most of its time. Here a whole bundle is parsed and re-encoded in one call each.

This file must not explain a refusal: it says that all entries are fine, or that somebody must
look at them one by one. It may never say "fine" where `parse_entry` would raise; the tests hold
the two against each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import compress
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from audit.chain import GENESIS_PREV
from audit.entry import (
    CHECKS,
    MARKED,
    MAX_ENTRY_BYTES,
    REQUIRED,
    VERSION,
    Check,
    Entry,
    Word,
    format_at,
    is_hash,
    is_id,
    is_ids,
    is_tag,
    is_traces,
    marks_of,
    parse_at,
)
from audit.errors import AuditError
from audit.merkle import leaf_hash

_MOST_KNOWN = 10_000

_PREV, _AT, _V, _KIND = map(itemgetter, ("prev", "at", "v", "kind"))

Get = Callable[[Mapping[str, Any]], Any]
"""Takes one member out of an entry."""


class _Shape(NamedTuple):
    """How to check the entries of one kind that have the same members."""

    ids: tuple[Get, ...]
    hashes: tuple[Get, ...]
    tags: tuple[Get, ...]
    lists: tuple[tuple[Get, Check], ...]
    words: tuple[tuple[Get, str], ...]
    others: tuple[tuple[Get, Check], ...]
    mark: Get | None


class Reader:
    """Checks runs of entries in the log's order and remembers where it is.

    previous: the leaf hash of the last entry. at: its hour, as text. kinds: how many of each kind
    so far. marks: the commitments seen so far, in hex.
    """

    def __init__(self) -> None:
        self.previous = GENESIS_PREV
        self.at: str | None = None
        self.kinds: Counter[str] = Counter()
        self.marks: set[str] = set()
        self._known: set[str] = set()
        self._known_lists: set[tuple[Check, tuple[str, ...]]] = set()

    @property
    def moment(self) -> datetime | None:
        """The hour of the last entry, if there was one."""
        return parse_at(self.at) if self.at else None

    def move(self, entry: Entry) -> None:
        """Move on past one entry that the caller has checked."""
        self.previous = leaf_hash(entry.raw)
        self.at = format_at(entry.at)
        self.kinds[entry.kind] += 1
        self.marks.update(marks_of(entry.kind, entry.members))

    def accept(self, entries: Sequence[bytes], leaves: Sequence[bytes]) -> bool:
        """Return whether the entries are all fine and follow each other; if so, move on.

        leaves: the leaf hash of each entry. Fine means: parse_entry accepts each, each names the
        leaf hash before it, hours never decrease, no mark repeats.
        """
        try:
            return self._accept(entries, leaves)
        except (AuditError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return False  # whatever it was, the slow path will say it well

    def _accept(self, entries: Sequence[bytes], leaves: Sequence[bytes]) -> bool:
        """The same; may also raise. Loops run inside built-in functions wherever they can."""
        if not entries:
            return True
        parsed = self._parse(entries)
        prevs = "".join(map(_PREV, parsed))
        chained = self.previous.hex() + b"".join(leaves[:-1]).hex()
        if prevs != chained or set(map(len, map(_PREV, parsed))) != {64}:
            return False
        hours = list(map(_AT, parsed))
        if sorted(hours) != hours or (self.at is not None and hours[0] < self.at):
            return False  # digits in a fixed form: text order is time order
        for hour in set(hours):
            parse_at(hour)
        versions = list(map(_V, parsed))
        if set(versions) != {VERSION} or set(map(type, versions)) != {int}:
            return False
        kinds = list(map(_KIND, parsed))
        hashes: list[str] = []
        tags: list[str] = []
        marks: list[str] = []
        for shape, group in _grouped(kinds, parsed):
            for get in shape.hashes:
                hashes.extend(map(get, group))
            for get in shape.tags:
                tags.extend(map(get, group))
            if not self._small_members(shape, group):
                return False
            if shape.mark is not None:
                marks.extend(map(shape.mark, group))
        if not (_all_hex(hashes, 64) and _all_hex(tags, 32)):
            return False
        if len(set(marks)) != len(marks) or not self.marks.isdisjoint(marks):
            return False
        self.marks.update(marks)
        self.kinds.update(kinds)
        self.at, self.previous = hours[-1], leaves[-1]
        return True

    def _parse(self, entries: Sequence[bytes]) -> list[dict[str, Any]]:
        """Return the entries' members, or raise ValueError: each is one canonical object.

        A raw line feed cannot stand inside a JSON string, so each separator is one, whatever an
        entry holds. An entry's first brace follows each, so it stands between objects of one
        list: of the outer one, because no member of an accepted shape holds an object.
        """
        joined = b"[" + b",\n".join(entries) + b"]"
        parsed: list[dict[str, Any]] = orjson.loads(joined)
        if len(parsed) != len(entries) or max(map(len, entries)) > MAX_ENTRY_BYTES:
            raise ValueError
        if set(map(itemgetter(0), entries)) != {0x7B}:
            raise ValueError
        again = orjson.dumps(parsed, option=orjson.OPT_SORT_KEYS)
        if again != b"[" + b",".join(entries) + b"]":
            raise ValueError
        return parsed

    def _small_members(self, shape: _Shape, group: Sequence[Mapping[str, Any]]) -> bool:
        """Return whether ids, lists and words of entries of one shape fit."""
        if len(self._known) + len(self._known_lists) > _MOST_KNOWN:
            self._known.clear()  # a hostile log must not fill the memory
            self._known_lists.clear()
        for get in shape.ids:
            ids = set(map(get, group))
            if not self._known.issuperset(ids):
                if not all(map(is_id, ids)):
                    return False
                self._known |= ids
        for get, check in shape.lists:
            values = list(map(get, group))
            if set(map(type, values)) != {list}:
                return False
            for value in set(map(tuple, values)):
                if (check, value) not in self._known_lists:
                    if not check(list(value)):
                        return False
                    self._known_lists.add((check, value))
        if any(set(map(get, group)) != {word} for get, word in shape.words):
            return False
        return all(check(value) for get, check in shape.others for value in map(get, group))


def _grouped(
    kinds: Sequence[str], parsed: Sequence[dict[str, Any]]
) -> Iterator[tuple[_Shape, Sequence[dict[str, Any]]]]:
    """Yield the entries of each shape together; KeyError for a shape that no kind has."""
    for kind in set(kinds):
        group = list(compress(parsed, map(kind.__eq__, kinds)))
        shapes = set(map(tuple, group))
        for names in shapes:
            shape = _SHAPES[kind, names]
            alike = group if len(shapes) == 1 else [one for one in group if tuple(one) == names]
            yield shape, alike


def leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    """Return the leaf hash of each entry."""
    return [leaf_hash(entry) for entry in entries]


def _all_hex(values: Sequence[str], length: int) -> bool:
    """Return whether each value is that many lower-case hex digits; may raise ValueError."""
    if set(map(len, values)) - {length}:
        return False
    joined = "".join(values)
    return bytes.fromhex(joined).hex() == joined


def _shape(kind: str, names: frozenset[str]) -> _Shape:
    checks = {name: check for name, check in CHECKS[kind].items() if name in names}

    def those(*wanted: Check) -> tuple[Get, ...]:
        return tuple(itemgetter(name) for name, check in checks.items() if check in wanted)

    simple = (is_id, is_hash, is_tag, is_ids, is_traces)
    return _Shape(
        ids=those(is_id),
        hashes=those(is_hash),
        tags=those(is_tag),
        lists=tuple(
            (itemgetter(name), check)
            for name, check in checks.items()
            if check in (is_ids, is_traces)
        ),
        words=tuple(
            (itemgetter(name), check.word)
            for name, check in checks.items()
            if isinstance(check, Word)
        ),
        others=tuple(
            (itemgetter(name), check)
            for name, check in checks.items()
            if check not in simple and not isinstance(check, Word)
        ),
        mark=itemgetter(MARKED[kind]) if kind in MARKED else None,
    )


def _variants(kind: str) -> list[frozenset[str]]:
    """Return every set of members that the kind allows; no kind has more than one optional."""
    optional = CHECKS[kind].keys() - REQUIRED[kind]
    return [REQUIRED[kind], *(REQUIRED[kind] | {name} for name in optional)]


# Canonical entries list their members in sorted order, so a tuple of names is the set.
_SHAPES: Mapping[tuple[str, tuple[str, ...]], _Shape] = {
    (kind, tuple(sorted({"v", "at", "prev", "kind", *names}))): _shape(kind, names)
    for kind in CHECKS
    for names in _variants(kind)
}
