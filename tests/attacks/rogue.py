"""The broker as an attacker: it holds every key of the broker and does what it likes with them.

Each method does what an honest broker does; an attack changes one thing of it. So without the
check that is attacked, the question would be answered: `test_the_honest_twin_is_answered`.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from pysqlite3 import dbapi2 as sqlite

from audit import trace
from audit.checkpoint import parse_checkpoint
from audit.entry import draft, salted_digest
from audit.log import Log, Logged
from audit.proof import parse_proof
from broker.asked import Asked
from broker.binding import Cb, SeenCheckpoint, grant_commitment
from broker.demo.population import InventedPerson
from broker.envelope import Message, Opened, open_message, parse_message, seal_message
from broker.question import AnswerPayload, QuestionPayload
from broker.wiring import Broker
from consent.evidence import attest, challenge
from consent.parts import Part, part_digest, person_binding, sign_part
from consent.persons import Person
from keys import base64url
from keys.signing import SigningKey
from keys.statements import Statement, sign_statement
from policies.ask import Frequency, Item
from tests.attacks.stages import Carried, Stage

AGENCY: Final = "himbara"
HAS_ACCOUNT: Final = Asked("has_account")
OFTEN: Final = Frequency("month", 10)
OTHERS: Final = ("cd" * 32,)


def above(rupiah: int) -> Asked:
    return Asked("balance_above", {"rupiah": rupiah})


@dataclass
class Victim:
    """Somebody whom the broker knows. subjects: her pseudonym at each programme."""

    invented: InventedPerson
    known: Person
    subjects: Mapping[str, str]

    @property
    def nik(self) -> str:
        return self.known.nik

    @property
    def trace_key(self) -> bytes:
        return self.known.trace_key


@dataclass(frozen=True)
class Held:
    """A grant as the broker holds it; index: of its entry. part: for `agency` alone."""

    victim: Victim
    agency: str
    programme: str
    purpose: str
    subject: str
    gid: bytes
    trace_key: bytes = field(repr=False)
    part: str
    evidence: Mapping[str, Any]
    index: int
    others: tuple[str, ...] = OTHERS

    @property
    def w(self) -> bytes:
        return trace.withdrawn_commitment(self.gid)


class Rogue:
    """The attacker at one stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        # Numbers far above those of people's own grants.
        self._numbers = itertools.count(10_000)
        self._hidden = itertools.count()

    @property
    def broker(self) -> Broker:
        return self.stage.broker

    @property
    def log(self) -> Log:
        return self.broker.log

    @property
    def carried(self) -> list[Carried]:
        return self.stage.carried

    @property
    def at(self) -> int:
        return int(self.stage.clock().timestamp())

    @property
    def today(self) -> date:
        found: date = self.stage.clock().date()
        return found

    def victim(self, kind: Any = "eligible", **facts: Any) -> Victim:
        """Return somebody new. facts: what the registries say of her otherwise."""
        invented = self.stage.crowd.somebody(kind, **facts)
        person_id = self.broker.persons.sign_in(invented.nik, invented.pin)
        assert person_id is not None
        return self.known(invented, person_id)

    def known(self, invented: InventedPerson, person_id: str) -> Victim:
        persons = self.broker.persons
        subjects = {name: persons.subject(person_id, name) for name in ("pkh", "bpnt")}
        return Victim(invented, persons.open(person_id), subjects)

    # Consent and log

    def give(
        self,
        victim: Victim,
        questions: Sequence[Asked] = (HAS_ACCOUNT, above(5_000_000)),
        *,
        agency: str = AGENCY,
        programme: str = "pkh",
        purpose: str = "eligibility",
        subject: str | None = None,
        valid_until: date | None = None,
        frequency: Frequency = OFTEN,
        trace_key: bytes | None = None,
        signer: SigningKey | None = None,
        part_changes: Mapping[str, Any] | None = None,
        committed_part: str | None = None,
        traces: Sequence[str] | None = None,
        entry: Mapping[str, Any] | None = None,
        log: Log | None = None,
        confirm: Callable[[bytes], Mapping[str, Any]] | None = None,
    ) -> Held:
        """Make and log a grant that nobody was asked for: the broker holds all it takes.

        committed_part: what the challenge covers instead. entry: members of the entry that
        differ. confirm: makes evidence over the challenge that is not the broker's word. The
        promise is not that it cannot, but that she sees it (P5) and may withdraw it; a passkey
        that an agency has pinned takes it away from the broker altogether.
        """
        key = trace_key or victim.trace_key
        gid = trace.gid(key, next(self._numbers))
        made = Part(
            programme=programme,
            agency=agency,
            subject=subject or victim.subjects[programme],
            purpose=purpose,
            questions=tuple(Item(agency, one.question, one.params) for one in questions),
            valid_until=valid_until or self.today + timedelta(days=60),
            frequency=frequency,
            retention_days=90,
            sub=person_binding(gid, victim.nik),
            notice="ab" * 32,
        )
        consent = self.broker.keys.consent
        part = sign_part(replace(made, **(part_changes or {})), signer or consent)
        g = trace.given_commitment(gid).hex()
        if traces is None:
            traces = sorted(
                trace.share_commitment(gid, trace.share(key, each), each).hex()
                for each in self.broker.policy.catalogue.agencies
            )
        over = challenge(g, traces, (part_digest(committed_part or part), *OTHERS))
        members = {
            "programme": programme,
            "purpose": purpose,
            "tag": self.broker.tags.draw(victim.known.id, trace.IZIN, self.today).hex(),
            "g": g,
            "traces": [*traces],
            "challenge": over.hex(),
            "digest": salted_digest(os.urandom(32), {}),
            **(entry or {}),
        }
        logged = (log or self.log).append([draft("grant.given", members)])
        return Held(
            victim, agency, programme, purpose, made.subject, gid, key, part,
            (confirm or (lambda over: attest(over, consent)))(over), logged.entries[0].index,
        )  # fmt: skip

    def withdraw(self, held: Held) -> None:
        """Log her withdrawal."""
        tag = self.broker.tags.draw(held.victim.known.id, trace.IZIN, self.today).hex()
        members = {
            "programme": held.programme,
            "purpose": held.purpose,
            "tag": tag,
            "w": held.w.hex(),
        }
        self.log.append([draft("grant.withdrawn", members)])

    def tag(self, held: Held) -> bytes:
        """Return an unused tag of today under the grant's trace key."""
        if held.trace_key == held.victim.trace_key:
            return self.broker.tags.draw(held.victim.known.id, held.agency, self.today)
        share = trace.share(held.trace_key, held.agency)
        return trace.tag(share, self.today, next(self._hidden) % trace.TAGS_A_DAY)

    def access(
        self,
        held: Held,
        questions: Sequence[Asked] = (HAS_ACCOUNT,),
        *,
        log: Log | None = None,
        entry: Mapping[str, Any] | None = None,
        kind: str = "access.sent",
        lacks: str = "",
        **changes: Any,
    ) -> QuestionPayload:
        """Log an access and return its question with proofs.

        entry: members of the entry that differ; lacks: one that the log takes the entry without;
        changes: members of the question that differ, before the entry is made.
        """
        log = log or self.log
        programme = changes.get("programme", held.programme)
        # A programme that does not exist has no key: whoever invents one brings its own.
        identity = self.stage.identities.get(programme, self.stage.identities["pkh"])
        payload = QuestionPayload(
            question_id=base64url.encode(os.urandom(16)),
            nik=held.victim.nik,
            gid=held.gid,
            share=trace.share(held.trace_key, held.agency),
            salt=os.urandom(32),
            request_id=base64url.encode(os.urandom(16)),
            subject=held.subject,
            programme=held.programme,
            purpose=held.purpose,
            questions=tuple(questions),
            grant_entry="",
            grant_proof="",
            access_entry="",
            access_proof="",
            part=held.part,
            others=held.others,
            evidence=held.evidence,
            answer_key=identity.answer.public.jwk(),
            answer_key_statement=identity.answer_statement,
        )
        payload = replace(payload, **changes)
        members = {
            "programme": payload.programme,
            "agency": held.agency,
            "purpose": payload.purpose,
            "questions": sorted(one.question for one in payload.questions),
            "tag": self.tag(held).hex(),
            "q": payload.commitment(agency=held.agency).hex(),
            "digest": salted_digest(os.urandom(32), {}),
            **(entry or {}),
        }
        drafted = draft(kind, members)
        short = {name: value for name, value in drafted.members.items() if name != lacks}
        logged = log.append([replace(drafted, members=short)]).entries[0]
        return self.prove(payload, logged.index, held.index, log=log)

    def prove(
        self, payload: QuestionPayload, access: int, grant: int, *, log: Log | None = None
    ) -> QuestionPayload:
        """Return the question with both entries proven against the newest checkpoint."""
        log = log or self.log
        shown, given = self.proven(log, access), self.proven(log, grant)
        return replace(
            payload,
            access_entry=shown.entry.decode(),
            access_proof=shown.proof,
            grant_entry=given.entry.decode(),
            grant_proof=given.proof,
        )

    def proven(self, log: Log, index: int) -> Logged:
        """Return an entry, proven under a checkpoint that every witness cosigned."""
        checkpoint, note = log.newest()
        return log.prove(index, under=(checkpoint, self.stage.collude(note)))

    def fork(self, path: Path) -> Log:
        """Return a second history of the log, with all entries so far, under the same key."""
        with (
            closing(sqlite.connect(str(self.broker.settings.log_path))) as now,
            closing(sqlite.connect(str(path))) as copy,
        ):
            now.backup(copy)
        return Log(path, self.broker.keys.log_signer, clock=self.stage.clock)

    def pad(self, count: int, log: Log | None = None) -> None:
        """Append entries about nobody."""
        for _ in range(count):
            (log or self.log).append([draft("policy.changed", {"policy": os.urandom(32).hex()})])

    def binding(self, payload: QuestionPayload, agency: str, **changes: Any) -> Cb:
        jti = changes.pop("jti", base64url.encode(os.urandom(16)))
        note = parse_proof(payload.access_proof).checkpoint
        checkpoint = parse_checkpoint(note[: note.rfind("\n\n") + 1])
        cb = Cb(
            iss=self.broker.keys.sender.origin,
            aud=agency,
            jti=jti,
            iat=self.at,
            exp=self.at + 300,
            answer_by=self.at + 300,
            cid=grant_commitment(jti, payload.gid),
            ckpt=SeenCheckpoint(checkpoint.size, checkpoint.root),
        )
        return replace(cb, **changes)

    def seal(
        self,
        payload: QuestionPayload,
        agency: str = AGENCY,
        *,
        signer: SigningKey | None = None,
        statement: str | None = None,
        outside: QuestionPayload | None = None,
        **cb_changes: Any,
    ) -> Message:
        """Seal a question to the gateway, as the broker signs it.

        outside: another question whose checkpoint the binding names.
        """
        sender = self.broker.keys.sender
        return seal_message(
            payload.to_members(),
            self.binding(outside or payload, agency, **cb_changes),
            kind="question",
            recipient=self.broker.agencies.routes()[agency].keys.seal,
            signer=signer or sender.key,
            statement=statement or sender.statement,
            randomness=os.urandom,
        )

    def post(self, *messages: Message, agency: str = AGENCY) -> list[dict[str, Any]]:
        body = {"v": 1, "messages": [one.members() for one in messages]}
        response = self.stage.http.post(f"{self.stage.gateways[agency]}/v1/questions", json=body)
        assert response.status_code == 200
        answers: list[dict[str, Any]] = response.json()["answers"]
        assert len(answers) == len(messages)
        return answers

    def send(
        self, payload: QuestionPayload, agency: str = AGENCY, **changes: Any
    ) -> dict[str, Any]:
        return self.post(self.seal(payload, agency, **changes), agency=agency)[0]

    def ask(
        self, held: Held, questions: Sequence[Asked] = (HAS_ACCOUNT,), **changes: Any
    ) -> dict[str, Any]:
        """Log and send one question, as an honest broker does; return what came back."""
        return self.send(self.access(held, questions, **changes), held.agency)

    def opened(
        self, item: Mapping[str, Any], programme: str = "pkh", agency: str = AGENCY
    ) -> tuple[AnswerPayload, Opened]:
        opened = open_message(
            parse_message(item["message"]),
            kind="answer",
            recipient=self.stage.identities[programme].answer,
            sender_root=self.broker.agencies.routes()[agency].root,
            sender=agency,
            audience=programme,
            at=self.at,
        )
        return AnswerPayload.from_members(opened.payload), opened


def reason(item: Mapping[str, Any]) -> str:
    """Return why the gateway refused; fails the attack's test if it answered."""
    assert "problem" in item, "the gateway answered: the attack works"
    return str(item["problem"]["reason"])


def is_answered(item: Mapping[str, Any]) -> bool:
    return "message" in item


def vouch(
    thumbprint: str, use: str, *, owner: str, root: SigningKey, at: int, seconds: int = 172_800
) -> str:
    """Return a statement that `root` signs for a key."""
    since = at - 86_400
    return sign_statement(Statement(owner, use, thumbprint, since, since + seconds), root)
