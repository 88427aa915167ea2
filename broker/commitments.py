"""What a programme commits to in the log: its formulas, and that it has decided (P10).

Both come as a JWS by the programme's signing key. The broker sees digests only: it can tell which
formula was used and when, not what was decided.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from audit.canonical import parse
from audit.entry import Draft, draft
from audit.errors import AuditError, PrunedError
from audit.log import Log, Logged
from audit.trace import IZIN
from broker.problems import Problem
from broker.programmes import SIGNATURE_EXTRA, Programmes
from broker.requests import Verifications
from broker.store import FormulaRow, PostedRow
from consent.appending import append_tagged
from consent.persons import Clock, Persons
from consent.tagging import TagBook
from keys.errors import KeysError
from keys.jws import peek_header, verify_compact
from policies.policy import Policy

FORMULA_TYP: Final = "izin-formula+jws"
DECISION_TYP: Final = "izin-decision+jws"
NOTICE: Final = timedelta(hours=24)

_HEX32: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ID22: Final = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_SUBJECT: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_HOUR: Final = "%Y-%m-%dT%H:00:00Z"


@dataclass(frozen=True)
class Commitments:
    """Takes programmes' statements into the log; posting one again gives the same entry."""

    engine: Engine
    log: Log
    policy: Policy
    programmes: Programmes
    persons: Persons
    verifications: Verifications
    tags: TagBook
    clock: Clock

    def formula(self, statement: str) -> Logged:
        """Commit the formula that `statement` names, in force from 24 h after now at the earliest.

        Raises Problem.
        """
        members = self._opened(statement, FORMULA_TYP, {"programme", "area", "formula", "from"})
        earlier = self._earlier(statement)
        if earlier is not None:
            return earlier
        programme = _text(members, "programme", None)
        area = _text(members, "area", None)
        formula = _text(members, "formula", _HEX32)
        valid_from = _hour(members)
        if area not in self.policy.areas:
            raise _wrong("area", "is not an area of the policy")
        if valid_from < self.clock() + NOTICE:
            raise _wrong("from", "must be at least 24 hours from now, so that it is known before")
        entry = draft(
            "formula.committed",
            {
                "programme": programme,
                "area": area,
                "formula": formula,
                "from": valid_from.strftime(_HOUR),
                "statement": _digest(statement).hex(),
            },
        )
        (logged,) = self.log.append([entry]).entries
        # A crash before this commit leaves a formula in the log that is not used; posting it
        # again writes a second entry, and the later one counts.
        with Session(self.engine) as session:
            session.add(
                FormulaRow(
                    index=logged.index,
                    programme=programme,
                    area=area,
                    formula=formula,
                    valid_from=int(valid_from.timestamp()),
                )
            )
            session.add(PostedRow(statement=_digest(statement), index=logged.index))
            session.commit()
        return logged

    def decision(self, statement: str) -> Logged:
        """Log that a decision was made about the person of one verification.

        Raises Problem, also where the formula named is not the one in force.
        """
        members = self._opened(
            statement,
            DECISION_TYP,
            {"programme", "subject", "verification_id", "formula", "digest"},
        )
        earlier = self._earlier(statement)
        if earlier is not None:
            return earlier
        programme = _text(members, "programme", None)
        person_id = self.verifications.person_of(
            _text(members, "verification_id", _ID22), programme=programme
        )
        if person_id is None:
            raise _wrong("verification_id", "is not a verification of this programme")
        subject = self.persons.subject(person_id, programme)
        if _text(members, "subject", _SUBJECT) != subject:
            raise _wrong("subject", "is not whom the verification was about")
        formula = _text(members, "formula", _HEX32)
        area = self.persons.open(person_id).village
        if formula != self.in_force(programme, area, at=self.clock()):
            raise Problem(
                "formula-not-in-force",
                "decide with the formula in force, or commit this one and wait 24 hours",
            )
        digest = _text(members, "digest", _HEX32)

        def make(day: date) -> list[Draft]:
            tag = self.tags.draw(person_id, IZIN, day).hex()
            fields = {"programme": programme, "tag": tag, "formula": formula, "digest": digest}
            return [draft("decision.made", fields, day=day)]

        (logged,) = append_tagged(self.log, make, clock=self.clock).entries
        with Session(self.engine) as session:
            session.add(PostedRow(statement=_digest(statement), index=logged.index))
            session.commit()
        return logged

    def in_force(self, programme: str, area: str, *, at: datetime) -> str | None:
        """Return the digest of the formula in force for a programme and area, or None."""
        with Session(self.engine) as session:
            row = session.exec(
                select(FormulaRow)
                .where(
                    FormulaRow.programme == programme,
                    FormulaRow.area == area,
                    FormulaRow.valid_from <= int(at.timestamp()),
                )
                .order_by(col(FormulaRow.valid_from).desc(), col(FormulaRow.index).desc())
            ).first()
            return row.formula if row is not None else None

    def _earlier(self, statement: str) -> Logged | None:
        with Session(self.engine) as session:
            row = session.get(PostedRow, _digest(statement))
        try:
            return None if row is None else self.log.prove(row.index)
        except PrunedError as error:
            raise Problem("pruned", "this was logged, and its entry's body is gone") from error

    def _opened(self, statement: str, typ: str, wanted: set[str]) -> Mapping[str, Any]:
        """Return the members that the programme's signing key signed, or raise a Problem."""
        at = int(self.clock().timestamp())
        try:
            owner, key = self.programmes.signing_key(peek_header(statement), at=at)
            _, payload = verify_compact(statement, key, typ=typ, extra=SIGNATURE_EXTRA)
            members = parse(payload)
        except (KeysError, AuditError) as error:
            raise Problem(
                "invalid-signature", "the statement is not signed as it must be"
            ) from error
        if set(members) != wanted | {"v"} or members["v"] != 1:
            raise _wrong("statement", f"must have the members v, {', '.join(sorted(wanted))}")
        if members["programme"] != owner:
            raise _wrong("programme", "is not the programme that signed")
        return members


def _digest(statement: str) -> bytes:
    return hashlib.sha256(statement.encode()).digest()


def _hour(members: Mapping[str, Any]) -> datetime:
    try:
        return datetime.strptime(_text(members, "from", None), _HOUR).replace(tzinfo=UTC)
    except ValueError:
        raise _wrong("from", "must be a full hour such as 2026-12-01T00:00:00Z") from None


def _text(members: Mapping[str, Any], name: str, form: re.Pattern[str] | None) -> str:
    value = members[name]
    if not isinstance(value, str) or (form is not None and not form.fullmatch(value)):
        raise _wrong(name, "is not of its form")
    return value


def _wrong(member: str, what: str) -> Problem:
    return Problem("malformed", f"{member} {what}", {"member": member})
