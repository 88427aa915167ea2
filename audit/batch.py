"""Many entries checked at once: the verdict of `entry` and `chain`, several times faster.

A verifier reads logs of millions of entries, and calling a parser and a dozen patterns for each
is most of its time. So only one entry of each skeleton is parsed (see `layout`); of all the
others, columns of varying values are looked at.

This file must not explain a refusal: it says that all entries are fine, or that somebody must
look at them one by one. It may never say "fine" where `parse_entry` would raise; the tests hold
the two against each other.
"""

from __future__ import annotations

from binascii import unhexlify
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from operator import le, lt

import orjson

from audit.entry import is_hour, parse_entry
from audit.errors import EntryError
from audit.layout import Columns, Layout, layout_of, meaning_of
from audit.outcomes import Flow, Key, Moves, flow_of
from audit.pruned import GOING
from audit.rules import EVENTS, Event

_MOST_KNOWN = 10_000
_MOST_LAYOUTS = 16

_HEX = b"0123456789abcdef"


@dataclass(frozen=True)
class Batch:
    """Entries in a row that are fine in themselves, and what their neighbours must fit.

    prev: the leaf hash that the first entry names; leaf: that of the last one. first_at, at: the
    hours of these two, as text. marks: 32 bytes each, no two alike. events: what rules look at
    one by one; flows: what they count. kinds: how many entries of each. lasting: the places of
    entries whose bodies never go, in no order.
    """

    count: int
    prev: bytes
    leaf: bytes
    first_at: str
    at: str
    kinds: Mapping[str, int]
    marks: Sequence[bytes]
    events: Sequence[Event]
    flows: Mapping[Key, Flow]
    lasting: Sequence[int] = ()


@dataclass
class _Found:
    """The columns of a batch as they come together, layout by layout."""

    hours: list[bytes]
    prevs: list[bytes]
    digits: list[bytes] = field(default_factory=list)
    marks: list[bytes] = field(default_factory=list)
    rise: bool = True
    kinds: Counter[str] = field(default_factory=Counter)
    event_places: list[int] = field(default_factory=list)
    lasting: list[int] = field(default_factory=list)
    moves: defaultdict[Key, Moves] = field(default_factory=lambda: defaultdict(Moves))

    def add(self, layout: Layout, columns: Columns) -> None:
        places, values = columns.places, columns.values
        hours, prevs = self.hours, self.prevs
        for place, hour, prev in zip(places, values["at"], values["prev"], strict=True):
            hours[place], prevs[place] = hour, prev
        for name in layout.digits:
            self.digits += values[name]
        if layout.mark is not None:
            self.marks += values[layout.mark]
        for one, next_one in pairwise(layout.rising):
            self.rise = self.rise and all(map(lt, values[one], values[next_one]))
        for meaning, found in columns.by_meaning.items():
            self.kinds[meaning.kind] += len(found)
            if meaning.kind in EVENTS:
                self.event_places += found
            if meaning.kind not in GOING:
                self.lasting += found
            if meaning.key is not None:
                self.moves[meaning.key].of(meaning.kind).extend(found)


class Quick:
    """Checks runs of entries, and remembers the skeletons of good ones."""

    def __init__(self) -> None:
        self._layouts: defaultdict[int, list[Layout]] = defaultdict(list)

    @property
    def known(self) -> int:
        """How many skeletons are remembered."""
        return sum(len(each.skeletons) for some in self._layouts.values() for each in some)

    def read(self, entries: Sequence[bytes], leaves: Sequence[bytes]) -> Batch | None:
        """Return what the entries say if they are all fine and follow each other.

        entries: at least one. leaves: the leaf hash of each. Fine means: parse_entry accepts
        each, each but the first names the leaf hash before it, hours never decrease, no mark
        repeats.
        """
        if self.known > _MOST_KNOWN:
            self._layouts.clear()  # a hostile log must not fill the memory
        found = _Found([b""] * len(entries), [b""] * len(entries))
        by_length: defaultdict[int, list[int]] = defaultdict(list)
        for place, entry in enumerate(entries):
            by_length[len(entry)].append(place)
        try:
            for length, places in by_length.items():
                self._take(length, places, entries, found)
        except EntryError:
            return None
        if b"".join(found.digits).translate(None, _HEX):
            return None
        if not found.rise:
            return None
        # The first one's prev is whoever's turn it is to join this batch to the one before.
        links = found.prevs[0] + b"".join(leaves[:-1]).hex().encode()
        if b"".join(found.prevs) != links or found.prevs[0].translate(None, _HEX):
            return None
        hours = found.hours
        texts = {hour: hour.decode("latin-1") for hour in set(hours)}
        if not all(map(is_hour, texts.values())):
            return None
        # Digits in a fixed form: text order is time order.
        if len(texts) > 1 and not all(map(le, hours, hours[1:])):
            return None
        marks = _unhex(found.marks)
        if len(set(marks)) != len(marks):
            return None
        return Batch(
            count=len(entries),
            prev=bytes.fromhex(found.prevs[0].decode()),
            leaf=leaves[-1],
            first_at=texts[hours[0]],
            at=texts[hours[-1]],
            kinds=dict(found.kinds),
            marks=marks,
            events=[_event(place, entries[place]) for place in sorted(found.event_places)],
            flows={key: flow_of(moves, hours.__getitem__) for key, moves in found.moves.items()},
            lasting=found.lasting,
        )

    def _take(
        self, length: int, places: Sequence[int], entries: Sequence[bytes], found: _Found
    ) -> None:
        """Add the entries at `places`, all of one length; raise EntryError if one is bad."""
        rest = places
        for layout in self._layouts[length]:
            columns, rest = layout.take(entries, rest)
            if columns is not None:
                found.add(layout, columns)
            if not rest:
                return
        while rest:
            layout = self._learn(entries[rest[0]])
            columns, rest = layout.take(entries, rest)
            assert columns is not None  # noqa: S101 - its own skeleton is known by now
            found.add(layout, columns)

    def _learn(self, raw: bytes) -> Layout:
        """Parse an entry and remember its skeleton; raise EntryError if it is bad."""
        entry = parse_entry(raw)
        new = layout_of(entry)
        layouts = self._layouts[len(raw)]
        if len(layouts) >= _MOST_LAYOUTS:
            layouts.clear()
        layout = next((each for each in layouts if each.fits(new)), None)
        if layout is None:
            layout = new
            layouts.append(layout)
        layout.skeletons[layout.skeleton(raw)] = meaning_of(entry)
        return layout


def leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    """Return the leaf hash of each entry."""
    # No call of ours for each: hashing is what a verifier spends its time on.
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def _unhex(marks: Sequence[bytes]) -> list[bytes]:
    """Return the bytes of marks in hex, each of 64 digits, which were checked."""
    raw = unhexlify(b"".join(marks))
    return [raw[start : start + 32] for start in range(0, len(raw), 32)]


def _event(place: int, raw: bytes) -> Event:
    """Return what rules look at of an entry that is fine."""
    members = orjson.loads(raw)
    return Event(place, str(members["kind"]), str(members["at"]), members)
