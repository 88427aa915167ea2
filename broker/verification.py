"""One verification from request to result: steps 3 to 8 of a request's path, in their order.

The file to read first. It decides nothing itself: `policies` permits, `accesses` logs, `dispatch`
seals and carries, `outcomes` records; here stands only who comes after whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx2
import orjson

from audit.errors import WithdrawnError
from audit.log import Log
from audit.trace import gid as grant_gid
from audit.trace import share
from broker.accesses import LoggedAccess, log_accesses, prepare
from broker.agencies import Agencies
from broker.dispatch import Answered, Failed, Reply, Sender, seal_question, send, send_all
from broker.keybook import KeyBook
from broker.outcomes import Outcomes, RefusedAccess
from broker.problems import Problem
from broker.programmes import Programmes
from broker.question import QuestionPayload
from broker.requests import Verification, VerificationRequest, Verifications
from consent.grants import GrantRecord, view
from consent.openings import Openings
from consent.parts import part_digest
from consent.persons import Clock, Person, Persons
from consent.service import Grants
from consent.tagging import TagBook
from consent.tokens import AccessToken
from keys import base64url
from keys.errors import KeysError
from keys.kek import RandomBytes
from keys.statements import check_statement
from keys.xwing import PublicSealingKey
from policies.ask import Ask, Item
from policies.catalogue import validate_asked
from policies.decide import Permit, Refusal, decide
from policies.policy import Policy


@dataclass(frozen=True)
class Asking:
    """What a verification needs; put together once, in `broker.wiring`."""

    issuer: str
    log: Log
    policy: Policy
    grants: Grants
    persons: Persons
    programmes: Programmes
    keybook: KeyBook
    tags: TagBook
    openings: Openings
    outcomes: Outcomes
    verifications: Verifications
    agencies: Agencies
    sender: Sender
    http: httpx2.Client = field(repr=False)
    pool: ThreadPoolExecutor = field(repr=False)
    deadline_seconds: int
    clock: Clock
    random: RandomBytes


def verify(parts: Asking, token: AccessToken, request: VerificationRequest) -> Verification:
    """Ask everything that `request` names and the grant allows, and return the sealed answers.

    Raises Problem: no live grant, or a request_id that stands for another request.
    """
    at = parts.clock()
    _check_known(parts.policy, request)
    grant = _grant(parts, token, request)
    _carry_statement(parts, grant, request)
    person = parts.persons.open(grant.person_id)
    verification_id = base64url.encode(parts.random(16))
    earlier = parts.verifications.begin(
        request, grant, verification_id=verification_id, client_id=token.client_id, at=at
    )
    if earlier is not None:
        return earlier

    # 4. Policy decides, agency by agency.
    seen = view(grant, uses=parts.verifications.uses(grant, at=at))
    asks = _asks(grant, person, request)
    decisions = [decide(ask, seen, parts.policy, at=at) for ask in asks]
    permits = [each for each in decisions if isinstance(each, Permit)]
    refused = [
        _refused(grant, ask, each.reason_ids)
        for ask, each in zip(asks, decisions, strict=True)
        if isinstance(each, Refusal)
    ]

    # 5. Log first. A withdrawal that came in between turns every permit into a refusal.
    gid = grant_gid(person.trace_key, grant.n)
    prepared = [
        prepare(
            permit,
            grant=grant,
            gid=gid,
            request_id=request.request_id,
            policy_digest=parts.policy.digest,
            random=parts.random,
        )
        for permit in permits
    ]
    accesses: list[LoggedAccess] = []
    if prepared:
        parts.verifications.prepared(verification_id, grant, prepared, at=at)
        try:
            accesses = log_accesses(
                prepared,
                grant=grant,
                person=person,
                log=parts.log,
                tags=parts.tags,
                openings=parts.openings,
                clock=parts.clock,
            )
        except WithdrawnError:
            parts.verifications.forget(prepared)
            refused += [_refused(grant, each.permit.ask, ["grant_live"]) for each in prepared]
    items = _record_refusals(parts, refused)
    if not accesses:
        parts.verifications.finish(verification_id, items, outcomes={})
        raise _not_permitted(items)

    # 6 and 7. Seal, send, and wait for all agencies under one deadline.
    replies = send_all(
        [partial(_ask_agency, parts, grant, person, gid, request, each) for each in accesses],
        pool=parts.pool,
        deadline_seconds=parts.deadline_seconds,
    )

    # 8. Record what came of each, then hand over.
    parts.outcomes.came_of(person.id, accesses, replies)
    items += [_item(access, reply) for access, reply in zip(accesses, replies, strict=True)]
    return parts.verifications.finish(
        verification_id,
        sorted(items, key=lambda item: str(item["agency"])),
        outcomes={
            access.prepared.question_id: (
                access.logged.index,
                "answered" if isinstance(reply, Answered) else "failed",
            )
            for access, reply in zip(accesses, replies, strict=True)
        },
    )


def settle_interrupted(parts: Asking) -> int:
    """Close what a crash left open, and return how many accesses that were; called at start.

    An access whose entry is in the log gets its `access.failed`; one that never reached the log
    was never asked, and goes.
    """
    rows = parts.verifications.unfinished()
    for row in rows:
        index = parts.log.find_mark(row.q)
        if index is not None:
            # Entry first: a crash between these lines writes a second one at the next start,
            # which is untidy; the reverse would leave an access without an outcome for ever.
            parts.outcomes.interrupted(
                row.person_id,
                programme=row.programme,
                purpose=row.purpose,
                agency=row.agency,
                questions=orjson.loads(row.questions),
            )
        parts.verifications.interrupted(row, index=index)
    return len(rows)


def _check_known(policy: Policy, request: VerificationRequest) -> None:
    """Raise a Problem at the first item that the catalogue does not have.

    Names that we did not make must not reach the log: a programme could write a NIK into one.
    """
    for number, item in enumerate(request.questions or ()):
        for fault in validate_asked(policy.catalogue, item.agency, item.question, item.params):
            member = f"questions[{number}].{fault.member}"
            raise Problem("malformed", f"{member} {fault.reason}", {"member": member})


def _grant(parts: Asking, token: AccessToken, request: VerificationRequest) -> GrantRecord:
    """Return the token's grant, if it is the one that the request names."""
    grant = parts.grants.find(request.grant_id)
    if grant is not None and token.grant_id == request.grant_id:
        return grant
    # Whoever names another's grant has tried to reach that person: she is to see it.
    tried = RefusedAccess(
        person_id=None if grant is None else grant.person_id,
        programme=parts.grants.programme_of(token.client_id),
        purpose="unknown" if grant is None else grant.purpose,
        agency="izin",
        questions=(),
        reasons=("grant_live",) if grant is None else ("grant_of_another_token",),
    )
    items = _record_refusals(parts, [tried])
    raise _not_permitted(items)


