"""A broker that lies: it has every key of the real one, and no code that could hold it back.

It writes what it likes into the real log, seals what it likes with the real keys, and posts it to
the real gateways. Neither policy, nor the log's condition, nor the send's second look is asked.
What stops it must therefore stand at the agency, at the programme, or in the log itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.entry import draft, salted_digest
from audit.log import Log, Logged
from audit.note import parse_vkey
from audit.trace import TAGS_A_DAY, gid, share, tag
from broker.binding import ACCEPT_SECONDS, Cb, SeenCheckpoint, grant_commitment
from broker.envelope import Message, parse_message, seal_message
from broker.programme.identity import ProgrammeIdentity
from broker.question import Asked, QuestionPayload
from broker.wiring import Broker
from consent.building import build_grant, given_members
from consent.grants import GrantRecord
from consent.parts import part_digest
from consent.persons import Person
from keys import base64url
from keys.signing import SigningKey
from keys.xwing import PublicSealingKey
from policies.ask import Item, Request
from tests.world import World


@dataclass(frozen=True)
class Told:
    """What a gateway said. reason: None if it answered. entry: in the gateway's own log."""

    reason: str | None
    message: Message | None = field(default=None, repr=False)
    entry: int | None = None


@dataclass(frozen=True)
class Lie:
    """One question, its access in the log. checkpoint: what the payload's proof leads to."""

    agency: str
    payload: QuestionPayload = field(repr=False)
    access: Logged = field(repr=False)
    checkpoint: Checkpoint

    def changed(self, **changes: Any) -> Lie:
        """Return the lie with a payload that is not the logged one any more."""
        return replace(self, payload=replace(self.payload, **changes))


@dataclass(frozen=True)
class Invented:
    """A grant that nobody gave; its entry is in the log, under whatever key signed it."""

    record: GrantRecord
    given: Logged


