"""Pins: the trace share, pseudonyms and passkey that were first seen for a person stay hers.

A broker that asks about a person under another trace key would hide the access from her; one that
asks under another person's pseudonym would hand out the one's answers as the other's; one that
shows a passkey of its own, or none any more, would consent in her place. All change a pin and are
refused, unless proven closings lead from the pinned share to the new one: those she finds with the
key that she had before. The caller opens the transaction and commits it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from audit.trace import share_pin
from broker.gateway.errors import GatewayRefusal
from broker.gateway.passed import Closed, Judged
from broker.gateway.store import ForgottenPasskeyRow, PinRow, ReplacedPinRow, SubjectPinRow
from consent.evidence import PASSKEY

_DAY_SECONDS: Final = 86_400

Newcomers = Callable[[str], int]
"""How many people may be new on one day, by kind of evidence."""


def check_pins(
    session: Session, person: bytes, judged: Judged, *, newcomers: Newcomers, at: int
) -> None:
    """Step 13: share, pseudonym and passkey are the pinned ones; what is seen first is pinned now.

    Raises GatewayRefusal: trace_changed, subject_changed, passkey_changed, too_many_new_people.
    """
    share = share_pin(judged.traced.share)
    pinned = session.get(PinRow, person)
    if pinned is None:
        _check_newcomer(session, judged.evident.kind, newcomers, at)
        pinned = PinRow(person=person, share_pin=share, evidence=judged.evident.kind, first_seen=at)
    else:
        _follow(session, person, pinned, judged.traced.closed, to=share, at=at)
    _check_passkey(session, pinned, judged, newcomers, at)
    session.add(pinned)
    _check_subject(session, person, judged)


def forget_passkey(session: Session, person: bytes, *, at: int) -> bool:
    """Let go a person's passkey, and keep that it was let go; False if none is pinned.

    For the agency's operator, in whose presence she lost it: nothing from the wire comes here.
    """
    pinned = session.get(PinRow, person)
    if pinned is None or pinned.passkey is None:
        return False
    session.add(
        ForgottenPasskeyRow(
            person=person,
            forgotten_at=at,
            passkey=pinned.passkey,
            passkey_seen=pinned.passkey_seen or 0,
        )
    )
    pinned.passkey = pinned.passkey_index = pinned.passkey_seen = None
    session.add(pinned)
    return True


def _check_passkey(
    session: Session, pinned: PinRow, judged: Judged, newcomers: Newcomers, at: int
) -> None:
    credential, given = judged.evident.credential, judged.bound.question.grant.index
    if credential is None:
        # What she allowed by other means before she had a passkey stays allowed. What is newer
        # must be hers: otherwise a broker's word would do wherever her passkey is in its way.
        if pinned.passkey_index is not None and given > pinned.passkey_index:
            raise GatewayRefusal("passkey_changed")
    elif pinned.passkey is None or pinned.passkey_index is None:
        _check_most(session, PASSKEY, col(PinRow.passkey_seen) >= _midnight(at), newcomers)
        pinned.passkey, pinned.passkey_index, pinned.passkey_seen = credential, given, at
    elif pinned.passkey != credential:
        raise GatewayRefusal("passkey_changed")
    else:
        pinned.passkey_index = min(pinned.passkey_index, given)


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
    new = (col(PinRow.evidence) == kind) & (col(PinRow.first_seen) >= _midnight(at))
    _check_most(session, kind, new, newcomers)


def _check_most(
    session: Session, kind: str, new: ColumnElement[bool], newcomers: Newcomers
) -> None:
    seen = session.exec(select(func.count()).select_from(PinRow).where(new)).one()
    if seen >= newcomers(kind):
        raise GatewayRefusal("too_many_new_people")


def _midnight(at: int) -> int:
    return at - at % _DAY_SECONDS


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