def _carry_statement(parts: Asking, grant: GrantRecord, request: VerificationRequest) -> None:
    """Raise a Problem unless the programme's root vouches for the answer key; log it once.

    The agencies check it again under their own copy of the root: this early look only spares the
    programme a round of refusals.
    """
    root = parts.programmes.roots().get(grant.programme)
    if root is None:
        raise Problem("malformed", "no root key of this programme is registered here")
    at = int(parts.clock().timestamp())
    try:
        key = PublicSealingKey.from_jwk(request.answer_key)
        check_statement(
            request.answer_key_statement,
            root,
            owner=grant.programme,
            use="answer",
            thumbprint=key.thumbprint,
            at=at,
        )
    except KeysError as error:
        raise Problem(
            "malformed", f"answer_key: {error}", {"member": "answer_key_statement"}
        ) from error
    parts.keybook.note(request.answer_key_statement, root)


def _asks(grant: GrantRecord, person: Person, request: VerificationRequest) -> list[Ask]:
    """Return what is to be asked, one Ask per agency, in the order of their ids."""
    items = grant.granted if request.questions is None else request.questions
    by_agency: dict[str, list[Item]] = {}
    for item in items:
        by_agency.setdefault(item.agency, []).append(item)
    return [
        Ask(grant.programme, grant.purpose, agency, tuple(by_agency[agency]), person.village)
        for agency in sorted(by_agency)
    ]


