"""The pages on which a person lets a grant hold longer: a last day chosen, then confirmed.

Whoever may not extend a grant, since it is another's, has ended or cannot hold longer, is shown
no form. The programme's tokens go on: it sees the new last day at the grant management endpoint.
"""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as WerkzeugResponse

from consent import change_words
from consent.calendar import day_words
from consent.confirming import Confirming
from consent.extending import allowed_again, extended_request
from consent.grants import GrantRecord
from consent.language import language, say
from consent.notice import write_notice
from policies.words import Words


def add_extending(blueprint: Blueprint, confirming: Confirming) -> None:
    """Add /grants/<n>/extend."""
    pages = confirming.pages
    deps = pages.deps

    @blueprint.get("/grants/<int:n>/extend")
    def ask_extend(n: int) -> WerkzeugResponse:
        record = _mine(n)
        days = confirming.may_extend(record)
        return _form(record, days) if days else redirect(f"/grants/{n}", 303)

    @blueprint.post("/grants/<int:n>/extend")
    def extend(n: int) -> WerkzeugResponse:
        record = _mine(n)
        days = confirming.may_extend(record)
        if not days:
            return redirect(f"/grants/{n}", 303)
        chosen = next((day for day in days if day.isoformat() == request.form.get("until")), None)
        if chosen is None:
            return _form(record, days, error=change_words.CHOOSE_DAY, status=400)
        wanted = extended_request(record, chosen)
        proposal = deps.grants.propose(
            record.person_id,
            record.client_id,
            wanted,
            allowed_again(record),
            write_notice(wanted, deps.policy).digest,
            language(),
        )
        return redirect(confirming.remember(proposal.record, extends=n), 303)

    def _mine(n: int) -> GrantRecord:
        for record in deps.grants.of_person(pages.person_id()):
            if record.n == n:
                return record
        raise NotFound

    def _form(
        record: GrantRecord,
        days: tuple[date, ...],
        *,
        error: Words | None = None,
        status: int = 200,
    ) -> Response:
        return pages.show(
            "extend",
            status=status,
            x=change_words,
            n=record.n,
            error=None if error is None else say(error),
            programme=deps.policy.programmes[record.programme].name,
            until=day_words(record.valid_until),
            days=[(day.isoformat(), day_words(day)) for day in days],
        )
