"""A programme's verification requests: read from JSON once, and remembered so that asking twice
with the same request_id asks the agencies once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import Engine, bindparam, func, insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select, update

from broker.accesses import PreparedAccess
from broker.problems import Problem
from broker.store import AccessRow, VerificationRow
from consent.grants import GrantRecord
from policies.ask import Item

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_MEMBERS: Final = frozenset(
    {"grant_id", "questions", "answer_key", "answer_key_statement", "request_id"}
)
_ITEM_MEMBERS: Final = frozenset({"agency", "question", "params", "optional"})
# A name goes into the error text if the catalogue does not have it: only what could be one may.
_PARAM_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
MOST_QUESTIONS: Final = 64

_CAME_OF: Final = (
    update(AccessRow)
    .where(col(AccessRow.question_id) == bindparam("asked"))
    .values(index=bindparam("entry"), outcome=bindparam("came"))
)


@dataclass(frozen=True)
class VerificationRequest:
    """What a programme asks for. questions: None = everything that was granted.

    answer_key: a JWK, to which agencies seal; answer_key_statement: by the programme's root.
    digest: SHA-256 of the request's meaning.
    """

    grant_id: str
    questions: tuple[Item, ...] | None
    answer_key: Mapping[str, str] = field(repr=False)
    answer_key_statement: str = field(repr=False)
    request_id: str
    digest: bytes


@dataclass(frozen=True)
class Verification:
    """What the programme gets back; items as the API shows them."""

    verification_id: str
    subject: str
    status: str
    items: Sequence[Mapping[str, Any]]
    grant_id: str


def parse_verification(body: object) -> VerificationRequest:
    """Return the request that a parsed JSON body says, or raise a Problem naming the member."""
    if not isinstance(body, dict):
        raise _malformed("", "the body must be a JSON object")
    if not body.keys() <= _MEMBERS:
        # Which one is not said: the name is the sender's text, and may be a person's.
        raise _malformed("", f"the body has a member that is none of {', '.join(sorted(_MEMBERS))}")
    for name in sorted(_MEMBERS - {"questions"}):
        if name not in body:
            raise _malformed(name, "is missing")
    key = body["answer_key"]
    if not isinstance(key, dict) or not all(isinstance(value, str) for value in key.values()):
        raise _malformed("answer_key", "must be a JSON Web Key")
    return VerificationRequest(
        grant_id=_text(body, "grant_id", _ID),
        questions=_items(body["questions"]) if "questions" in body else None,
        answer_key=key,
        answer_key_statement=_text(body, "answer_key_statement", None),
        request_id=_text(body, "request_id", _REQUEST_ID),
        digest=hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest(),
    )


class Verifications:
    """The remembered verifications and their accesses."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(
        self,
        request: VerificationRequest,
        grant: GrantRecord,
        *,
        verification_id: str,
        client_id: str,
        at: datetime,
    ) -> Verification | None:
        """Remember a new request, or return what came of it if it was asked before.

        Raises a Problem where the request_id stands for another request.
        """
        row = VerificationRow(
            id=verification_id,
            client_id=client_id,
            request_id=request.request_id,
            body=request.digest,
            grant_id=grant.grant_id,
            person_id=grant.person_id,
            programme=grant.programme,
            subject=grant.subject,
            status="pending",
            created=int(at.timestamp()),
        )
        with Session(self._engine) as session:
            session.add(row)
            try:
                session.commit()
            except IntegrityError:
                session.rollback()
            else:
                return None
            earlier = session.exec(
                select(VerificationRow).where(
                    VerificationRow.client_id == client_id,
                    VerificationRow.request_id == request.request_id,
                )
            ).one()
            if earlier.body != request.digest:
                raise Problem(
                    "request-id-reused",
                    "use a new request_id for each request; repeat it only to ask the same again",
                )
            return _verification(earlier)

    def find(self, verification_id: str, *, client_id: str) -> Verification | None:
        """Return a client's own verification; another client's looks like none."""
        # What is no id is nobody's; a database might not even be able to look for it.
        row = self._row(verification_id) if _ID.fullmatch(verification_id) else None
        return _verification(row) if row is not None and row.client_id == client_id else None

    def person_of(self, verification_id: str, *, programme: str) -> str | None:
        """Return the id of the person whom a programme's verification is about."""
        row = self._row(verification_id)
        return row.person_id if row is not None and row.programme == programme else None

    def uses(self, grant: GrantRecord, *, at: datetime) -> dict[str, int]:
        """Return each agency's accesses within the grant's frequency window that ends at `at`.

        Counted over the person's grants of this programme and purpose, as the gateways count.
        """
        since = int((at - timedelta(days=grant.frequency.window_days)).timestamp())
        with Session(self._engine) as session:
            rows = session.exec(
                select(AccessRow.agency, func.count())
                .where(
                    AccessRow.person_id == grant.person_id,
                    AccessRow.programme == grant.programme,
                    AccessRow.purpose == grant.purpose,
                    col(AccessRow.index).is_not(None),
                    AccessRow.at > since,
                )
                .group_by(AccessRow.agency)
            ).all()
            # The rule wants a count for every agency that may be asked, so that nobody who
            # forgot to count gets through.
            return {**dict.fromkeys((item.agency for item in grant.granted), 0), **dict(rows)}

    def prepared(
        self,
        verification_id: str,
        grant: GrantRecord,
        accesses: Sequence[PreparedAccess],
        *,
        at: datetime,
    ) -> None:
        """Remember accesses that are about to be logged."""
        same = {
            "verification_id": verification_id,
            "person_id": grant.person_id,
            "grant_id": grant.grant_id,
            "programme": grant.programme,
            "purpose": grant.purpose,
            "at": int(at.timestamp()),
        }
        rows = [
            {
                **same,
                "question_id": access.question_id,
                "agency": access.agency,
                "questions": orjson.dumps(sorted(each.question for each in access.asked)).decode(),
                "q": access.q,
            }
            for access in accesses
        ]
        with self._engine.begin() as connection:
            connection.execute(insert(AccessRow), rows)

    def forget(self, accesses: Sequence[PreparedAccess]) -> None:
        """Drop accesses that the log refused to take; nothing was asked."""
        with Session(self._engine) as session:
            for access in accesses:
                session.delete(session.get_one(AccessRow, access.question_id))
            session.commit()

    def finish(
        self,
        verification_id: str,
        items: Sequence[Mapping[str, Any]],
        *,
        outcomes: Mapping[str, tuple[int, str]],
    ) -> Verification:
        """Keep the result. outcomes: question_id to (index of the access's entry, outcome)."""
        status = "complete" if all(item["status"] == "answered" for item in items) else "partial"
        kept = orjson.dumps(items).decode()
        with self._engine.begin() as connection:
            row = connection.execute(
                update(VerificationRow)
                .where(col(VerificationRow.id) == verification_id)
                .values(status=status, items=kept)
                .returning(col(VerificationRow.subject), col(VerificationRow.grant_id))
            ).one()
            if outcomes:
                connection.execute(
                    _CAME_OF,
                    [
                        {"asked": question_id, "entry": index, "came": outcome}
                        for question_id, (index, outcome) in outcomes.items()
                    ],
                )
        return Verification(verification_id, row.subject, status, orjson.loads(kept), row.grant_id)

    def unfinished(self) -> list[AccessRow]:
        """Return accesses without an outcome; after a crash those are the interrupted ones."""
        with Session(self._engine) as session:
            return list(session.exec(select(AccessRow).where(col(AccessRow.outcome).is_(None))))

    def interrupted(self, access: AccessRow, *, index: int | None) -> None:
        """Close an access that a crash interrupted, and its verification with it.

        index: of its entry; None = it was never logged, so nothing was asked.
        """
        with Session(self._engine) as session:
            row = session.get_one(AccessRow, access.question_id)
            if index is None:
                session.delete(row)
            else:
                row.index, row.outcome = index, "failed"
                session.add(row)
            verification = session.get_one(VerificationRow, access.verification_id)
            if verification.status == "pending":
                verification.status = "partial"
            items = orjson.loads(verification.items)
            items.append(
                {"agency": access.agency, "status": "unavailable", "reason": "interrupted"}
            )
            verification.items = orjson.dumps(items).decode()
            session.add(verification)
            session.commit()

    def _row(self, verification_id: str) -> VerificationRow | None:
        with Session(self._engine) as session:
            return session.get(VerificationRow, verification_id)


