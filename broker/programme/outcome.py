"""What an applicant is shown of her application: result, every reason, each agency, what next.

Pure: rows in, words out. The newest request counts; earlier decisions stay visible.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from broker.programme import words
from broker.programme.deciding import Reason
from broker.programme.records import Application, Asked, Decided
from consent.calendar import day_words
from policies.policy import Policy
from policies.words import Words


@dataclass(frozen=True)
class AnsweredQuestion:
    """One question in words; answer: `yes`, `no` or `unknown`."""

    text: Words
    answer: str


@dataclass(frozen=True)
class AgencyView:
    """One agency: what came of asking it, and what it said."""

    name: Words
    status: str
    status_text: Words
    reason: Words | None
    as_of: Words | None
    questions: tuple[AnsweredQuestion, ...]


@dataclass(frozen=True)
class OutcomeView:
    """One application's page.

    result: `eligible`, `not_eligible`, `needs_review` or `refused`. entry: of the decision in
    the log, None while there is none. earlier: results of earlier decisions with their entries.
    """

    ref: str
    programme: Words
    area: str
    result: str
    title: Words
    lead: Words
    next_steps: tuple[Words, ...]
    reasons: tuple[Reason, ...]
    agencies: tuple[AgencyView, ...]
    decided: bool
    entry: int | None
    may_ask_again: bool
    may_apply_again: bool
    earlier: tuple[tuple[str, int | None], ...] = ()


def view(
    application: Application,
    verifications: Sequence[Asked],
    decisions: Mapping[str, Decided],
    policy: Policy,
) -> OutcomeView:
    """Return the page of an application."""
    newest = verifications[-1] if verifications else None
    decided = decisions.get(newest.request_id) if newest is not None else None
    result, reasons = _result(application, newest, decided)
    is_decided = decided is not None and decided.status != "not_in_force"
    shown = words.UNDECIDED if result == "needs_review" and not is_decided else result
    return OutcomeView(
        ref=application.ref,
        programme=policy.programmes[application.programme].name,
        area=policy.areas[application.area].name,
        result=result,
        title=words.TITLES[shown],
        lead=words.LEADS[shown],
        next_steps=words.NEXT[shown],
        reasons=reasons,
        agencies=() if newest is None else _agencies(application, newest, policy),
        decided=is_decided,
        entry=None if decided is None else decided.index,
        may_ask_again=application.status == "granted",
        may_apply_again=shown in ("not_eligible", "refused", words.UNDECIDED),
        earlier=tuple(
            (str(decisions[each.request_id].content["result"]), decisions[each.request_id].index)
            for each in verifications[:-1]
            if each.request_id in decisions and decisions[each.request_id].status != "not_in_force"
        ),
    )


def _result(
    application: Application, newest: Asked | None, decided: Decided | None
) -> tuple[str, tuple[Reason, ...]]:
    if application.status == "denied":
        return "needs_review", (_reason("declined"),)
    if newest is None:
        return "needs_review", (_reason("not_finished"),)
    if newest.status == "refused":
        result: Mapping[str, Any] = newest.result
        return "refused", tuple(_reason(each) for each in result["reasons"] or [result["problem"]])
    if newest.status == "faulty":
        return "needs_review", (_reason("izin_contradicts"),)
    if decided is None:
        return "needs_review", (_reason("izin_unavailable"),)
    if decided.status == "not_in_force":
        return "needs_review", (_reason("formula_not_in_force"),)
    reasons = tuple(
        Reason(each["id"], Words(each["text_id"], each["text_en"]))
        for each in decided.content["reasons"]
    )
    return str(decided.content["result"]), reasons


def _agencies(application: Application, newest: Asked, policy: Policy) -> tuple[AgencyView, ...]:
    replies = {each["agency"]: each for each in newest.result.get("replies", ())}
    granted = {item["agency"] for item in application.held.get("granted", ())}
    views = []
    for agency in sorted({item["agency"] for item in application.held["asked"]}):
        reply = replies.get(agency)
        if reply is not None:
            status, reason = reply["status"], reply["reason"]
        else:
            status, reason = "not_asked" if agency in granted else "declined", None
        views.append(
            AgencyView(
                name=policy.catalogue.agency(agency).name,
                status=status,
                status_text=words.status(status),
                reason=None if reason is None else words.reason(reason),
                as_of=None if reply is None else _day(reply["as_of"]),
                questions=() if reply is None else _questions(reply["answers"], policy),
            )
        )
    return tuple(views)


def _questions(answers: Sequence[Sequence[str]], policy: Policy) -> tuple[AnsweredQuestion, ...]:
    return tuple(
        AnsweredQuestion(
            policy.catalogue.question(agency, question).words(json.loads(params)), answer
        )
        for agency, question, params, answer in answers
    )


def _day(as_of: str | None) -> Words | None:
    return None if as_of is None else day_words(date.fromisoformat(as_of))


def _reason(name: str) -> Reason:
    return Reason(name, words.reason(name))
