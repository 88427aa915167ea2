"""What is inside the seal: the payload of a question and the payload of an answer.

Parse, write and commit to them; whether a question may be asked or its proofs hold is decided
elsewhere. Nothing here shows in a repr: these are the only objects that hold a NIK, an answer or
a secret of a grant in clear. This file must not seal, log or store anything.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from audit import canonical
from audit.canonical import Json
from audit.errors import AuditError
from broker.asked import (
    ID,
    MAX_QUESTIONS,
    asked_members,
    check_order,
    question_members,
    read_params,
    read_questions,
)
from broker.asked import Asked as Asked
from broker.binding import IDENTITY, read_id
from broker.closing import Closing, closing_members, read_closings
from broker.errors import MessageError
from broker.members import (
    read_binary,
    read_list,
    read_matching,
    read_object,
    read_text,
)
from keys import base64url
from keys.errors import KeysError
from keys.profiles import read_public_key

Answer = Literal["yes", "no", "unknown"]

MAX_OTHERS: Final = 64
_Q = b"izin/v1/question/"
_TEXT = 16_384  # no member is longer than the payload

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")
_NIK = re.compile(r"[0-9]{16}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class Answered:
    """One question as asked, and what the agency says to it."""

    question: str
    params: Mapping[str, int | str]
    answer: Answer


@dataclass(frozen=True, slots=True, repr=False)
class QuestionPayload:
    """What an agency gets to see of one access.

    gid, share, salt: 32 bytes each. questions: at most three, each id once. grant_entry and
    access_entry: the log's entries as text; the proofs: C2SP tlog-proof text. part: the JWS of
    this agency's part; others: the hex digests of the other agencies' parts. answer_key: the JWK
    to seal the answer to, which counts only with answer_key_statement. closed: proof that earlier
    trace keys of hers were closed, while the agency may still have one of them pinned.
    """

    question_id: str
    nik: str
    gid: bytes
    share: bytes
    salt: bytes
    request_id: str
    subject: str
    programme: str
    purpose: str
    questions: tuple[Asked, ...]
    grant_entry: str
    grant_proof: str
    access_entry: str
    access_proof: str
    part: str
    others: tuple[str, ...]
    evidence: Mapping[str, Json]
    answer_key: Mapping[str, str]
    answer_key_statement: str
    closed: tuple[Closing, ...] = ()

    def commitment(self, *, agency: str) -> bytes:
        """Return the `q` that the log's entry of this access must carry."""
        return q_digest(
            self.salt,
            question_id=self.question_id,
            gid=self.gid,
            request_id=self.request_id,
            subject=self.subject,
            programme=self.programme,
            agency=agency,
            purpose=self.purpose,
            questions=self.questions,
        )

    def to_members(self) -> dict[str, Json]:
        """Return the payload's JSON members; refuses what `from_members` would."""
        members: dict[str, Json] = {
            "question_id": self.question_id,
            "nik": self.nik,
            "gid": base64url.encode(self.gid),
            "share": base64url.encode(self.share),
            "salt": base64url.encode(self.salt),
            "request_id": self.request_id,
            "subject": self.subject,
            "programme": self.programme,
            "purpose": self.purpose,
            "questions": question_members(self.questions),
            "grant_entry": self.grant_entry,
            "grant_proof": self.grant_proof,
            "access_entry": self.access_entry,
            "access_proof": self.access_proof,
            "part": self.part,
            "others": [*sorted(self.others)],
            "evidence": {**self.evidence},
            "answer_key": {**self.answer_key},
            "answer_key_statement": self.answer_key_statement,
        }
        if self.closed:
            members["closed"] = closing_members(self.closed)
        QuestionPayload.from_members(members)
        return members

    @classmethod
    def from_members(cls, value: object) -> QuestionPayload:
        """Return the payload of these JSON members, or raise MessageError."""
        wanted = cls.__dataclass_fields__.keys() - {"closed"}
        members = read_object(value, wanted, "a question", optional={"closed"})
        others = tuple(
            read_matching(digest, _DIGEST, "others")
            for digest in read_list(members["others"], "others", least=0, most=MAX_OTHERS)
        )
        check_order(others, "others")
        return cls(
            question_id=read_id(members["question_id"], "question_id"),
            nik=read_matching(members["nik"], _NIK, "nik"),
            gid=read_binary(members["gid"], "gid", size=32),
            share=read_binary(members["share"], "share", size=32),
            salt=read_binary(members["salt"], "salt", size=32),
            request_id=read_matching(members["request_id"], _REQUEST_ID, "request_id"),
            subject=_read_hash(members["subject"], "subject"),
            programme=read_matching(members["programme"], IDENTITY, "programme"),
            purpose=read_matching(members["purpose"], ID, "purpose"),
            questions=read_questions(members["questions"]),
            grant_entry=read_text(members["grant_entry"], "grant_entry", most=_TEXT),
            grant_proof=read_text(members["grant_proof"], "grant_proof", most=_TEXT),
            access_entry=read_text(members["access_entry"], "access_entry", most=_TEXT),
            access_proof=read_text(members["access_proof"], "access_proof", most=_TEXT),
            part=read_text(members["part"], "part", most=_TEXT),
            others=others,
            evidence=_read_evidence(members["evidence"]),
            answer_key=_read_answer_key(members["answer_key"]),
            answer_key_statement=read_text(
                members["answer_key_statement"], "answer_key_statement", most=_TEXT
            ),
            closed=read_closings(members["closed"]) if "closed" in members else (),
        )


