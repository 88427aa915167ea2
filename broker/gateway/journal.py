"""The gateway's own log: what it answered and what it refused, for the person to find.

Entries carry the tag that her trace key finds. This file writes entries; it judges nothing, and
no answer, NIK or share gets into an entry or a log line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import Engine
from sqlmodel import Session

from audit.canonical import JsonInput
from audit.entry import SALT_BYTES, draft, is_id, parse_entry, salted_digest
from audit.errors import AuditError, DayTurnedError
from audit.log import Appended, Log
from audit.trace import TAG_BYTES, TAGS_A_DAY, tag
from broker.gateway.passed import Checked, Read
from broker.gateway.store import TrailRow

UNKNOWN: Final = "unknown"
RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True)
class Refused:
    """A refusal's entry. index: in the gateway's own log."""

    index: int


class Journal:
    """The gateway's own log, and which of its entries are about whom."""

    def __init__(
        self,
        engine: Engine,
        log: Log,
        *,
        agency: str,
        clock: Callable[[], datetime],
        random: RandomBytes,
    ) -> None:
        self._engine = engine
        self._log = log
        self._agency = agency
        self._clock = clock
        self._random = random

    def answered(self, checked: Checked, salt: bytes, opening: Mapping[str, JsonInput]) -> Appended:
        """Log an answer before it leaves; its digest commits to what will be sealed.

        salt, opening: the answer's own; the programme, who opens it, can show the agency's entry.
        """
        members = {
            **self._about(checked.question.read),
            "outcome": "answered",
            "digest": salted_digest(salt, opening),
        }
        appended = self._append("access.answered", members, checked.question.read)
        self._trail(appended, checked.entered.person, evidence=checked.judged.evident.kind)
        return appended

    def failed(self, checked: Checked, reason: str) -> None:
        """Log that a question passed every check and could still not be answered."""
        salt = self._random(SALT_BYTES)
        message = checked.question.read.cb.jti
        members = {
            **self._about(checked.question.read),
            "outcome": "failed",
            "reasons": [reason],
            "digest": salted_digest(salt, {"message": message}),
        }
        appended = self._append("access.failed", members, checked.question.read)
        kind = checked.judged.evident.kind
        self._trail(appended, checked.entered.person, salt, message, evidence=kind)

    def refused(self, question: Read, person: bytes, reason: str) -> Refused:
        """Log the refusal of a question that the broker signed."""
        salt = self._random(SALT_BYTES)
        members = {
            **self._about(question),
            "reasons": [reason],
            "digest": salted_digest(salt, {"message": question.cb.jti}),
        }
        appended = self._append("access.refused", members, question)
        self._trail(appended, person, salt, question.cb.jti)
        return Refused(appended.entries[0].index)

    def unreadable(self, count: int) -> Refused:
        """Log that `count` messages could not be read: about nobody, so under a random tag."""
        members: dict[str, JsonInput] = {
            "programme": UNKNOWN,
            "agency": self._agency,
            "purpose": UNKNOWN,
            "questions": [],
            "tag": self._random(TAG_BYTES).hex(),
            "reasons": ["unreadable"],
            "digest": salted_digest(self._random(SALT_BYTES), {"count": count}),
        }
        if count > 1:
            members["count"] = count
        appended = self._log.append([draft("access.refused", members)])
        return Refused(appended.entries[0].index)

    def _about(self, question: Read) -> dict[str, JsonInput]:
        payload = question.payload
        return {
            "programme": payload.programme if is_id(payload.programme) else UNKNOWN,
            "agency": self._agency,
            "purpose": payload.purpose if is_id(payload.purpose) else UNKNOWN,
            "questions": [asked.question for asked in payload.questions if is_id(asked.question)],
        }

    def _append(self, kind: str, members: Mapping[str, JsonInput], question: Read) -> Appended:
        day = self._clock().astimezone(UTC).date()
        for _ in range(2):
            found = {**members, "tag": self._tag(question, day).hex()}
            try:
                return self._log.append([draft(kind, found, day=day)])
            except DayTurnedError as turned:
                # Midnight passed between the two clocks' readings: a tag of the new day.
                day = turned.day
        raise AuditError("the log's day turns faster than entries are made")

    def _tag(self, question: Read, day: date) -> bytes:
        """Return a tag that the person's key finds on `day` in this log.

        The access's own tag, if it is the share's of that day. Else another of it: the broker draws
        from 0 upwards, so from the upper half, by chance, since nothing is kept to count by.
        """
        payload = question.payload
        try:
            entry = parse_entry(payload.access_entry.encode())
        except AuditError:
            entry = None
        if entry is not None and entry.kind == "access.sent" and entry.at.date() == day:
            said = bytes.fromhex(str(entry.members["tag"]))
            # A refused entry may carry any tag: the broker must not choose who finds the refusal.
            if said in [tag(payload.share, day, k) for k in range(TAGS_A_DAY)]:
                return said
        half = TAGS_A_DAY // 2
        return tag(payload.share, day, half + self._random(1)[0] % half)

    def _trail(
        self,
        appended: Appended,
        person: bytes,
        salt: bytes | None = None,
        message: str | None = None,
        *,
        evidence: str | None = None,
    ) -> None:
        # After the log: a crash in between loses a line of `about`, never an entry.
        with Session(self._engine) as session:
            session.add(
                TrailRow(
                    index=appended.entries[0].index,
                    person=person,
                    salt=salt,
                    message=message,
                    evidence=evidence,
                )
            )
            session.commit()
