"""Accesses and what came of them, counted: step 12 of docs/verify.md.

An outcome does not say which access it belongs to, so all that can be held against a log are
sums, for each *key*: programme, agency, purpose and questions. docs/adr/what-outcomes-prove.md
says which sums an honest log can be trusted to keep even after a crash.

This file must not accuse: it says what a batch of entries needs to have before it, and how many
accesses have been open for too long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import lt
from typing import NamedTuple, TypeAlias

from audit.entry import Entry
from audit.hours import NOTICE_HOURS, moved

Key: TypeAlias = tuple[str, str, str, str]
"""What an access and its outcome have in common: programme, agency, purpose, questions."""

SENT, ANSWERED, FAILED = "access.sent", "access.answered", "access.failed"
COUNTED = frozenset({SENT, ANSWERED, FAILED})

AGENCY_KINDS = frozenset({ANSWERED, FAILED, "access.refused"})
"""All that a gateway's own log holds: it has answers and, by design, no accesses."""


def key_of(entry: Entry) -> Key:
    """Return the key of an access or an outcome."""
    members = entry.members
    questions = members["questions"]
    assert isinstance(questions, list)  # noqa: S101 - check_members saw to it
    named = (str(members[name]) for name in ("programme", "agency", "purpose"))
    return (*named, ",".join(map(str, questions)))  # type: ignore[return-value]  # four of them


@dataclass
class Moves:
    """The places of one key's entries in a batch, in no order."""

    sent: list[int] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)

    def of(self, kind: str) -> list[int]:
        """Return the places of a kind of COUNTED."""
        return self.sent if kind == SENT else self.answered if kind == ANSWERED else self.failed


class Flow(NamedTuple):
    """What one key's entries in a batch do.

    sent: accesses by hour. need: how many accesses without an answer the log must hold before the
    batch, lest an answer comes before its access. early: a failure before the first access.
    """

    sent: Mapping[str, int]
    answered: int
    failed: int
    need: int
    early: bool


def flow_of(moves: Moves, hour_of: Callable[[int], bytes]) -> Flow:
    """Return the flow of `moves`. hour_of: the hour of the entry at a place, as it stands there."""
    sent, answered = sorted(moves.sent), sorted(moves.answered)
    early = bool(moves.failed) and (not sent or min(moves.failed) < sent[0])
    by_hour = {hour.decode(): count for hour, count in Counter(map(hour_of, sent)).items()}
    return Flow(by_hour, len(answered), len(moves.failed), _need(sent, answered), early)


def _need(sent: Sequence[int], answered: Sequence[int]) -> int:
    """Return by how many the answers run ahead of the accesses, at most."""
    if len(answered) <= len(sent) and all(map(lt, sent, answered)):
        return 0
    need = done = 0
    for number, place in enumerate(answered, 1):
        while done < len(sent) and sent[done] < place:
            done += 1
        need = max(need, number - done)
    return need


@dataclass
class Account:
    """One key's sums. old: accesses that were sent too long ago; recent: the others, by hour."""

    old: int = 0
    answered: int = 0
    failed: int = 0
    recent: dict[str, int] = field(default_factory=dict)

    @property
    def sent(self) -> int:
        """How many accesses there are."""
        return self.old + sum(self.recent.values())

    def age(self, newest: str) -> None:
        """Count as old what was sent more than 24 hours before the hour `newest`.

        An hour holds what happened until its end, so one that began 25 hours before is over
        for 24.
        """
        limit = moved(newest, -NOTICE_HOURS - 1)
        for hour in [hour for hour in self.recent if hour <= limit]:
            self.old += self.recent.pop(hour)


@dataclass(frozen=True)
class Overdue:
    """Accesses of more than 24 hours ago that have no outcome: at least `count` of them."""

    programme: str
    agency: str
    count: int


class Accounts:
    """The sums of a log so far."""

    def __init__(self, accounts: Mapping[Key, Account] | None = None) -> None:
        self.by_key: dict[Key, Account] = dict(accounts or {})

    def broken(self, flows: Mapping[Key, Flow]) -> str | None:
        """Return what is wrong with entries of these flows, next in the log; None if nothing."""
        for key, flow in flows.items():
            account = self.by_key.get(key) or Account()
            if flow.need > account.sent - account.answered:
                return "an answer for which there was no access"
            if flow.early and account.sent == 0:
                return "a failure for which there was no access"
        return None

    def credit(self, flows: Mapping[Key, Flow]) -> None:
        """Count the accesses that `flows` lack: entries that cannot be seen any more held them."""
        for key, flow in flows.items():
            account = self.by_key.setdefault(key, Account())
            account.old += max(0, flow.need - (account.sent - account.answered))
            if flow.early and account.sent == 0:
                account.old += 1

    def take(self, flows: Mapping[Key, Flow], newest: str) -> None:
        """Add the flows of entries whose last hour is `newest`."""
        for key, flow in flows.items():
            account = self.by_key.setdefault(key, Account())
            for hour, count in flow.sent.items():
                account.recent[hour] = account.recent.get(hour, 0) + count
            account.answered += flow.answered
            account.failed += flow.failed
            account.age(newest)

    def overdue(self, newest: str) -> tuple[Overdue, ...]:
        """Return what has no outcome 24 hours later, each programme and agency once.

        A lower bound: outcomes of newer accesses, and second ones after a crash, hide older ones.
        """
        found: Counter[tuple[str, str]] = Counter()
        for (programme, agency, _, _), account in self.by_key.items():
            account.age(newest)
            found[programme, agency] += max(0, account.old - account.answered - account.failed)
        return tuple(Overdue(*who, count) for who, count in sorted(found.items()) if count)


def is_agency_log(kinds: Iterable[str]) -> bool:
    """Whether these are the kinds of a gateway's own log, which has no accesses to count."""
    return AGENCY_KINDS.issuperset(kinds)
