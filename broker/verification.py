"""One verification from request to result: steps 3 to 8 of a request's path, in their order.

The file to read first. It decides nothing itself: `policies` permits, `accesses` logs, `dispatch`
seals and carries, `outcomes` records; here stands only who comes after whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import orjson

from audit.errors import LogUnavailableError, WithdrawnError
from audit.trace import gid as grant_gid
from audit.trace import share
from broker.accesses import LoggedAccess, PreparedAccess, log_accesses, prepare, proven_anew
from broker.admission import admit, not_permitted, record_refusals
from broker.asking import Asking
from broker.closing import Closing, fitting
from broker.delivery import deliverable
from broker.dispatch import Answered, Failed, Reply, seal_question, send, send_all
from broker.outcomes import RefusedAccess
from broker.question import QuestionPayload
from broker.requests import Verification, VerificationRequest
from consent.grants import GrantRecord, view
from consent.kept_evidence import open_kept
from consent.parts import part_digest
from consent.persons import Person
from consent.tokens import AccessToken
from consent.trace_keys import OldShare
from keys import base64url
from policies.ask import Ask, Item
from policies.decide import Permit, Refusal, decide


def verify(parts: Asking, token: AccessToken, request: VerificationRequest) -> Verification:
    """Ask everything that `request` names and the grant allows, and return the sealed answers.

    Raises Problem: no live grant, or a request_id that stands for another request.
    """
    at = parts.clock()
    grant = admit(parts, token, request, at=at)
    person = parts.persons.open(grant.person_id)
    verification_id = base64url.encode(parts.random(16))
    earlier = parts.verifications.begin(
        request, grant, verification_id=verification_id, client_id=token.client_id, at=at
    )
    if earlier is not None:
        return deliverable(earlier, grants=parts.grants, log=parts.log)

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
        except LogUnavailableError:
            # No entry, no question. Were one committed all the same, `settle_interrupted` finds
            # it by its mark at the next start and closes it.
            parts.verifications.finish(
                verification_id, [_unlogged(each) for each in prepared], outcomes={}
            )
            raise
    items = record_refusals(parts, token.client_id, refused)
    if not accesses:
        parts.verifications.finish(verification_id, items, outcomes={})
        raise not_permitted(items)

    # 6 and 7. Seal, send, and wait for all agencies under one deadline.
    asked = [access.prepared.agency for access in accesses]
    old_shares = parts.trace_keys.old_shares(person, asked)
    replies = send_all(
        [
            partial(
                _ask_agency,
                parts,
                grant,
                person,
                gid,
                request,
                each,
                old_shares.get(each.prepared.agency, []),
            )
            for each in accesses
        ],
        pool=parts.pool,
        deadline_seconds=parts.deadline_seconds,
    )

    # 8. Record what came of each, then hand over.
    try:
        parts.outcomes.came_of(person, accesses, replies, unless=[bytes.fromhex(grant.w)])
    except WithdrawnError:
        # She withdrew while agencies were answering: what they said is handed to nobody. The log
        # itself decides, so that no answer is on record, or delivered, after her withdrawal.
        late = Failed("grant_withdrawn", refused=True)
        replies = [late if isinstance(reply, Answered) else reply for reply in replies]
        parts.outcomes.came_of(person, accesses, replies)
    if old_shares:
        pairs = zip(asked, replies, strict=True)
        answered = [agency for agency, reply in pairs if isinstance(reply, Answered)]
        parts.trace_keys.settle(person.id, answered)
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
    old_shares: Sequence[OldShare],
) -> Reply:
    route = parts.agencies.routes().get(access.prepared.agency)
    if route is None:
        return Failed("agency_unknown")
    try:
        access = proven_anew(access, parts.witnessing)
        payload = _payload(parts, grant, person, gid, request, access, old_shares)
    except LogUnavailableError:
        return Failed("log_unavailable")
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
    old_shares: Sequence[OldShare],
) -> QuestionPayload:
    agency = access.prepared.agency
    assert grant.index is not None  # noqa: S101 - decide() permits live grants only
    given = parts.witnessing.prove(grant.index).logged
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
        evidence={
            **open_kept(grant.evidence, person_key=person.person_key, grant_id=grant.grant_id)
        },
        answer_key=dict(request.answer_key),
        answer_key_statement=request.answer_key_statement,
        closed=fitting([_closing(parts, each) for each in old_shares]),
    )


def _closing(parts: Asking, old: OldShare) -> Closing:
    logged = parts.witnessing.prove(old.closing).logged
    return Closing(logged.entry.decode(), logged.proof, old.share)


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


def _unlogged(access: PreparedAccess) -> dict[str, Any]:
    return {"agency": access.agency, "status": "unavailable", "reason": "log_unavailable"}


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
