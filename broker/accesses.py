"""From a permit to a logged access: steps 4 and 5 of a request's path.

`prepare` takes a Permit, `log_accesses` takes what `prepare` made, and only what `log_accesses`
returns can be sealed and sent. So the types carry the order: a question without a log entry does
not type-check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from audit.checkpoint import Checkpoint
from audit.entry import Draft, draft, salted_digest
from audit.log import Log, Logged
from broker.question import Asked, q_digest
from broker.witnessing import Witnessing
from consent.appending import append_tagged
from consent.grants import GrantRecord
from consent.openings import Opening, Openings
from consent.persons import Clock, Person
from consent.tagging import TagBook
from keys import base64url
from keys.kek import RandomBytes
from policies.decide import Permit, minimise


@dataclass(frozen=True)
class PreparedAccess:
    """What one agency will be asked, before it is logged.

    question_id: 22 random characters, kept over retries. salt: 32 bytes, travels inside the seal.
    q: the commitment that the entry carries. opening: what the entry's digest commits to.
    """

    permit: Permit
    agency: str
    question_id: str
    request_id: str
    asked: tuple[Asked, ...]
    salt: bytes = field(repr=False)
    q: bytes
    digest_salt: bytes = field(repr=False)
    opening: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class LoggedAccess:
    """An access that stands in the log, with the proof in hand.

    checkpoint: the one that `logged.proof` leads to.
    """

    prepared: PreparedAccess
    logged: Logged
    checkpoint: Checkpoint


def proven_anew(access: LoggedAccess, witnessing: Witnessing) -> LoggedAccess:
    """Return the access with a proof against the newest checkpoint, cosigned where it must be.

    Called before every attempt: messages that wait must not carry yesterday's log.
    """
    proven = witnessing.prove(access.logged.index)
    return LoggedAccess(access.prepared, proven.logged, proven.checkpoint)


def prepare(
    permit: Permit,
    *,
    grant: GrantRecord,
    gid: bytes,
    request_id: str,
    policy_digest: str,
    random: RandomBytes,
) -> PreparedAccess:
    """Return the access that `permit` allows, reduced to exactly what was granted.

    gid: the grant's id under the person's trace key, 32 bytes.
    """
    items = minimise(permit)
    asked = tuple(Asked(item.question, dict(item.params)) for item in items)
    salt = random(32)
    question_id = base64url.encode(random(16))
    q = q_digest(
        salt,
        question_id=question_id,
        gid=gid,
        request_id=request_id,
        subject=grant.subject,
        programme=grant.programme,
        agency=permit.ask.agency,
        purpose=grant.purpose,
        questions=asked,
    )
    opening = {
        "grant_id": grant.grant_id,
        "g": grant.g,
        "evidence": str(grant.evidence.get("kind", "")),
        "policy": policy_digest,
        "question_id": question_id,
    }
    return PreparedAccess(
        permit=permit,
        agency=permit.ask.agency,
        question_id=question_id,
        request_id=request_id,
        asked=asked,
        salt=salt,
        q=q,
        digest_salt=random(32),
        opening=opening,
    )


def log_accesses(
    accesses: Sequence[PreparedAccess],
    *,
    grant: GrantRecord,
    person: Person,
    log: Log,
    tags: TagBook,
    openings: Openings,
    clock: Clock,
) -> list[LoggedAccess]:
    """Append one entry per access, all of them in one batch, unless the grant is withdrawn.

    Raises audit.errors.WithdrawnError (nothing written) and LogUnavailableError.
    """
    # Openings first: a crash after this line leaves an opening of no entry, which nobody misses;
    # the reverse would be an entry that the broker cannot account for.
    digests = [salted_digest(access.digest_salt, access.opening) for access in accesses]
    openings.keep_many(
        person,
        [
            Opening(digest, access.digest_salt, access.opening)
            for access, digest in zip(accesses, digests, strict=True)
        ],
    )
    agencies = [access.agency for access in accesses]

    def make(day: date) -> list[Draft]:
        drawn = tags.draw_many(person, agencies, day)
        return [
            draft(
                "access.sent",
                {
                    "programme": grant.programme,
                    "agency": access.agency,
                    "purpose": grant.purpose,
                    "questions": sorted(asked.question for asked in access.asked),
                    "tag": tag.hex(),
                    "q": access.q.hex(),
                    "digest": digest,
                },
                day=day,
            )
            for access, digest, tag in zip(accesses, digests, drawn, strict=True)
        ]

    appended = append_tagged(log, make, clock=clock, unless=[bytes.fromhex(grant.w)])
    return [
        LoggedAccess(access, logged, appended.checkpoint)
        for access, logged in zip(accesses, appended.entries, strict=True)
    ]
