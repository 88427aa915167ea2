"""A grant's record and its states: prepared, live, then withdrawn or expired.

Pure: no I/O. It must not decide about a question (`policies` does); a record is what the
database remembers, and the log is what proves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from consent.errors import StateError
from policies.ask import Frequency, GrantView, Item


class GrantState(StrEnum):
    """Where a grant stands.

    prepared: the row exists, the log's entry perhaps not yet; nobody may use it.
    """

    PREPARED = "prepared"
    LIVE = "live"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True)
class GrantRecord:
    """What the broker remembers of one grant.

    grant_id: 22 random characters, the OAuth grant_id. n: the grant's number on the person's
    receipt. index: that of its `grant.given` entry. parts: each agency's part, a JWS. g, w,
    notice: hex. given_at, withdrawn_at: aware; withdrawn_at is also set when it expired.
    """

    grant_id: str
    person_id: str
    client_id: str
    programme: str
    subject: str
    purpose: str
    n: int
    granted: tuple[Item, ...]
    declined: tuple[Item, ...]
    valid_until: date
    frequency: Frequency
    retention_days: int
    given_at: datetime | None
    withdrawn_at: datetime | None
    index: int | None
    state: GrantState
    parts: Mapping[str, str] = field(repr=False)
    evidence: Mapping[str, str] = field(repr=False)
    g: str
    w: str
    notice: str

    def agencies(self) -> tuple[str, ...]:
        """Return the agencies that got a part, sorted."""
        return tuple(sorted(self.parts))

    def is_live(self, *, at: datetime) -> bool:
        """Whether the grant may be used at `at` as far as this record knows.

        The log has the last word: it refuses an access whose grant's `w` it holds.
        """
        return (
            self.state is GrantState.LIVE
            and self.index is not None
            and self.withdrawn_at is None
            and at.date() <= self.valid_until
        )


@dataclass(frozen=True)
class Reconciled:
    """What `reconcile` found: grants activated, ended, discarded, and live rows without entry.

    unproven: rows that say live although their entry is not in the log: left as they are, since
    no gateway would answer for them, and for the operator to explain.
    """

    activated: int
    ended: int
    discarded: int
    unproven: int


def activate(record: GrantRecord, *, index: int, at: datetime) -> GrantRecord:
    """Return the grant as live: its entry stands in the log at `index`."""
    if record.state is not GrantState.PREPARED:
        raise StateError("only a prepared grant becomes live")
    return replace(record, state=GrantState.LIVE, index=index, given_at=at)


def end(record: GrantRecord, state: GrantState, *, at: datetime) -> GrantRecord:
    """Return the grant as withdrawn or expired: its `w` stands in the log."""
    if state not in (GrantState.WITHDRAWN, GrantState.EXPIRED):
        raise StateError("a grant ends as withdrawn or expired")
    if record.state in (GrantState.WITHDRAWN, GrantState.EXPIRED):
        raise StateError("the grant has ended already")
    return replace(record, state=state, withdrawn_at=at)


def view(record: GrantRecord, *, uses: Mapping[str, int]) -> GrantView:
    """Return what the rules compare; nothing in it names the person.

    uses: for each agency, the accesses made in the window of the grant's frequency.
    """
    return GrantView(
        programme=record.programme,
        purpose=record.purpose,
        items=record.granted,
        declined=record.declined,
        valid_until=record.valid_until,
        frequency=record.frequency,
        retention_days=record.retention_days,
        given_at=record.given_at,
        withdrawn_at=record.withdrawn_at,
        # A record that is not live has no live index, whatever entry it once had.
        live_index=record.index if record.state is GrantState.LIVE else None,
        evidence=str(record.evidence.get("kind", "")),
        uses=dict(uses),
    )
