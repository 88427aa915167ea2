"""The checks that a question must pass, numbered; those of this file are pure.

 1. readable      the message opens: signed by the broker, sealed to us, for us, in time
 2. fresh         the quorum cosigned the log at most 10 minutes ago, the broker the question
 3. proven        access and grant are proven to be entries of the broker's log
 4. anchored      both proofs stand in the one history that we know        (checkpoints.py)
 5. logged        the access's entry is this question and no other
 6. bound         the grant's entry covers this part, and the part this person
 7. traced        the person's trace key finds the entry
 8. allowed       the person allowed these questions, these values, until today
 9. evident       the grant's evidence is as strong as every question asks for
10. vouched       the programme's root key vouches for the answer key
11. live          the log holds no withdrawal of the grant                (withdrawals.py)
12. first         neither message nor entry was used before               (ledger.py, asked.py)
13. pinned        trace share, pseudonym and passkey are this person's    (ledger.py, pins.py)
14. seldom enough the person's frequency is not spent                     (ledger.py, asked.py)
15. few values    at most two values of a question in 12 months           (ledger.py, asked.py)

Each check returns a frozen value that the later ones ask for, and `passed.Checked` holds one of
each: leaving out a check does not type-check. Steps 1 to 4 come before all that depends on the
person, so that who cannot show a signed question and its proof learns nothing about anybody.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from audit.canonical import encode
from audit.entry import parse_entry
from audit.errors import AuditError
from audit.note import Verifier, open_note
from audit.proof import check_proof, parse_proof
from audit.quorum import NONE, WitnessPolicy
from audit.trace import (
    TAGS_A_DAY,
    given_commitment,
    share_commitment,
    tag,
    withdrawn_commitment,
)
from broker.asked import asked_members
from broker.binding import grant_commitment
from broker.envelope import Message, open_message
from broker.errors import MessageError
from broker.gateway.closings import check_closings, prove_closings
from broker.gateway.errors import GatewayRefusal
from broker.gateway.passed import (
    Allowed,
    Anchored,
    Bound,
    Evident,
    Fresh,
    InLog,
    LoggedQuestion,
    Proven,
    Read,
    Traced,
    Vouched,
)
from broker.question import QuestionPayload
from consent.errors import ConsentError
from consent.evidence import Believed, challenge, check_evidence
from consent.parts import open_part, part_digest, person_binding
from keys.errors import KeysError
from keys.profiles import read_public_key
from keys.sealing import PrivateKey
from keys.statements import check_statement
from keys.trust import TrustFile
from policies.catalogue import Catalogue, evidence_suffices, validate_asked

FRESH_SECONDS: Final = 600
ENTRY_AGE: Final = timedelta(hours=24)
_AN_HOUR: Final = timedelta(hours=1)
_AHEAD: Final = timedelta(seconds=10)


def read(
    message: Message, *, agency: str, recipient: PrivateKey, trust: TrustFile, at: int
) -> Read:
    """Step 1: open the message. Raises GatewayRefusal: unreadable.

    One reason for everything: who cannot sign as the broker is not told how far a guess got.
    """
    try:
        opened = open_message(
            message,
            kind="question",
            recipient=recipient,
            sender_root=trust.broker.root,
            sender=trust.broker.origin,
            audience=agency,
            at=at,
        )
        return Read(QuestionPayload.from_members(opened.payload), opened.cb)
    except MessageError:
        raise GatewayRefusal("unreadable") from None


def check_fresh(question: Read, *, log: Verifier, witnesses: WitnessPolicy, at: int) -> Fresh:
    """Step 2: the quorum has cosigned the log that the question shows, at most 10 minutes ago.

    As long as the trust file names no witness, the broker's own clock in the signed question is
    all there is. Raises GatewayRefusal: stale_checkpoint, not_witnessed.
    """
    if question.cb.iat < at - FRESH_SECONDS:
        raise GatewayRefusal("stale_checkpoint")
    if witnesses.quorum == NONE:
        return Fresh(question)
    try:
        note = parse_proof(question.payload.access_proof).checkpoint
        signatures = open_note(note, [log, *witnesses.verifiers]).signatures
    except AuditError:
        raise GatewayRefusal("not_witnessed") from None
    if not witnesses.is_met(signatures, at=at, within_seconds=FRESH_SECONDS):
        raise GatewayRefusal("not_witnessed")
    return Fresh(question)


def check_proofs(fresh: Fresh, verifier: Verifier) -> Proven:
    """Step 3: all entries are in trees that the log signed; the grant came before the access.

    Raises GatewayRefusal: no_proof, grant_not_in_log.
    """
    payload, cb = fresh.read.payload, fresh.read.cb
    access = _in_log(payload.access_entry, payload.access_proof, verifier, "no_proof")
    # The proof must be of the checkpoint that the outside of the message names: that is what a
    # bridge or an auditor sees of it.
    if (access.checkpoint.size, access.checkpoint.root) != (cb.ckpt.size, cb.ckpt.root):
        raise GatewayRefusal("no_proof")
    grant = _in_log(payload.grant_entry, payload.grant_proof, verifier, "grant_not_in_log")
    if grant.entry.kind != "grant.given" or grant.index >= access.index:
        raise GatewayRefusal("grant_not_in_log")
    closings = prove_closings(
        payload.closed, lambda entry, proof: _in_log(entry, proof, verifier, "no_proof")
    )
    return Proven(fresh, access, grant, closings)


def check_logged_question(anchored: Anchored, *, agency: str, at: datetime) -> LoggedQuestion:
    """Step 5: the access's entry says what the question says, and is at most 24 hours old.

    Raises GatewayRefusal: not_the_logged_question, access_too_old.
    """
    proven = anchored.proven
    payload, entry = proven.fresh.read.payload, proven.access.entry
    said = entry.members
    if entry.kind != "access.sent":
        raise GatewayRefusal("not_the_logged_question")
    wanted: Mapping[str, object] = {
        "agency": agency,
        "programme": payload.programme,
        "purpose": payload.purpose,
        "questions": sorted(asked.question for asked in payload.questions),
        # `q` commits to the parameters, the person's grant and her pseudonym as well.
        "q": payload.commitment(agency=agency).hex(),
    }
    if any(said[name] != value for name, value in wanted.items()):
        raise GatewayRefusal("not_the_logged_question")
    # `at` is cut to the hour, so an entry of 24 hours ago may show nearly 25.
    if not entry.at - _AHEAD <= at < entry.at + _AN_HOUR + ENTRY_AGE:
        raise GatewayRefusal("access_too_old")
    return LoggedQuestion(
        proven.fresh.read,
        proven.access,
        proven.grant,
        proven.closings,
        q=bytes.fromhex(str(said["q"])),
        tag=bytes.fromhex(str(said["tag"])),
    )


def check_binding(question: LoggedQuestion, *, agency: str, trust: TrustFile) -> Bound:
    """Step 6: the logged grant is this `gid`'s, covers the part, and the part is this person's.

    Raises GatewayRefusal: grant_not_bound.
    """
    payload, cb = question.read.payload, question.read.cb
    said = question.grant.entry.members
    try:
        part = open_part(payload.part, trust.broker.consent_keys)
        over = challenge(
            str(said["g"]), _traces(question), (part_digest(payload.part), *payload.others)
        )
    except ConsentError:
        raise GatewayRefusal("grant_not_bound") from None
    holds = (
        said["g"] == given_commitment(payload.gid).hex()
        and cb.cid == grant_commitment(cb.jti, payload.gid)
        and said["programme"] == part.programme == payload.programme
        and said["purpose"] == part.purpose == payload.purpose
        and part.agency == agency
        and part.subject == payload.subject
        and hmac.compare_digest(part.sub, person_binding(payload.gid, payload.nik))
        # The entry commits to every part through the challenge: a part signed later is not in it.
        and said["challenge"] == over.hex()
    )
    if not holds:
        raise GatewayRefusal("grant_not_bound")
    return Bound(question, part, over, withdrawn_commitment(payload.gid))


def check_trace(bound: Bound, *, agency: str) -> Traced:
    """Step 7: the grant commits to this share, and the share makes the entry's tag of its day.

    Raises GatewayRefusal: trace_not_committed, tag_wrong, trace_changed.
    """
    question = bound.question
    payload = question.read.payload
    if share_commitment(payload.gid, payload.share, agency).hex() not in _traces(question):
        raise GatewayRefusal("trace_not_committed")
    day = question.access.entry.at.date()
    if question.tag not in [tag(payload.share, day, k) for k in range(TAGS_A_DAY)]:
        raise GatewayRefusal("tag_wrong")
    closed = check_closings(question.closings, agency=agency, before=question.grant.index)
    return Traced(payload.share, closed)


def check_allowed(bound: Bound, *, catalogue: Catalogue, at: datetime) -> Allowed:
    """Step 8: each question, with its value, is in the catalogue and in the person's part.

    Raises GatewayRefusal: grant_expired, question_not_granted.
    """
    part, payload = bound.part, bound.question.read.payload
    if at.astimezone(UTC).date() > part.valid_until:
        raise GatewayRefusal("grant_expired")
    # Compared as bytes: in Python True == 1 and 1 == 1.0.
    granted = {encode(asked_members(item.question, item.params)) for item in part.questions}
    for asked in payload.questions:
        if validate_asked(catalogue, part.agency, asked.question, asked.params):
            raise GatewayRefusal("question_not_granted")
        if encode(asked_members(asked.question, asked.params)) not in granted:
            raise GatewayRefusal("question_not_granted")
    return Allowed(part)


def check_strength(
    bound: Bound, *, catalogue: Catalogue, least: Mapping[str, str], trust: TrustFile
) -> Evident:
    """Step 9: the evidence is over the grant's challenge and strong enough for every question.

    least: question -> kind of evidence, where the agency asks for more than the catalogue.
    Raises GatewayRefusal: evidence_too_weak.
    """
    payload = bound.question.read.payload
    try:
        shown = check_evidence(
            payload.evidence,
            bound.challenge,
            believed=Believed(trust.broker.consent_keys, trust.passkeys, trust.logins),
            nik=payload.nik,
            given_hour=int(bound.question.grant.entry.at.timestamp()),
        )
    except ConsentError:
        raise GatewayRefusal("evidence_too_weak") from None
    for asked in payload.questions:
        known = catalogue.find(bound.part.agency, asked.question)
        # The agency may ask for more than the catalogue, never for less.
        if known is None or not evidence_suffices(shown.kind, known.least_evidence):
            raise GatewayRefusal("evidence_too_weak")
        if asked.question in least and not evidence_suffices(shown.kind, least[asked.question]):
            raise GatewayRefusal("evidence_too_weak")
    return Evident(shown.kind, shown.credential)


def check_answer_key(bound: Bound, *, trust: TrustFile, at: int) -> Vouched:
    """Step 10: the programme's root, from the trust file, vouches for the answer key now.

    Without it the broker could name a key of its own and read every answer.
    Raises GatewayRefusal: answer_key_unvouched.
    """
    payload = bound.question.read.payload
    root = trust.programmes.get(payload.programme)
    if root is None:
        raise GatewayRefusal("answer_key_unvouched")
    try:
        key = read_public_key(payload.answer_key)
        check_statement(
            payload.answer_key_statement,
            root,
            owner=payload.programme,
            use="answer",
            thumbprint=key.thumbprint,
            at=at,
        )
    except KeysError:
        raise GatewayRefusal("answer_key_unvouched") from None
    return Vouched(key)


def _in_log(text: str, proof: str, verifier: Verifier, reason: str) -> InLog:
    try:
        entry = parse_entry(text.encode())
        index, checkpoint = check_proof(proof, entry.raw, verifier)
        return InLog(entry, index, checkpoint, parse_proof(proof).checkpoint)
    except AuditError:
        raise GatewayRefusal(reason) from None


def _traces(question: LoggedQuestion) -> Collection[str]:
    traces = question.grant.entry.members["traces"]
    return [str(trace) for trace in traces] if isinstance(traces, list) else []