def _ask_agency(
    parts: Asking,
    grant: GrantRecord,
    person: Person,
    gid: bytes,
    request: VerificationRequest,
    access: LoggedAccess,
) -> Reply:
    route = parts.agencies.routes().get(access.prepared.agency)
    if route is None:
        return Failed("agency_unknown")
    payload = _payload(parts, grant, person, gid, request, access)
    sealed = seal_question(
        access,
        payload,
        gid=gid,
        route=route,
        sender=parts.sender,
        jti=base64url.encode(parts.random(16)),
        at=int(parts.clock().timestamp()),
        randomness=parts.random,
    )
    withdrawn = bytes.fromhex(grant.w)
    return send(
        sealed,
        access,
        route=route,
        http=parts.http,
        still_allowed=lambda: parts.log.find_mark(withdrawn) is None,
        timeout_seconds=parts.deadline_seconds,
        clock=parts.clock,
    )


def _payload(
    parts: Asking,
    grant: GrantRecord,
    person: Person,
    gid: bytes,
    request: VerificationRequest,
    access: LoggedAccess,
) -> QuestionPayload:
    agency = access.prepared.agency
    assert grant.index is not None  # noqa: S101 - decide() permits live grants only
    given = parts.log.prove(grant.index)
    return QuestionPayload(
        question_id=access.prepared.question_id,
        nik=person.nik,
        gid=gid,
        share=share(person.trace_key, agency),
        salt=access.prepared.salt,
        request_id=request.request_id,
        subject=grant.subject,
        programme=grant.programme,
        purpose=grant.purpose,
        questions=access.prepared.asked,
        grant_entry=given.entry.decode(),
        grant_proof=given.proof,
        access_entry=access.logged.entry.decode(),
        access_proof=access.logged.proof,
        part=grant.parts[agency],
        others=tuple(
            sorted(part_digest(part) for name, part in grant.parts.items() if name != agency)
        ),
        evidence=dict(grant.evidence),
        answer_key=dict(request.answer_key),
        answer_key_statement=request.answer_key_statement,
    )


def _refused(grant: GrantRecord, ask: Ask, reasons: Sequence[str]) -> RefusedAccess:
    return RefusedAccess(
        person_id=grant.person_id,
        programme=ask.programme,
        purpose=ask.purpose,
        agency=ask.agency,
        questions=tuple(item.question for item in ask.items),
        reasons=tuple(reasons),
        opening={"grant_id": grant.grant_id, "g": grant.g},
    )


def _record_refusals(parts: Asking, refused: Sequence[RefusedAccess]) -> list[dict[str, Any]]:
    if not refused:
        return []
    appended = parts.outcomes.refused(refused)
    return [
        {
            "agency": each.agency,
            "status": "refused",
            "reason": each.reasons[0],
            "reasons": list(each.reasons),
            "entry": logged.index,
            "proof": logged.proof,
        }
        for each, logged in zip(refused, appended.entries, strict=True)
    ]


def _not_permitted(items: Sequence[Mapping[str, Any]]) -> Problem:
    reasons = sorted({reason for item in items for reason in item["reasons"]})
    name = (
        "grant-not-live"
        if any(reason.startswith("grant") for reason in reasons)
        else ("not-permitted")
    )
    return Problem(
        name,
        "nothing was asked; each refusal stands in the log, where the person sees it",
        {"reasons": reasons, "items": list(items)},
    )


def _item(access: LoggedAccess, reply: Reply) -> dict[str, Any]:
    item: dict[str, Any] = {
        "agency": access.prepared.agency,
        "entry": access.logged.index,
        "proof": access.logged.proof,
    }
    if isinstance(reply, Answered):
        return {**item, "status": "answered", "answer": reply.message.members()}
    status = "refused" if reply.refused else "unavailable"
    return {**item, "status": status, "reason": reply.reason}
