"""What a person's own entries say against those who asked: flags, as far as the log can tell.

With the trace key, each `grant.given` and its end are put to the grant's number, so that an access
that no grant of hers can have allowed stands out. What a grant allowed in detail (which questions,
how often, until when) is not in the log but on her receipt; `CANNOT_TELL` says so.

Pure; the entries are passed in, and somebody has verified them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from audit.errors import AuditError
from audit.trace import Found, given_commitment, withdrawn_commitment
from audit.trace import gid as grant_gid

WITHOUT_GRANT: Final = "without_grant"
AFTER_WITHDRAWAL: Final = "after_withdrawal"
AFTER_EXPIRY: Final = "after_expiry"
TOO_OFTEN: Final = "too_often"
OTHER_SHARE: Final = "other_share"
FOREIGN_GRANT: Final = "foreign_grant"
HIDDEN: Final = "hidden"
FLAGS: Final = (
    WITHOUT_GRANT,
    AFTER_WITHDRAWAL,
    AFTER_EXPIRY,
    TOO_OFTEN,
    OTHER_SHARE,
    FOREIGN_GRANT,
    HIDDEN,
)

MOST_GRANTS: Final = 10_000
"""How many numbers are tried; nobody gives so many grants, and each costs two hashes."""

WINDOW_DAYS: Final[Mapping[str, int]] = {"day": 1, "week": 7, "month": 30, "year": 365}
_FREQUENCY = re.compile(r"([1-9][0-9]{0,3})/(day|week|month|year)")
_MARK = re.compile(rb'"([gw])":"([0-9a-f]{64})"')
_ENDS: Final = {"grant.withdrawn": AFTER_WITHDRAWAL, "grant.expired": AFTER_EXPIRY}

_About = tuple[str, str]


@dataclass(frozen=True)
class Flag:
    """Something wrong at entry `index`. what: one of FLAGS. n: the grant's number if it is one."""

    index: int
    what: str
    n: int | None = None


@dataclass(frozen=True)
class Often:
    """How often the receipt allows: at most `most` accesses in any `per`, at one agency."""

    most: int
    per: str


@dataclass
class _Grants:
    """Her grants of one programme and purpose, while the log is walked."""

    live: set[int] = field(default_factory=set)
    ended: str | None = None


def parse_often(text: str) -> Often:
    """Return what `1/month` says, or raise AuditError."""
    match = _FREQUENCY.fullmatch(text)
    if match is None:
        raise AuditError("a frequency is a number and a period, such as 1/month")
    return Often(int(match[1]), match[2])


def flags_of(
    entries: Iterable[bytes],
    found: Sequence[Found],
    trace_key: bytes,
    *,
    often: Often | None = None,
) -> list[Flag]:
    """Return what is wrong with the entries about the key's owner, in the log's order.

    entries: all of the log, from index 0. found: those that `trace.find` found in them.
    """
    numbers = _numbers(trace_key)
    flags = _hidden(entries, {each.index for each in found}, numbers)
    grants: dict[_About, _Grants] = defaultdict(_Grants)
    for each in found:
        known = grants[_about(each)]
        kind, members = each.entry.kind, each.entry.members
        if kind == "grant.given":
            n = numbers.get(str(members["g"]))
            if n is None:
                flags.append(Flag(each.index, FOREIGN_GRANT))
            else:
                known.live.add(n)
        elif kind in _ENDS:
            known.live.discard(numbers.get(str(members["w"]), 0))
            known.ended = _ENDS[kind]
        elif kind == "access.sent":
            if not known.live:
                flags.append(Flag(each.index, known.ended or WITHOUT_GRANT))
            if each.agency != members["agency"]:
                flags.append(Flag(each.index, OTHER_SHARE))
    if often is not None:
        flags += _too_often(found, often)
    return sorted(flags, key=lambda flag: (flag.index, FLAGS.index(flag.what)))


def _numbers(trace_key: bytes) -> dict[str, int]:
    """Return, for each commitment g and w that the key can make, the grant's number."""
    numbers: dict[str, int] = {}
    for n in range(1, MOST_GRANTS + 1):
        gid = grant_gid(trace_key, n)
        numbers[given_commitment(gid).hex()] = n
        numbers[withdrawn_commitment(gid).hex()] = n
    return numbers


def _hidden(entries: Iterable[bytes], hers: set[int], numbers: Mapping[str, int]) -> list[Flag]:
    """Return the grants, and ends of grants, that are hers and carry somebody else's tag."""
    flags: list[Flag] = []
    for index, raw in enumerate(entries):
        mark = _MARK.search(raw)
        n = None if mark is None else numbers.get(mark[2].decode())
        if n is not None and index not in hers:
            flags.append(Flag(index, HIDDEN, n))
    return flags


def _too_often(found: Sequence[Found], often: Often) -> list[Flag]:
    """Return the accesses above the frequency, for each programme, purpose and agency.

    The log knows hours only: two accesses count as within a window only where their hours leave
    no doubt, so that nobody is accused of what may have been right.
    """
    window = timedelta(days=WINDOW_DAYS[often.per]) - timedelta(hours=1)
    seen: dict[tuple[str, ...], list[datetime]] = defaultdict(list)
    flags: list[Flag] = []
    for each in found:
        if each.entry.kind != "access.sent":
            continue
        moments = seen[(*_about(each), str(each.entry.members["agency"]))]
        moments.append(each.entry.at)
        within = [moment for moment in moments if each.entry.at - moment <= window]
        if len(within) > often.most:
            flags.append(Flag(each.index, TOO_OFTEN))
    return flags


def _about(found: Found) -> _About:
    members = found.entry.members
    return str(members.get("programme")), str(members.get("purpose"))
