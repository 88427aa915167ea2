"""What was asked before: each message and entry once, each person no oftener than she allowed.

The gateway counts for itself, since it alone knows the NIK and so sees through new grants, other
purposes and other programmes. The caller opens the transaction and commits it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlmodel import Session, col, delete, func, select

from audit.canonical import encode
from broker.gateway.errors import GatewayRefusal
from broker.gateway.passed import Judged
from broker.gateway.store import AskedRow, AskedValueRow, ReplayRow

REPLAY_SECONDS: Final = 60
MOST_VALUES: Final = 2
_DAY_SECONDS: Final = 86_400
_TWELVE_MONTHS: Final = 365 * _DAY_SECONDS


def check_first(session: Session, judged: Judged, *, at: int) -> bool:
    """Step 12: the message is new; return whether it repeats a question that was asked before.

    A question may be repeated in a new message, since its answer may have been lost, for as long
    as its entry may be asked on (step 5). An entry of the log is good for one question, ever.
    Raises GatewayRefusal: replayed, tag_seen, answer_time_over.
    """
    question = judged.bound.question
    cb, payload = question.read.cb, question.read.payload
    session.exec(delete(ReplayRow).where(col(ReplayRow.until) < at))
    if session.get(ReplayRow, (cb.iss, cb.jti)) is not None:
        raise GatewayRefusal("replayed")
    session.add(ReplayRow(iss=cb.iss, jti=cb.jti, until=cb.exp + REPLAY_SECONDS))
    rows = session.exec(
        select(AskedRow).where(
            (col(AskedRow.question_id) == payload.question_id)
            | (col(AskedRow.q) == question.q)
            | (col(AskedRow.tag) == question.tag)
        )
    ).all()
    if at >= cb.answer_by:
        raise GatewayRefusal("answer_time_over")
    for row in rows:
        if row.q != question.q and row.tag == question.tag:
            raise GatewayRefusal("tag_seen")
        if (row.q, row.question_id, row.tag) != (question.q, payload.question_id, question.tag):
            raise GatewayRefusal("replayed")
    return bool(rows)


def check_frequency(session: Session, person: bytes, judged: Judged, *, at: int) -> None:
    """Step 14: accesses of this person, programme and purpose within the period.

    The period rolls back from now, and grants do not matter: a new one does not start it anew.
    Raises GatewayRefusal: frequency_spent.
    """
    part = judged.allowed.part
    since = at - part.frequency.window_days * _DAY_SECONDS
    used = session.exec(
        select(func.count())
        .select_from(AskedRow)
        .where(
            AskedRow.person == person,
            AskedRow.programme == part.programme,
            AskedRow.purpose == part.purpose,
            col(AskedRow.asked_at) > since,
        )
    ).one()
    if used >= part.frequency.max:
        raise GatewayRefusal("frequency_spent")


def check_values(session: Session, person: bytes, judged: Judged, *, at: int) -> None:
    """Step 15: at most two values of one question about one person in 12 months.

    Across programmes, purposes and grants: asking again with other thresholds would narrow an
    amount that no single question tells. Raises GatewayRefusal: too_many_values.
    """
    for asked in judged.bound.question.read.payload.questions:
        before = session.exec(
            select(AskedValueRow.value)
            .where(
                AskedValueRow.person == person,
                AskedValueRow.question == asked.question,
                col(AskedValueRow.asked_at) > at - _TWELVE_MONTHS,
            )
            .distinct()
        ).all()
        if len({*before, _value(asked.params)}) > MOST_VALUES:
            raise GatewayRefusal("too_many_values")


def keep_asked(session: Session, person: bytes, judged: Judged, *, at: int) -> None:
    """Remember the question as asked: from now on it counts, answered or not."""
    question = judged.bound.question
    payload = question.read.payload
    session.add(
        AskedRow(
            question_id=payload.question_id,
            q=question.q,
            tag=question.tag,
            person=person,
            programme=payload.programme,
            purpose=payload.purpose,
            asked_at=at,
        )
    )
    session.flush()
    for asked in payload.questions:
        session.add(
            AskedValueRow(
                question_id=payload.question_id,
                question=asked.question,
                person=person,
                value=_value(asked.params),
                asked_at=at,
            )
        )


def _value(params: Mapping[str, int | str]) -> str:
    return encode(params).decode()
