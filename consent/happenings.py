"""A person's entries put together as she thinks of them: what happened, day by day. Pure.

One request of a programme leaves two entries for each agency, many in a second. Here they become
one happening with a line for each agency. The log names no entry in another (so that nobody else
can join them); an answer is put to the earliest open question of the same programme, agency,
purpose and questions, which is exact but for two such questions in flight at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from audit.entry import Entry
from audit.trace import Found
from consent.calendar import WIB, hour_words, weekday_words
from consent.telling import Teller, ids
from policies.policy import Policy
from policies.words import Words

_OUTCOMES = frozenset({"access.answered", "access.failed"})
_Key = tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One agency: what was to be asked, what came of it, and the numbers of its entries."""

    agency: Words
    questions: tuple[Words, ...]
    outcome: tuple[Words, ...]
    indexes: tuple[int, ...]


@dataclass(frozen=True)
class Happening:
    """What happened at one time. lines: of a request to agencies; reasons: of a refusal."""

    when: Words
    sentence: Words
    purpose: Words | None
    reasons: tuple[Words, ...]
    lines: tuple[Line, ...]
    indexes: tuple[int, ...]
    refused: bool


@dataclass(frozen=True)
class Day:
    """A day by the clocks of Banyuwangi, its happenings newest first."""

    day: Words
    happenings: tuple[Happening, ...]


@dataclass
class _Access:
    sent: Found
    outcome: Found | None = None


@dataclass
class _Group:
    """Entries that make one happening: accesses of one request, or one other entry."""

    key: _Key
    accesses: list[_Access] = field(default_factory=list)

    @property
    def entry(self) -> Entry:
        return self.accesses[0].sent.entry

    @property
    def day(self) -> date:
        return self.entry.at.astimezone(WIB).date()


def tell_days(found: Sequence[Found], policy: Policy) -> tuple[Day, ...]:
    """Return the days on which there are entries, newest first. found: in the log's order."""
    teller = Teller(policy)
    days: dict[date, list[_Group]] = {}
    for group in reversed(_grouped(found)):
        days.setdefault(group.day, []).append(group)
    return tuple(
        Day(weekday_words(groups[0].entry.at), tuple(_told(group, teller) for group in groups))
        for groups in days.values()
    )


def count(found: Sequence[Found], kind: str) -> int:
    """Return how often a kind of entry stands for: a summary entry stands for several."""
    return sum(
        int(str(each.entry.members.get("count", 1))) for each in found if each.entry.kind == kind
    )


def _grouped(found: Sequence[Found]) -> list[_Group]:
    groups: list[_Group] = []
    waiting: dict[_Key, list[_Access]] = {}
    for each in found:
        question = _question_key(each.entry)
        if each.entry.kind in _OUTCOMES and waiting.get(question):
            waiting[question].pop(0).outcome = each
            continue
        access = _Access(each)
        if each.entry.kind == "access.sent":
            waiting.setdefault(question, []).append(access)
        key = _group_key(each.entry)
        if groups and groups[-1].key == key and not _asks(groups[-1], each.entry):
            groups[-1].accesses.append(access)
        else:
            groups.append(_Group(key, [access]))
    return groups


def _question_key(entry: Entry) -> _Key:
    names = ("programme", "agency", "purpose")
    return (*(str(entry.members.get(name)) for name in names), *ids(entry, "questions"))


def _group_key(entry: Entry) -> _Key:
    """Return what the entries of one request have in common; other entries stand alone."""
    if entry.kind not in ("access.sent", "access.refused") or "count" in entry.members:
        return (entry.raw.hex(),)
    members = (str(entry.members.get(name)) for name in ("programme", "purpose"))
    return (entry.kind, entry.at.isoformat(), *members, *ids(entry, "reasons"))


def _asks(group: _Group, entry: Entry) -> bool:
    """Whether the group has a line for the entry's agency: then a second request begins."""
    agency = entry.members.get("agency")
    return any(each.sent.entry.members.get("agency") == agency for each in group.accesses)


def _told(group: _Group, teller: Teller) -> Happening:
    entry = group.entry
    is_access = entry.kind in ("access.sent", "access.refused")
    return Happening(
        when=hour_words(entry.at),
        sentence=teller.sentence(entry, agencies=len(group.accesses)),
        purpose=teller.purpose(entry),
        reasons=() if entry.kind == "access.sent" else teller.reasons(entry),
        lines=tuple(_line(each, teller) for each in group.accesses) if is_access else (),
        indexes=tuple(each.sent.index for each in group.accesses),
        refused=entry.kind == "access.refused",
    )


def _line(access: _Access, teller: Teller) -> Line:
    entry, outcome = access.sent.entry, access.outcome
    return Line(
        agency=teller.agency(str(entry.members.get("agency", ""))),
        questions=teller.questions(entry),
        outcome=()
        if entry.kind == "access.refused"
        else teller.outcome(None if outcome is None else outcome.entry),
        indexes=(access.sent.index,) if outcome is None else (access.sent.index, outcome.index),
    )
