"""Where a reading of the log has got to, and what it must remember to judge what comes next.

The first of two judges: it joins batches that were found good in themselves, quickly. What it
refuses, it refuses whole and unexplained; `move` then takes the same entries one by one and says
what is wrong with which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from audit.batch import Batch, Quick
from audit.chain import GENESIS_PREV, check_link, check_order
from audit.entry import Entry, format_at, marks_of, parse_at, parse_entry
from audit.errors import EntryError
from audit.merkle import leaf_hash
from audit.outcomes import COUNTED, Flow, Key, Moves, flow_of, key_of
from audit.pruned import GOING, PRUNED, Said
from audit.rules import EVENTS, Event, Rules
from audit.steps import BUNDLES, STEPS, TILES, Fault


class Reader:
    """Checks entries in the log's order and remembers where it is.

    size: entries so far. previous: the leaf hash of the last one. at: its hour, as text; began:
    that of the first one. kinds: how many of each kind. marks: the commitments
    seen, 32 bytes each. rules: what step 11 and the later ones remember.
    """

    def __init__(
        self,
        *,
        size: int = 0,
        previous: bytes = GENESIS_PREV,
        at: str | None = None,
        began: str | None = None,
        kinds: Mapping[str, int] | None = None,
        marks: Iterable[bytes] = (),
        rules: Rules | None = None,
    ) -> None:
        self.size = size
        self.previous = previous
        self.at = at
        self.began = began
        self.kinds: Counter[str] = Counter(kinds or {})
        self.marks = set(marks)
        self.rules = rules or Rules()
        self._quick = Quick()

    @property
    def moment(self) -> datetime | None:
        """The hour of the last entry, if there was one."""
        return parse_at(self.at) if self.at else None

    @property
    def quick(self) -> Quick:
        """The checker of batches that knows what this reader has seen."""
        return self._quick

    def accept(self, entries: Sequence[bytes], leaves: Sequence[bytes]) -> bool:
        """Return whether the entries are all fine and come next; if so, move on past them."""
        if not entries:
            return True
        batch = self._quick.read(entries, leaves)
        return batch is not None and self.join(batch)

    def join(self, batch: Batch) -> bool:
        """Return whether a good batch comes next; if so, move on past it."""
        if batch.prev != self.previous:
            return False
        if self.at is not None and batch.first_at < self.at:
            return False
        if not self.marks.isdisjoint(batch.marks):
            return False
        if any(event.kind == PRUNED for event in batch.events):
            return False  # seldom, and held against the counts just before it
        missing = self.rules.missing
        missing.resume(batch.first_at)
        if missing.may_hide_access(batch.first_at) and not missing.may_hide_access(batch.at):
            return False  # so that not the bundles' edges decide what is excused
        if self.rules.take(self.size, batch.at, batch.kinds, batch.events, batch.flows):
            return False
        missing.count(self.size + place for place in batch.lasting)
        self.marks.update(batch.marks)
        self.kinds.update(batch.kinds)
        self.size += batch.count
        self.at, self.previous = batch.at, batch.leaf
        self.began = self.began or batch.first_at
        return True

    def skip(self, bodies: Sequence[bytes], leaves: Sequence[bytes]) -> Fault | None:
        """Move on past a bundle some of whose bodies are gone, and therefore empty.

        Those that remain are held to the same as all others; return what is wrong with the first.
        """
        start, before = self.size, (self.previous, *leaves)
        for place, raw in enumerate(bodies):
            if not raw:
                continue
            self.size, self.previous = start + place, before[place]
            if leaf_hash(raw) != leaves[place]:
                reason = "a hash tile of level 0 does not match the entries"
                return Fault(self.size, STEPS.index(TILES) + 1, reason)
            fault = self._move(raw)
            if fault is not None:
                return fault
        self.size, self.previous = start + len(leaves), leaves[-1]
        self.rules.missing.skip(start, self.size, bodies.count(b""))
        return None

    def move(self, raw: bytes) -> Fault | None:
        """Move on past one entry, or return what is wrong with it: steps 3 to 6, 11 and 12."""
        return self._move(raw, resumes=True)

    def _move(self, raw: bytes, *, resumes: bool = False) -> Fault | None:
        try:
            number = 3
            entry = parse_entry(raw)
            number = 4
            check_link(self.previous, entry)
            number = 5
            check_order(self.moment, entry)
        except EntryError as exc:
            return Fault(self.size, number, str(exc))
        marks = [bytes.fromhex(mark) for mark in marks_of(entry.kind, entry.members)]
        if not self.marks.isdisjoint(marks):
            return Fault(self.size, 6, "a commitment that an earlier entry holds already")
        at = format_at(entry.at)
        if resumes:
            self.rules.missing.resume(at)
        if entry.kind == PRUNED:
            below, remain = entry.members["below"], entry.members["remain"]
            reason = self.rules.missing.say(Said(self.size, int(str(below)), int(str(remain))))
            if reason is not None:
                return Fault(self.size, STEPS.index(BUNDLES) + 1, reason)
        events = [Event(0, entry.kind, at, entry.members)] if entry.kind in EVENTS else []
        broken = self.rules.take(self.size, at, [entry.kind], events, _flows(entry, at))
        if broken is not None:
            return Fault(self.size, broken.number, broken.reason)
        if entry.kind not in GOING:
            self.rules.missing.count([self.size])
        self.marks.update(marks)
        self.kinds[entry.kind] += 1
        self.size += 1
        self.at, self.previous = at, leaf_hash(raw)
        self.began = self.began or at
        return None


def _flows(entry: Entry, at: str) -> dict[Key, Flow]:
    """Return the flow of one entry."""
    if entry.kind not in COUNTED:
        return {}
    moves = Moves()
    moves.of(entry.kind).append(0)
    return {key_of(entry): flow_of(moves, lambda _: at.encode())}
