"""Pins: the trace share and pseudonyms that were first seen for a person stay hers.

A broker that asks about a person under another trace key would hide the access from her; one that
asks under another person's pseudonym would hand out the one's answers as the other's. Both change
a pin and are refused, unless proven closings lead from the pinned share to the new one: those she
finds with the key that she had before. The caller opens the transaction and commits it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlmodel import Session, col, func, select

from audit.trace import share_pin
from broker.gateway.errors import GatewayRefusal
from broker.gateway.passed import Closed, Judged
from broker.gateway.store import PinRow, ReplacedPinRow, SubjectPinRow

_DAY_SECONDS: Final = 86_400

Newcomers = Callable[[str], int]
"""How many people may be new on one day, by kind of evidence."""


def check_pins(
    session: Session, person: bytes, judged: Judged, *, newcomers: Newcomers, at: int
) -> None:
    """Step 13: share and pseudonym are the pinned ones; a person seen first is pinned now.

    Raises GatewayRefusal: trace_changed, subject_changed, too_many_new_people.
    """
    share = share_pin(judged.traced.share)
    pinned = session.get(PinRow, person)
    if pinned is None:
        _check_newcomer(session, judged.evident.kind, newcomers, at)
        session.add(
            PinRow(person=person, share_pin=share, evidence=judged.evident.kind, first_seen=at)
        )
    else:
        _follow(session, person, pinned, judged.traced.closed, to=share, at=at)
    _check_subject(session, person, judged)


def _follow(
    session: Session, person: bytes, pinned: PinRow, closed: Sequence[Closed], *, to: bytes, at: int
) -> None:
    """Change a pin along proven closings, or raise GatewayRefusal: trace_changed.

    to: SHA-256 of the share that the question came with. What was replaced stays listed.
    """
    steps = {each.before: each for each in closed}
    while pinned.share_pin != to:
        step = steps.pop(pinned.share_pin, None)
        # A share that was replaced never comes back: an old closing would be shown again.
        if step is None or session.get(ReplacedPinRow, (person, step.after)) is not None:
            raise GatewayRefusal("trace_changed")
        session.add(
            ReplacedPinRow(person=person, share_pin=step.before, replaced_at=at, closing=step.index)
        )
        pinned.share_pin = step.after
    session.add(pinned)


def _check_newcomer(session: Session, kind: str, newcomers: Newcomers, at: int) -> None:
    # First use is where a broker could invent a person's trace key: this bounds how many people
    # it can do that to before somebody notices.
    today = at - at % _DAY_SECONDS
    seen = session.exec(
        select(func.count())
        .select_from(PinRow)
        .where(PinRow.evidence == kind, col(PinRow.first_seen) >= today)
    ).one()
    if seen >= newcomers(kind):
        raise GatewayRefusal("too_many_new_people")


def _check_subject(session: Session, person: bytes, judged: Judged) -> None:
    part = judged.allowed.part
    rows = session.exec(
        select(SubjectPinRow).where(
            SubjectPinRow.programme == part.programme,
            (col(SubjectPinRow.person) == person) | (col(SubjectPinRow.subject) == part.subject),
        )
    ).all()
    if not rows:
        session.add(SubjectPinRow(person=person, programme=part.programme, subject=part.subject))
    elif any(row.person != person or row.subject != part.subject for row in rows):
        raise GatewayRefusal("subject_changed")
