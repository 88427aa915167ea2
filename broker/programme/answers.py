"""What came back from the agencies: every check on it, and only then the answers.

Pure. The broker, which carried it, is not believed. An answer that fails any check counts as
unknown, which leads to a person and never against the applicant, and is reported as a fault:
somebody has tampered, or a program is broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from audit.checkpoint import open_checkpoint
from audit.errors import AuditError
from audit.merkle import check_inclusion
from audit.note import Verifier
from audit.proof import parse_proof
from broker.asked import ID
from broker.envelope import Opened, open_message, parse_message
from broker.errors import MessageError
from broker.programme.errors import ProgrammeError
from broker.question import AnswerPayload, Asked, check_answer
from keys import base64url
from keys.sealing import PrivateKey
from keys.signing import VerifyKey
from policies.ask import Item
from policies.eligibility import Answer, AnswerKey, answer_key

FAULTS: Final = {
    "agency_not_asked": "an agency that was not asked, or a second answer of one that was",
    "item_unreadable": "what the broker says of the agency cannot be read",
    "agency_unknown": "the trust file has no root key of the agency",
    "answer_not_genuine": "the sealed answer is not the agency's, not to us, or not in time",
    "answer_unproven": "the access is not proven to be in the log",
    "answer_of_another": "the answer is to another request, person, access or question",
    "answer_repeated": "the answer, or its access, stands twice",
}
"""Why an answer is not believed, by id."""

STATUSES: Final = frozenset({"answered", "refused", "pending", "unavailable"})


class _FaultError(ProgrammeError):
    """One answer is not believed. `reason`: a key of FAULTS."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or FAULTS[reason])
        self.reason = reason


@dataclass(frozen=True)
class Wanted:
    """What one verification was about. items: exactly what was asked, all of them granted."""

    programme: str
    request_id: str
    subject: str = field(repr=False)
    items: tuple[Item, ...]

    def asked(self, agency: str) -> tuple[Asked, ...]:
        """Return the questions to one agency."""
        return tuple(
            Asked(item.question, dict(item.params)) for item in self.items if item.agency == agency
        )


@dataclass(frozen=True)
class Believed:
    """What an answer is checked against; all of it from the trust file and our own keyring."""

    log: Verifier
    agencies: Mapping[str, VerifyKey]
    answer_key: PrivateKey = field(repr=False)


@dataclass(frozen=True)
class AgencyReply:
    """What one agency's access came to.

    status: as the broker says, `faulty` where a check failed, `missing` where the broker says
    nothing. reason: an id. index: of the access's entry, proven where status is `answered`.
    """

    agency: str
    status: str
    reason: str | None = None
    index: int | None = None
    answers: Mapping[AnswerKey, Answer] = field(default_factory=dict, repr=False)
    as_of: str | None = None


@dataclass(frozen=True)
class Fault:
    """Something to report. detail: which check, never what an answer said."""

    agency: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Reading:
    """All of one verification: one reply for each agency asked, in the order of their ids."""

    replies: tuple[AgencyReply, ...]
    faults: tuple[Fault, ...]

    @property
    def answers(self) -> dict[AnswerKey, Answer]:
        """Every answer that passed every check; what is not here is unknown."""
        return {key: answer for reply in self.replies for key, answer in reply.answers.items()}

    @property
    def accesses(self) -> list[int]:
        """The proven indexes of the accesses that were answered, rising."""
        return sorted(
            reply.index
            for reply in self.replies
            if reply.status == "answered" and reply.index is not None
        )


@dataclass(frozen=True)
class _Genuine:
    """One answer that passed the checks that need no other answer."""

    reply: AgencyReply
    once: frozenset[tuple[str, object]]
    """What no two answers of a verification may share."""