def _verification(row: VerificationRow) -> Verification:
    return Verification(row.id, row.subject, row.status, orjson.loads(row.items), row.grant_id)


def _items(value: object) -> tuple[Item, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_QUESTIONS:
        raise _malformed("questions", f"must be a list of 1 to {MOST_QUESTIONS} questions")
    return tuple(_item(each, f"questions[{number}]") for number, each in enumerate(value))


def _item(value: object, member: str) -> Item:
    if not isinstance(value, dict) or not {"agency", "question"} <= value.keys() <= _ITEM_MEMBERS:
        raise _malformed(member, "must have the members agency, question and perhaps params")
    agency, question, params = value["agency"], value["question"], value.get("params", {})
    if not isinstance(agency, str) or not isinstance(question, str):
        raise _malformed(member, "names its agency and question as text")
    if not isinstance(value.get("optional", False), bool):
        raise _malformed(f"{member}.optional", "must be true or false")
    if not isinstance(params, dict) or not all(
        _PARAM_NAME.fullmatch(name) and isinstance(each, int | str) and not isinstance(each, bool)
        for name, each in params.items()
    ):
        raise _malformed(f"{member}.params", "must be an object of numbers and texts")
    return Item(agency, question, params)


def _text(body: Mapping[str, Any], name: str, form: re.Pattern[str] | None) -> str:
    value = body[name]
    if not isinstance(value, str) or (form is not None and not form.fullmatch(value)):
        raise _malformed(name, "is not of its form")
    return value


def _malformed(member: str, what: str) -> Problem:
    return Problem("malformed", f"{member} {what}".strip(), {"member": member})
