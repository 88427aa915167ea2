"""What came of each access, and each refusal, as entries of the log: steps 4 and 8.

Refusals are recorded too, so that the person sees who tried. An entry says that an agency
answered, never what.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from audit.canonical import JsonInput
from audit.entry import Draft, draft, salted_digest
from audit.log import Appended, Log
from audit.trace import IZIN
from broker.accesses import LoggedAccess
from broker.dispatch import Answered, Reply
from consent.appending import append_tagged
from consent.openings import Opening, Openings
from consent.persons import Clock, Person
from consent.tagging import TagBook
from keys.kek import RandomBytes

TAG_BYTES: Final = 16


@dataclass(frozen=True)
class RefusedAccess:
    """One access that was not allowed: what would have been asked of which agency, and why not.

    person_id: None where nobody can be meant (an unknown grant). count: how many refusals the
    entry stands for, where it sums up a flood.
    """

    person_id: str | None
    programme: str
    purpose: str
    agency: str
    questions: tuple[str, ...]
    reasons: tuple[str, ...]
    count: int | None = None
    opening: Mapping[str, str] = field(default_factory=dict, repr=False)


class Outcomes:
    """Writes outcome entries; each carries a tag under which only the person finds it."""

    def __init__(
        self, log: Log, tags: TagBook, openings: Openings, *, clock: Clock, random: RandomBytes
    ) -> None:
        self._log = log
        self._tags = tags
        self._openings = openings
        self._clock = clock
        self._random = random

    def refused(self, accesses: Sequence[RefusedAccess]) -> Appended:
        """Log one `access.refused` for each refused access, in one batch."""
        digests = [self._committed(each.person_id, each.opening) for each in accesses]

        def make(day: date) -> list[Draft]:
            return [
                draft(
                    "access.refused",
                    {
                        "programme": each.programme,
                        "agency": each.agency,
                        "purpose": each.purpose,
                        "questions": sorted(set(each.questions)),
                        "tag": self._tag(each.person_id, day),
                        "reasons": sorted(set(each.reasons)),
                        "digest": digest,
                        **({} if each.count is None else {"count": each.count}),
                    },
                    day=day,
                )
                for each, digest in zip(accesses, digests, strict=True)
            ]

        return append_tagged(self._log, make, clock=self._clock)

    def came_of(
        self,
        person: Person,
        accesses: Sequence[LoggedAccess],
        replies: Sequence[Reply],
        *,
        unless: Collection[bytes] = (),
    ) -> Appended:
        """Log one `access.answered` or `access.failed` for each access, in one batch.

        unless: marks; if the log holds any of them, nothing is written and WithdrawnError raised.
        """
        pairs = list(zip(accesses, replies, strict=True))
        openings = []
        for access, reply in pairs:
            salt, members = self._random(32), _opening(access, reply)
            openings.append(Opening(salted_digest(salt, members), salt, members))
        self._openings.keep_many(person, openings)

        def make(day: date) -> list[Draft]:
            drawn = self._tags.draw_many(person, [IZIN] * len(pairs), day)
            return [
                draft(*_members(access, reply, tag.hex(), opening.digest), day=day)
                for (access, reply), tag, opening in zip(pairs, drawn, openings, strict=True)
            ]

        return append_tagged(self._log, make, clock=self._clock, unless=unless)

    def interrupted(
        self, person_id: str, *, programme: str, purpose: str, agency: str, questions: Sequence[str]
    ) -> Appended:
        """Log that a crash of the broker cut an access short: nobody got an answer."""
        digest = self._committed(person_id, {"outcome": "failed"})

        def make(day: date) -> list[Draft]:
            members: dict[str, JsonInput] = {
                "programme": programme,
                "agency": agency,
                "purpose": purpose,
                "questions": sorted(questions),
                "tag": self._tag(person_id, day),
                "outcome": "failed",
                "reasons": ["interrupted"],
                "digest": digest,
            }
            return [draft("access.failed", members, day=day)]

        return append_tagged(self._log, make, clock=self._clock)

    def _committed(self, person_id: str | None, opening: Mapping[str, str]) -> str:
        salt = self._random(32)
        digest = salted_digest(salt, opening)
        if person_id is not None:
            self._openings.keep(person_id, digest, salt, opening)
        return digest

    def _tag(self, person_id: str | None, day: date) -> str:
        if person_id is None:
            # Looks like any other tag, so that the log does not tell known people from unknown.
            return self._random(TAG_BYTES).hex()
        return self._tags.draw(person_id, IZIN, day).hex()


def _members(
    access: LoggedAccess, reply: Reply, tag: str, digest: str
) -> tuple[str, dict[str, JsonInput]]:
    ask = access.prepared.permit.ask
    members: dict[str, JsonInput] = {
        "programme": ask.programme,
        "agency": ask.agency,
        "purpose": ask.purpose,
        "questions": sorted(asked.question for asked in access.prepared.asked),
        "tag": tag,
        "digest": digest,
    }
    if isinstance(reply, Answered):
        return "access.answered", {**members, "outcome": "answered"}
    return "access.failed", {**members, "outcome": "failed", "reasons": [reply.reason]}


def _opening(access: LoggedAccess, reply: Reply) -> dict[str, str]:
    opening = {"question_id": access.prepared.question_id}
    if isinstance(reply, Answered):
        # The receipt is the agency's signature over the sealed answer: whoever gets this opening
        # can hold the agency to it, and still learns nothing of what it says.
        opening["receipt"] = hashlib.sha256(reply.message.receipt.encode()).hexdigest()
    return opening