def read_answers(items: Sequence[Any], wanted: Wanted, believed: Believed, *, at: int) -> Reading:
    """Return what the items of a verification are worth. at: Unix seconds, of receipt."""
    asked = sorted({item.agency for item in wanted.items})
    found: dict[str, _Genuine] = {}
    faults: list[Fault] = []
    spoilt: set[str] = set()
    for item in items:
        name = item.get("agency") if isinstance(item, dict) else None
        agency = name if isinstance(name, str) and ID.fullmatch(name) else "unknown"
        try:
            # 1. One item, about an agency that was asked. Of two that differ, neither is right.
            if agency not in asked or agency in found or agency in spoilt:
                raise _FaultError("agency_not_asked")
            found[agency] = _read(item, agency, wanted, believed, at=at)
        except _FaultError as error:
            spoilt.add(agency)
            faults.append(Fault(agency, error.reason, str(error)))
    # 6. No message, question, commitment or access stands for two agencies.
    for agency in sorted(found):
        others = [found[other].once for other in found if other != agency]
        if agency not in spoilt and any(found[agency].once & once for once in others):
            faults.append(Fault(agency, "answer_repeated", FAULTS["answer_repeated"]))
    wrong = {fault.agency: fault.reason for fault in reversed(faults)}
    return Reading(
        tuple(_reply(agency, found, wrong) for agency in asked),
        tuple(faults),
    )


def _reply(agency: str, found: Mapping[str, _Genuine], wrong: Mapping[str, str]) -> AgencyReply:
    if agency in wrong:
        return AgencyReply(agency, "faulty", wrong[agency])
    if agency in found:
        return found[agency].reply
    return AgencyReply(agency, "missing", "agency_missing")


def _read(
    item: Mapping[str, Any], agency: str, wanted: Wanted, believed: Believed, *, at: int
) -> _Genuine:
    status, reason, index = item.get("status"), item.get("reason"), item.get("entry")
    if not isinstance(status, str) or status not in STATUSES:
        raise _FaultError("item_unreadable")
    if reason is not None and not (isinstance(reason, str) and ID.fullmatch(reason)):
        raise _FaultError("item_unreadable")
    if index is not None and (not isinstance(index, int) or isinstance(index, bool) or index < 0):
        raise _FaultError("item_unreadable")
    if status != "answered":
        return _Genuine(AgencyReply(agency, status, reason, index), frozenset())
    root = believed.agencies.get(agency)
    if root is None:
        raise _FaultError("agency_unknown")
    # 2. Sealed to us, signed by a key that this agency's root vouches for, in time. `held`: slow
    # agencies' answers wait at the broker until we ask for them.
    try:
        opened = open_message(
            parse_message(item.get("answer")),
            kind="answer",
            recipient=believed.answer_key,
            sender_root=root,
            sender=agency,
            audience=wanted.programme,
            at=at,
            held=True,
        )
        answer = AnswerPayload.from_members(dict(opened.payload))
    except MessageError as error:
        raise _FaultError("answer_not_genuine", str(error)) from None
    # 3. The entry that the agency verified is in the log: the proof is checked against the leaf
    # hash inside the seal, which the broker cannot choose.
    _check_access(item.get("proof"), index, answer.entry, believed.log)
    # 4. The answer is to this request, about this person, to exactly these questions.
    try:
        check_answer(
            answer,
            questions=wanted.asked(agency),
            request_id=wanted.request_id,
            subject=wanted.subject,
            entry=answer.entry,
        )
    except MessageError as error:
        raise _FaultError("answer_of_another", str(error)) from None
    # 5. Its answers, by the key under which the formula looks them up.
    answers = {
        answer_key(agency, each.question, dict(each.params)): each.answer for each in answer.answers
    }
    return _Genuine(
        AgencyReply(agency, "answered", None, index, answers, answer.as_of),
        _once(opened, index, answer.entry),
    )


def _check_access(proof: object, index: int | None, leaf: str, log: Verifier) -> None:
    if not isinstance(proof, str) or index is None:
        raise _FaultError("answer_unproven")
    try:
        said = parse_proof(proof)
        if said.index != index:
            raise _FaultError("answer_unproven", "the proof is of another entry")
        checkpoint = open_checkpoint(said.checkpoint, log)
        check_inclusion(
            said.hashes, said.index, checkpoint.size, base64url.decode(leaf), checkpoint.root
        )
    except AuditError as error:
        raise _FaultError("answer_unproven", str(error)) from None


def _once(opened: Opened, index: int | None, leaf: str) -> frozenset[tuple[str, object]]:
    # The question's own jti and the grant are not known here, so `rj` and `cid` cannot be
    # computed again; but each question has its own, so none may come back twice.
    cb = opened.cb
    return frozenset({("rj", cb.rj), ("cid", cb.cid), ("index", index), ("leaf", leaf)})
