"""Many entries checked at once: the verdict of `entry` and `chain`, several times faster.

A verifier reads logs of millions of entries, and calling a parser and a dozen patterns for each
is most of its time. Canonical JSON has one spelling, so the entries of a kind all fit one pattern
over bytes: one call finds a whole bundle's, and only what differs from entry to entry is looked
at, the rest once for each value it takes.

This file must not explain a refusal: it says that all entries are fine, or that somebody must
look at them one by one. It may never say "fine" where `parse_entry` would raise; the tests hold
the two against each other.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from audit.canonical import parse_any
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
    is_hour,
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

_KIND = b'"kind":"'
_LONGEST_KIND = max(map(len, CHECKS))

_HEX = b"0123456789abcdef"

# `.` and one excluded character are what the pattern engine runs over fastest, so a hash is found
# as 64 characters of any kind; whether they are digits is asked of all of a bundle's at once.
_FORMS: Mapping[Check, str] = {
    is_hash: '"(.{64})"',
    is_tag: '"(.{32})"',
    is_id: '("[^"]*")',
    is_ids: r"(\[[^]]*\])",
    is_traces: r"\[((?:\"[0-9a-f]{32}\",?)*)\]",
}
"""How a member's value looks; what is in parentheses is looked at further."""

_ANY = r'("[^"]*"|[0-9]+)'
"""How any other value looks: a text, or a number."""


class _Shape(NamedTuple):
    """How to check the entries of one kind.

    pattern: finds them, a line each. at, prev, mark: which of its groups hold these. digits: the
    groups of hex. traces: the group of a list of tags. checks: what the other groups must pass
    as JSON; that of an absent member is empty.
    """

    pattern: re.Pattern[bytes]
    at: int
    prev: int
    mark: int | None
    digits: Sequence[int]
    traces: int | None
    checks: Sequence[tuple[int, Check]]


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
        self._known: set[tuple[Check, bytes]] = set()

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
        if not entries:
            return True
        if max(map(len, entries)) > MAX_ENTRY_BYTES:
            return False
        hours, prevs = [b""] * len(entries), [b""] * len(entries)
        marks: list[bytes] = []
        digits: list[bytes] = []
        kinds: Counter[str] = Counter()
        for kind, places in _by_kind(entries).items():
            shape = _SHAPES.get(kind)
            groups = _find(shape, [entries[place] for place in places]) if shape else None
            if shape is None or groups is None:
                return False
            for place, hour, prev in zip(places, groups[shape.at], groups[shape.prev], strict=True):
                hours[place], prevs[place] = hour, prev
            for group in shape.digits:
                digits += groups[group]
            if shape.traces is not None and not all(map(_rise, groups[shape.traces])):
                return False
            if not all(self._fit(groups[group], check) for group, check in shape.checks):
                return False
            if shape.mark is not None:
                marks += groups[shape.mark]
            kinds[kind] += len(places)
        if b"".join(digits).translate(None, _HEX):
            return False
        if b"".join(prevs) != (self.previous + b"".join(leaves[:-1])).hex().encode():
            return False
        hour_texts = {hour: hour.decode("latin-1") for hour in set(hours)}
        if not all(map(is_hour, hour_texts.values())):
            return False
        # Digits in a fixed form: text order is time order.
        if sorted(hours) != hours or (self.at is not None and hour_texts[hours[0]] < self.at):
            return False
        new_marks = set(map(bytes.decode, marks))
        if len(new_marks) != len(marks) or not self.marks.isdisjoint(new_marks):
            return False
        self.marks |= new_marks
        self.kinds.update(kinds)
        self.at, self.previous = hour_texts[hours[-1]], leaves[-1]
        return True

    def _fit(self, values: Sequence[bytes], check: Check) -> bool:
        """Return whether each value, as JSON, passes `check`; one seen before is not parsed."""
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()  # a hostile log must not fill the memory
        for value in set(values):
            if value and (check, value) not in self._known:
                try:
                    if not check(parse_any(value)):
                        return False
                except AuditError:
                    return False
                self._known.add((check, value))
        return True


def leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    """Return the leaf hash of each entry."""
    # No call of ours for each: hashing is what a verifier spends its time on.
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def _find(shape: _Shape, entries: Sequence[bytes]) -> list[tuple[bytes, ...]] | None:
    """Return the groups of the shape's pattern over all entries, or None if one does not match.

    Each match begins and ends with a line: if there are as many as entries, and no entry holds a
    line feed, each is one entry.
    """
    lines = b"\n".join(entries)
    if lines.count(b"\n") != len(entries) - 1:
        return None
    rows = shape.pattern.findall(lines)
    return list(zip(*rows, strict=True)) if len(rows) == len(entries) else None


def _rise(tags: bytes) -> bool:
    """Return whether quoted tags of one length rise, with a comma between each two."""
    each = tags.split(b",")
    return each == [b""] or (len(tags) == 35 * len(each) - 1 and each == sorted(set(each)))


def _by_kind(entries: Sequence[bytes]) -> dict[str, list[int]]:
    """Return the places of the entries that say they are of a kind, or of what is none.

    The first `"kind":"` of an entry: whether it is the member, the kind's pattern will tell.
    """
    by_text: defaultdict[bytes, list[int]] = defaultdict(list)
    for place, entry in enumerate(entries):
        start = entry.find(_KIND) + len(_KIND)
        by_text[entry[start : start + _LONGEST_KIND + 1]].append(place)
    by_kind: defaultdict[str, list[int]] = defaultdict(list)
    for text, places in by_text.items():
        by_kind[text.partition(b'"')[0].decode("latin-1")] += places
    return by_kind


def _shape(kind: str) -> _Shape:
    """Return the shape of a kind's entries: every member at its place, an optional one or not."""
    forms = {
        "at": '"(.{20})"',
        "kind": f'"{re.escape(kind)}"',
        "prev": '"(.{64})"',
        "v": str(VERSION),
    }
    for name, check in CHECKS[kind].items():
        if isinstance(check, Word):
            forms[name] = f'"{re.escape(check.word)}"'
        else:
            forms[name] = _FORMS.get(check, _ANY)
    pattern = ""
    for name in sorted(forms):
        # Every entry has `at`: what stands before it brings the comma after itself.
        member = f'"{name}":{forms[name]}'
        member = f"{member}," if name < "at" else member if name == "at" else f",{member}"
        is_required = name in REQUIRED[kind] or name not in CHECKS[kind]
        pattern += member if is_required else f"(?:{member})?"
    groups = {name: n for n, name in enumerate(n for n in sorted(forms) if "(" in forms[n])}
    checked = {groups[name]: check for name, check in CHECKS[kind].items() if name in groups}
    return _Shape(
        pattern=re.compile(rf"^\{{{pattern}\}}$".encode(), re.MULTILINE),
        at=groups["at"],
        prev=groups["prev"],
        mark=groups.get(MARKED.get(kind, "")),
        digits=[group for group, check in checked.items() if check in (is_hash, is_tag)],
        traces=next((group for group, check in checked.items() if check is is_traces), None),
        checks=[
            (group, check)
            for group, check in checked.items()
            if check not in (is_hash, is_tag, is_traces)
        ],
    )


_SHAPES: Mapping[str, _Shape] = {kind: _shape(kind) for kind in CHECKS}
