"""The rules that entries must keep among each other: steps 11 and 12, and what step 13 needs.

Hashes prove that nothing was changed; these prove that what was signed keeps the promises, as
far as entries can tell. This file must not read anything; it is fed entries in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from audit.continued import CONTINUED, check_place
from audit.errors import EntryError
from audit.formulas import COMMITTED, DECIDED, Commit, Formulas
from audit.outcomes import Accounts, Flow, Key, is_agency_log
from audit.pruned import PRUNED, Missing
from audit.steps import ENTRIES, FORMULAS, OUTCOMES, STEPS

ENDED = frozenset({"grant.withdrawn", "grant.expired"})
EVENTS = frozenset({COMMITTED, DECIDED, CONTINUED, PRUNED, *ENDED})
"""The kinds that rules look at one by one."""


class Event(NamedTuple):
    """An entry that rules look at. place: in its batch. at: its hour, as text."""

    place: int
    kind: str
    at: str
    members: Mapping[str, Any]


@dataclass(frozen=True)
class Ended:
    """The end of a grant: the entry's index, its day YYYY-MM-DD, and `w` in hex."""

    index: int
    day: str
    w: str


class Broken(NamedTuple):
    """A rule that entries broke: the step's number, and what was wrong."""

    number: int
    reason: str


class Rules:
    """What the log has said so far, as far as later entries are held against it.

    kinds: all that occurred. agency: whether the log showed to be an agency's own: an outcome
    without an access, in a log that held nothing but what such a log holds. missing: bodies that
    are gone.
    """

    def __init__(
        self,
        formulas: Formulas | None = None,
        accounts: Accounts | None = None,
        ended: Iterable[Ended] = (),
        kinds: Iterable[str] = (),
        *,
        agency: bool = False,
        missing: Missing | None = None,
    ) -> None:
        self.formulas = formulas or Formulas()
        self.accounts = accounts or Accounts()
        self.ended = list(ended)
        self.kinds = set(kinds)
        self.agency = agency
        self.missing = missing or Missing()

    def take(
        self,
        start: int,
        newest: str,
        kinds: Iterable[str],
        events: Sequence[Event],
        flows: Mapping[Key, Flow],
    ) -> Broken | None:
        """Take in the entries from index `start`; where they break a rule, say so and take none.

        newest: the hour of the last one. kinds: which they are of.
        """
        try:
            for event in events:
                check_place(event.kind, start + event.place)
        except EntryError as error:
            return Broken(STEPS.index(ENTRIES) + 1, str(error))
        seen = self.kinds.union(kinds)
        formulas = self.formulas
        if any(event.kind in (COMMITTED, DECIDED) for event in events):
            formulas = formulas.copy()
            for event in events:
                if reason := _formula(formulas, start, event):
                    return Broken(STEPS.index(FORMULAS) + 1, reason)
        reason = None if self.agency else self.accounts.broken(flows)
        if reason is not None and self.missing.may_hide_access(newest):
            self.accounts.credit(flows)
            reason = None
        agency = self.agency or reason is not None
        if agency and not is_agency_log(seen):
            # Whoever began a log with outcomes cannot go on with accesses either.
            reason = reason or "an entry that no agency's own log has"
            return Broken(STEPS.index(OUTCOMES) + 1, reason)
        self.formulas, self.kinds, self.agency = formulas, seen, agency
        if not agency:
            self.accounts.take(flows, newest)
        self.ended += [
            Ended(start + event.place, event.at[:10], event.members["w"])
            for event in events
            if event.kind in ENDED
        ]
        return None


def _formula(formulas: Formulas, start: int, event: Event) -> str | None:
    """11. Take one entry into `formulas`; return what is wrong with it."""
    members = event.members
    if event.kind == DECIDED:
        return formulas.decide(members["programme"], members["formula"], event.at)
    if event.kind == COMMITTED:
        named = (members["programme"], members["area"], members["formula"])
        formulas.commit(Commit(start + event.place, *named, event.at, members["from"]))
    return None
