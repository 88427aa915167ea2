"""How entries that differ only in hashes, tags and hours look: the same bytes at the same places.

Canonical JSON has one spelling. So whoever knows one good entry knows all that have its
*skeleton*: the bytes between the values that differ from entry to entry. `parse_entry` judges
the first entry of each skeleton; of the others only the *varying* values need to be looked at.

This file must not judge these values; it says where they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from struct import Struct
from typing import NamedTuple, TypeAlias

from audit.entry import CHECKS, MARKED, Entry, is_hash, is_tag, is_traces
from audit.outcomes import COUNTED, Key, key_of

Skeleton: TypeAlias = tuple[bytes, ...]

_LENGTHS = {is_hash: 64, is_tag: 32}


class Meaning(NamedTuple):
    """What a skeleton says. key: of accesses and outcomes, else None."""

    kind: str
    key: Key | None


class Span(NamedTuple):
    """Where a varying value stands: its member, its first byte, its length."""

    name: str
    start: int
    length: int


class Columns(NamedTuple):
    """The varying values of entries of one layout.

    places: the entries' places in their batch. values: a column for each member's name.
    by_meaning: the places of each meaning.
    """

    places: Sequence[int]
    values: Mapping[str, Sequence[bytes]]
    by_meaning: Mapping[Meaning, list[int]]


@dataclass(frozen=True)
class Layout:
    """Where the varying values are in entries of one length.

    kinds with the same places share a layout; `skeletons` says what each stands for. digits: the
    members that are hex. rising: those of a list of tags, each greater than the one before. mark:
    the member that must be new in the log, if any.
    """

    spans: tuple[Span, ...]
    digits: tuple[str, ...]
    rising: tuple[str, ...]
    mark: str | None
    struct: Struct
    skeletons: dict[Skeleton, Meaning] = field(default_factory=dict)

    def fits(self, other: Layout) -> bool:
        """Whether entries of `other` can be cut up and checked as those of this layout."""
        return (self.spans, self.digits, self.rising, self.mark) == (
            other.spans,
            other.digits,
            other.rising,
            other.mark,
        )

    def skeleton(self, raw: bytes) -> Skeleton:
        """Return the skeleton of one entry of this layout's length."""
        return self.struct.unpack(raw)[::2]

    def take(
        self, entries: Sequence[bytes], places: Sequence[int]
    ) -> tuple[Columns | None, Sequence[int]]:
        """Return the columns of those entries whose skeleton is known, and the other places.

        places: of entries that all have this layout's length.
        """
        columns = self._columns(entries, places)
        by_skeleton = self._by_skeleton(columns[::2], entries, places)
        rest: list[int] = []
        if not by_skeleton.keys() <= self.skeletons.keys():
            for skeleton in by_skeleton.keys() - self.skeletons.keys():
                rest += by_skeleton.pop(skeleton)
            if not by_skeleton:
                return None, rest
            unknown = set(rest)
            known = [place not in unknown for place in places]
            places = list(compress(places, known))
            columns = [tuple(compress(column, known)) for column in columns]
        by_meaning: defaultdict[Meaning, list[int]] = defaultdict(list)
        for skeleton, found in by_skeleton.items():
            by_meaning[self.skeletons[skeleton]] += found
        names = [span.name for span in self.spans]
        return Columns(places, dict(zip(names, columns[1::2], strict=True)), by_meaning), rest

    def _by_skeleton(
        self,
        columns: Sequence[Sequence[bytes]],
        entries: Sequence[bytes],
        places: Sequence[int],
    ) -> dict[Skeleton, Sequence[int]]:
        """Return the places of each skeleton; columns: of the skeletons' pieces."""
        # Most pieces are the same in all entries of a length: only where one differs is looked at.
        varying = [column for column in columns if column.count(column[0]) != len(column)]
        if not varying:
            return {tuple(column[0] for column in columns): places}
        by_pieces: defaultdict[object, list[int]] = defaultdict(list)
        pieces = varying[0] if len(varying) == 1 else zip(*varying, strict=True)
        for place, piece in zip(places, pieces, strict=True):
            by_pieces[piece].append(place)
        return {self.skeleton(entries[found[0]]): found for found in by_pieces.values()}

    def _columns(self, entries: Sequence[bytes], places: Sequence[int]) -> list[tuple[bytes, ...]]:
        """Return the entries cut up: skeleton, varying, skeleton, ..., a column each."""
        joined = b"".join([entries[place] for place in places])
        return list(zip(*self.struct.iter_unpack(joined), strict=True))


def layout_of(entry: Entry) -> Layout:
    """Return the layout of an entry that `parse_entry` accepted, without skeletons."""
    checks = CHECKS[entry.kind]
    lengths = {"at": 20, "prev": 64}
    lengths.update({name: _LENGTHS[check] for name, check in checks.items() if check in _LENGTHS})
    spans = [_span(entry.raw, name, length) for name, length in lengths.items()]
    traces = [name for name, check in checks.items() if check is is_traces]
    for name in traces:
        count = len(entry.members[name])  # type: ignore[arg-type]  # parsed: a list
        # Behind the bracket: a quotation mark, a tag, a quotation mark, a comma, and so on.
        first = _span(entry.raw, name, 32).start + 1
        spans += [Span(f"{name}/{n:04}", first + 35 * n, 32) for n in range(count)]
    spans.sort(key=lambda span: span.start)
    pieces, at = [], 0
    for span in spans:
        pieces.append(f"{span.start - at}s{span.length}s")
        at = span.start + span.length
    return Layout(
        spans=tuple(spans),
        digits=tuple(span.name for span in spans if span.name not in ("at", "prev")),
        rising=tuple(span.name for span in spans if "/" in span.name),
        mark=MARKED.get(entry.kind),
        struct=Struct("".join(pieces) + f"{len(entry.raw) - at}s"),
    )


def meaning_of(entry: Entry) -> Meaning:
    """Return what the entry's skeleton says."""
    if entry.kind not in COUNTED:
        return Meaning(entry.kind, None)
    return Meaning(entry.kind, key_of(entry))


def _span(raw: bytes, name: str, length: int) -> Span:
    # No value of an entry holds a quotation mark, so a quoted name is the member. One byte behind
    # the colon is the value's own quotation mark or bracket.
    before = f'"{name}":'.encode()
    return Span(name, raw.index(before) + len(before) + 1, length)