@dataclass(frozen=True, slots=True, repr=False)
class AnswerPayload:
    """What the programme gets: an answer to each question asked, and what they answer.

    salt: 32 bytes, so that nobody who sees a digest of the answer can try the three words.
    as_of: the day (YYYY-MM-DD) of the registry's data. entry: base64url leaf hash of the
    `access.sent` entry that the agency verified.
    """

    salt: bytes
    answers: tuple[Answered, ...]
    as_of: str
    request_id: str
    subject: str
    entry: str

    def to_members(self) -> dict[str, Json]:
        """Return the payload's JSON members; refuses what `from_members` would."""
        members: dict[str, Json] = {
            "salt": base64url.encode(self.salt),
            "answers": [
                {**asked_members(item.question, item.params), "answer": item.answer}
                for item in sorted(self.answers, key=lambda item: item.question)
            ],
            "as_of": self.as_of,
            "request_id": self.request_id,
            "subject": self.subject,
            "entry": self.entry,
        }
        AnswerPayload.from_members(members)
        return members

    @classmethod
    def from_members(cls, value: object) -> AnswerPayload:
        """Return the payload of these JSON members, or raise MessageError."""
        members = read_object(value, cls.__dataclass_fields__, "an answer")
        answers = tuple(
            _read_answered(item)
            for item in read_list(members["answers"], "answers", most=MAX_QUESTIONS)
        )
        check_order([item.question for item in answers], "answers")
        return cls(
            salt=read_binary(members["salt"], "salt", size=32),
            answers=answers,
            as_of=_read_day(members["as_of"]),
            request_id=read_matching(members["request_id"], _REQUEST_ID, "request_id"),
            subject=_read_hash(members["subject"], "subject"),
            entry=_read_hash(members["entry"], "entry"),
        )


def q_digest(
    salt: bytes,
    *,
    question_id: str,
    gid: bytes,
    request_id: str,
    subject: str,
    programme: str,
    agency: str,
    purpose: str,
    questions: Sequence[Asked],
) -> bytes:
    """Return `q`, by which the log's entry commits to one question and tells nothing about it.

    salt: 32 random bytes, so that `q` cannot be found by trying. 32 bytes.
    """
    committed = canonical.encode(
        {
            "question_id": question_id,
            "gid": base64url.encode(gid),
            "request_id": request_id,
            "subject": subject,
            "programme": programme,
            "agency": agency,
            "purpose": purpose,
            "questions": question_members(questions),
        }
    )
    return hashlib.sha256(_Q + salt + committed).digest()


def check_answer(
    answer: AnswerPayload,
    *,
    questions: Sequence[Asked],
    request_id: str,
    subject: str,
    entry: str,
) -> None:
    """Raise MessageError unless `answer` is to this request, person, access and questions.

    entry: base64url leaf hash of the access's entry whose proof the programme has checked. A
    genuine answer about somebody else is the one forgery that needs no key: it ends here.
    """
    if answer.request_id != request_id:
        raise MessageError("the answer is to another request")
    if answer.subject != subject:
        raise MessageError("the answer is about another person")
    if answer.entry != entry:
        raise MessageError("the answer is to another access")
    asked = [Asked(item.question, item.params) for item in answer.answers]
    if question_members(asked) != question_members(questions):
        raise MessageError("the answer is to other questions")


def _read_answered(value: object) -> Answered:
    members = read_object(value, {"question", "answer"}, "answers", optional={"params"})
    answer = members["answer"]
    for word in _ANSWERS:
        if answer == word:
            question = read_matching(members["question"], ID, "answers.question")
            return Answered(question, read_params(members), word)
    raise MessageError("answers.answer is not yes, no or unknown")


_ANSWERS: Final[tuple[Answer, ...]] = ("yes", "no", "unknown")


def _read_evidence(value: object) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise MessageError("evidence is not an object")
    read_matching(value.get("kind"), ID, "evidence.kind")
    try:
        canonical.encode(value)
    except AuditError:
        raise MessageError("evidence is not canonical JSON") from None
    return value


def _read_answer_key(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise MessageError("answer_key is not an object")
    try:
        return read_public_key(value).jwk()
    except KeysError as error:
        raise MessageError(f"answer_key: {error}") from None


def _read_hash(value: object, what: str) -> str:
    return base64url.encode(read_binary(value, what, size=32))


def _read_day(value: object) -> str:
    day = read_matching(value, _DAY, "as_of")
    try:
        date.fromisoformat(day)
    except ValueError:
        raise MessageError("as_of is not a day of the calendar") from None
    return day