class Liar:
    """Lies to gateways. identities: the programmes', of which it uses the public halves only."""

    def __init__(
        self,
        broker: Broker,
        identities: Mapping[str, ProgrammeIdentity],
        http: httpx2.Client,
        *,
        log: Log | None = None,
    ) -> None:
        self.broker = broker
        self.log = log or broker.log
        self._identities = identities
        self._http = http
        # From the end: an honest broker draws from 0 upwards.
        self._k = TAGS_A_DAY

    @classmethod
    def of(cls, world: World, *, log: Log | None = None) -> Liar:
        return cls(world.broker, world.identities, httpx2.Client(transport=world.network), log=log)

    @property
    def now(self) -> int:
        return int(self.broker.clock().timestamp())

    def logged(
        self,
        grant: GrantRecord,
        agency: str,
        *,
        given: Logged | None = None,
        trace_key: bytes | None = None,
        entry_tag: bytes | None = None,
        **claims: Any,
    ) -> Lie:
        """Log an access of `grant` as `claims` have it, and return the question that fits it.

        given: the grant's entry. trace_key: another than the person's. entry_tag: another than
        her share makes. claims: members of the payload; what is logged follows them.
        """
        person = self.broker.persons.open(grant.person_id)
        key = trace_key or person.trace_key
        payload = self._payload(grant, agency, person, key, given, claims)
        day = self.broker.clock().date()
        if entry_tag is None:
            self._k -= 1
            entry_tag = tag(payload.share, day, self._k)
        members: dict[str, Any] = {
            "programme": payload.programme,
            "agency": agency,
            "purpose": payload.purpose,
            "questions": sorted(asked.question for asked in payload.questions),
            "tag": entry_tag.hex(),
            "q": payload.commitment(agency=agency).hex(),
            "digest": salted_digest(secrets.token_bytes(32), {"nothing": "to be opened"}),
        }
        index = self.log.append([draft("access.sent", members, day=day)]).entries[0].index
        return self.proven(Lie(agency, payload, _NOT_YET, Checkpoint("", 0, b"")), index)

    def proven(self, lie: Lie, index: int | None = None) -> Lie:
        """Return the lie with the proof of its access, or of another one, against the newest."""
        access, checkpoint = self.prove(lie.access.index if index is None else index)
        payload = replace(
            lie.payload, access_entry=access.entry.decode(), access_proof=access.proof
        )
        return replace(lie, payload=payload, access=access, checkpoint=checkpoint)

    def prove(self, index: int) -> tuple[Logged, Checkpoint]:
        note = self.log.checkpoint()
        checkpoint = open_checkpoint(note, parse_vkey(self.log.vkey))
        return self.log.prove(index, under=(checkpoint, note)), checkpoint

    def seal(
        self,
        lie: Lie,
        *,
        recipient: PublicSealingKey | None = None,
        signer: SigningKey | None = None,
        checkpoint: Checkpoint | None = None,
        jti: str | None = None,
        at: int | None = None,
    ) -> Message:
        """Return the sealed question; at: Unix seconds."""
        jti = jti or base64url.encode(secrets.token_bytes(16))
        at = self.now if at is None else at
        seen = checkpoint or lie.checkpoint
        sender = self.broker.keys.sender
        cb = Cb(
            iss=sender.origin,
            aud=lie.agency,
            jti=jti,
            iat=at,
            exp=at + ACCEPT_SECONDS,
            answer_by=at + ACCEPT_SECONDS,
            cid=grant_commitment(jti, lie.payload.gid),
            ckpt=SeenCheckpoint(seen.size, seen.root),
        )
        return seal_message(
            lie.payload.to_members(),
            cb,
            kind="question",
            recipient=recipient or self.broker.agencies.routes()[lie.agency].keys.seal,
            signer=signer or sender.key,
            statement=sender.statement,
            randomness=secrets.token_bytes,
        )

    def post(self, agency: str, members: Mapping[str, Any]) -> Told:
        """Post one message, of whatever shape, and return what the gateway says."""
        url = self.broker.agencies.routes()[agency].url
        body = {"v": 1, "messages": [members]}
        response = self._http.post(f"{url}/v1/questions", json=body, timeout=30)
        assert 200 == response.status_code, response.text
        (item,) = response.json()["answers"]
        if "problem" in item:
            return Told(item["problem"]["reason"], entry=item["problem"].get("entry"))
        return Told(None, parse_message(item["message"]))

    def tell(self, lie: Lie, **sealing: Any) -> Told:
        """Seal and post."""
        return self.post(lie.agency, self.seal(lie, **sealing).members())

    def invent(
        self,
        person_id: str,
        client_id: str,
        request: Request,
        *,
        n: int,
        signer: SigningKey | None = None,
        trace_key: bytes | None = None,
        nik: str | None = None,
        subject: str | None = None,
    ) -> Invented:
        """Make a grant of everything in `request` that nobody gave, and log it.

        signer: default, the consent server's own key, which a lying broker holds.
        """
        person = self.broker.persons.open(person_id)
        record, traces, over = build_grant(
            grant_id=base64url.encode(secrets.token_bytes(16)),
            nik=nik or person.nik,
            trace_key=trace_key or person.trace_key,
            person_id=person_id,
            client_id=client_id,
            request=request,
            allowed=range(len(request.items)),
            notice_digest="00" * 32,
            n=n,
            agencies=tuple(self.broker.policy.catalogue.agencies),
            subject=subject or self.broker.persons.subject(person_id, request.programme),
            key=signer or self.broker.keys.consent,
        )
        day = self.broker.clock().date()
        members: dict[str, Any] = {
            "programme": request.programme,
            "purpose": request.purpose,
            "tag": secrets.token_bytes(16).hex(),  # so that nobody finds it
            "digest": salted_digest(secrets.token_bytes(32), {"nothing": "to be opened"}),
            **given_members(record, traces, over),
        }
        given = self.log.append([draft("grant.given", members, day=day)]).entries[0]
        return Invented(replace(record, index=given.index), given)

    def _payload(
        self,
        grant: GrantRecord,
        agency: str,
        person: Person,
        trace_key: bytes,
        given: Logged | None,
        claims: Mapping[str, Any],
    ) -> QuestionPayload:
        assert grant.index is not None
        given = given or self.prove(grant.index)[0]
        identity = self._identities[grant.programme]
        parts = grant.parts
        part = parts[agency] if agency in parts else next(iter(parts.values()))
        others = sorted(part_digest(each) for each in parts.values() if each != part)
        payload = QuestionPayload(
            question_id=base64url.encode(secrets.token_bytes(16)),
            nik=person.nik,
            gid=gid(trace_key, grant.n),
            share=share(trace_key, agency),
            salt=secrets.token_bytes(32),
            request_id="request-of-a-liar-0123",
            subject=grant.subject,
            programme=grant.programme,
            purpose=grant.purpose,
            questions=asked_of(grant.granted, agency),
            grant_entry=given.entry.decode(),
            grant_proof=given.proof,
            access_entry="{}",
            access_proof="none yet",
            part=part,
            others=tuple(others),
            evidence=dict(grant.evidence),
            answer_key=identity.answer.public.jwk(),
            answer_key_statement=identity.answer_statement,
        )
        return replace(payload, **claims)


_NOT_YET = Logged(-1, b"", "")


def asked_of(items: Sequence[Item], agency: str) -> tuple[Asked, ...]:
    """Return the questions of `items` to one agency, as a payload has them."""
    found = [item for item in items if item.agency == agency]
    return tuple(Asked(i.question, dict(i.params)) for i in sorted(found, key=_question))


def _question(item: Item) -> str:
    return item.question


Mutation = Callable[[Lie], Lie]
