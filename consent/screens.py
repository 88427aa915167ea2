"""A person's own pages: the start, her grants and their receipts, withdrawal.

Another person's grant looks like one that does not exist: grants are found by the number on the
receipt, among hers only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, redirect
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as WerkzeugResponse

from audit.trace import format_trace_key
from consent import change_words, continuing
from consent.calendar import day_words, moment_day, second_day
from consent.grants import GrantRecord, GrantState
from consent.notice import frequency_words, retention_words
from consent.pages import Pages
from consent.qr import MOST_BYTES, inline_svg, svg_file
from consent.receipt import make_receipt
from policies.ask import Item
from policies.policy import Policy
from policies.words import Words

MayExtend = Callable[[GrantRecord], tuple[date, ...]]
"""Until which days a grant may be extended; none where it may not."""


@dataclass(frozen=True)
class ItemWords:
    """One item of a grant in words."""

    question: Words
    not_shared: Words | None


def add_screens(blueprint: Blueprint, pages: Pages, *, may_extend: MayExtend) -> None:
    """Add /, /grants with what is below it, and the end of a pause."""
    deps = pages.deps

    @blueprint.get("/")
    def start() -> Response:
        return pages.show("start")

    @blueprint.get("/grants")
    def grants() -> Response:
        records = deps.grants.of_person(pages.person_id())
        lines = [
            (record, _programme(record, deps.policy), day_words(record.valid_until))
            for record in records
        ]
        pauses = [
            (programme, deps.policy.programmes[programme].name, second_day(until))
            for programme, until in deps.pauses.of_person(pages.person_id(), at=deps.at()).items()
            if programme in deps.policy.programmes
        ]
        was_printed = deps.trace_keys.was_printed(pages.person_id())
        return pages.show(
            "grants",
            x=change_words,
            lines=lines,
            pauses=pauses,
            was_printed=was_printed,
            may_extend=may_extend,
        )

    @blueprint.post("/pauses/<programme>/end")
    def end_pause(programme: str) -> WerkzeugResponse:
        deps.pauses.end(pages.person_id(), programme)
        return redirect("/grants", 303)

    @blueprint.get("/grants/<int:n>")
    def receipt(n: int) -> Response:
        person = pages.person()
        record = _mine(n)
        proof = _proof(record)
        trace_key = format_trace_key(deps.log.origin, person.trace_key)
        return pages.show(
            "receipt",
            x=change_words,
            may_extend=may_extend,
            record=record,
            programme=_programme(record, deps.policy),
            purpose=_purpose(record, deps.policy),
            allowed=by_agency(record.granted, deps.policy),
            declined=by_agency(record.declined, deps.policy),
            ended=None if record.withdrawn_at is None else moment_day(record.withdrawn_at),
            given=None if record.given_at is None else moment_day(record.given_at),
            until=day_words(record.valid_until),
            frequency=frequency_words(record.frequency),
            retention=retention_words(record.retention_days),
            has_proof=proof is not None,
            has_digital=deps.receipts.may_issue(record),
            proof_fits=proof is not None and len(proof.encode()) <= MOST_BYTES,
            may_continue=continuing.find(n, at=deps.at()) is not None,
            is_live=record.is_live(at=deps.clock()),
            trace_key=trace_key,
            trace_key_svg=inline_svg(trace_key),
        )

    @blueprint.get("/grants/<int:n>/proof.svg")
    def proof_svg(n: int) -> Response:
        proof = _proof(_mine(n))
        if proof is None or len(proof.encode()) > MOST_BYTES:
            raise NotFound
        return Response(svg_file(proof), mimetype="image/svg+xml")

    @blueprint.get("/grants/<int:n>/proof.txt")
    def proof_text(n: int) -> Response:
        proof = _proof(_mine(n))
        if proof is None:
            raise NotFound
        response = Response(proof, mimetype="text/plain")
        # The name says nothing about whose it is: it stays on a shared telephone.
        response.headers["Content-Disposition"] = f'attachment; filename="izin-{n}.txt"'
        return response

    @blueprint.get("/grants/<int:n>/withdraw")
    def ask_withdraw(n: int) -> WerkzeugResponse:
        record = _mine(n)
        if record.state is not GrantState.LIVE:
            return redirect(f"/grants/{n}", 303)
        return pages.show("withdraw", record=record, programme=_programme(record, deps.policy))

    @blueprint.post("/grants/<int:n>/withdraw")
    def withdraw(n: int) -> WerkzeugResponse:
        record = _mine(n)
        # What expired is over already; withdrawing twice gives the same entry.
        if record.state is not GrantState.EXPIRED:
            deps.grants.withdraw(record.grant_id, record.person_id)
        return redirect(f"/grants/{n}", 303)

    def _mine(n: int) -> GrantRecord:
        for record in deps.grants.of_person(pages.person_id()):
            if record.n == n:
                return record
        raise NotFound

    def _proof(record: GrantRecord) -> str | None:
        """Return the text of part A's QR code; None once the grant has ended."""
        if record.state is not GrantState.LIVE or record.index is None:
            return None
        logged = deps.log.prove(record.index)
        made = make_receipt(
            record,
            origin=deps.log.origin,
            entry=logged.entry,
            proof=logged.proof,
            agencies=deps.policy.catalogue.agencies,
        )
        return made.proof


def by_agency(items: Sequence[Item], policy: Policy) -> dict[Words, list[ItemWords]]:
    """Return items in words by agency, agencies in the order of their first item."""
    groups: dict[Words, list[ItemWords]] = {}
    for item in items:
        agency = policy.catalogue.agencies.get(item.agency)
        name = _id_words(item.agency) if agency is None else agency.name
        groups.setdefault(name, []).append(item_words(item, policy))
    return groups


def item_words(item: Item, policy: Policy) -> ItemWords:
    """Return an item in words; one that the policy no longer knows stays as its id."""
    question = policy.catalogue.find(item.agency, item.question)
    return ItemWords(
        question=_id_words(item.question) if question is None else question.words(item.params),
        not_shared=None if question is None else question.not_shared,
    )


def _programme(record: GrantRecord, policy: Policy) -> Words:
    found = policy.programmes.get(record.programme)
    return _id_words(record.programme) if found is None else found.name


def _purpose(record: GrantRecord, policy: Policy) -> Words:
    found = policy.purposes.get(record.purpose)
    return _id_words(record.purpose) if found is None else found.text


def _id_words(id_: str) -> Words:
    return Words(id_, id_)
