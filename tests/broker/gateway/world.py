"""A broker's side to drive a real gateway with: a real log, real keys, real messages.

Each method does what an honest broker does; a test changes one thing, as a dishonest one would.
"""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
from flask import Flask

from audit import trace
from audit.checkpoint import parse_checkpoint
from audit.entry import draft, salted_digest
from audit.log import Log
from audit.proof import parse_proof
from audit.web import log_blueprint
from broker.asked import Asked
from broker.binding import Cb, SeenCheckpoint, grant_commitment
from broker.envelope import Message, Opened, open_message, parse_message, seal_message
from broker.gateway.app import build_app
from broker.gateway.grid import Grid
from broker.gateway.settings import load_settings
from broker.gateway.setup import GatewayIdentity, prepare_gateway
from broker.gateway.wiring import Gateway, open_gateway
from broker.question import AnswerPayload, QuestionPayload
from consent.evidence import attest, challenge
from consent.parts import Part, part_digest, person_binding, sign_part
from keys import base64url
from keys import trust as trust_file
from keys.signing import NamedSigner, SigningKey
from keys.trust import BrokerTrust, TrustFile
from policies.ask import Frequency, Item
from policies.load import load
from tests.broker.gateway.parties import (
    AGENCY,
    ANSWER,
    BROKER_ROOT,
    BROKER_SIGN,
    CONSENT,
    FAR,
    HAS_ACCOUNT,
    LOG,
    OFTEN,
    ORIGIN,
    POOR,
    PROGRAMME_ROOT,
    RICH,
    SETTINGS,
    SITE,
    Clock,
    Grant,
    Person,
    above,
    vouch,
)


class World:
    """One broker and one gateway. `served` is the log whose tiles the gateway gets to see."""

    def __init__(self, tmp_path: Path, *, more: str = "", grid: Grid | None = None) -> None:
        self.clock = Clock()
        self._bytes = itertools.count(1)
        self.log = self.new_log(tmp_path / "broker-log.db")
        self.served: Log | None = self.log
        self._apps: dict[Log, Flask] = {}
        self._making = threading.Lock()
        self.hidden: set[str] = set()
        self.home = tmp_path / "gateway"
        self.home.mkdir()
        (self.home / "gateway.toml").write_text(SETTINGS.format(more=more))
        self.prepared: GatewayIdentity = prepare_gateway(
            self.home, clock=self.clock, random=self.random
        )
        self.write_trust()
        bank = sqlite3.connect(self.home / "bank.db")
        bank.execute("CREATE TABLE account (nik TEXT, balance INTEGER)")
        bank.execute("INSERT INTO account VALUES (?, 9000000)", (RICH,))
        bank.execute("INSERT INTO account VALUES (?, 20000)", (POOR,))
        bank.commit()
        bank.close()
        self.grid = grid or Grid(0)
        self.gateway: Gateway = self.open()

    # The gateway

    def open(self, **parts: Any) -> Gateway:
        """Open the gateway (again), as a restart does."""
        self.gateway = open_gateway(
            load_settings(self.home / "gateway.toml"),
            clock=self.clock,
            random=self.random,
            client=httpx2.Client(transport=httpx2.WSGITransport(app=self._serve)),
            grid=self.grid,
            **parts,
        )
        self.client = build_app(self.gateway).test_client()
        return self.gateway

    def write_trust(self, **changes: Any) -> TrustFile:
        trusted = TrustFile(
            broker=BrokerTrust(
                ORIGIN, self.log.vkey, "https://log.test/log", (CONSENT.public,), BROKER_ROOT.public
            ),
            programmes={"pkh": PROGRAMME_ROOT.public, "bpnt": PROGRAMME_ROOT.public},
            agencies={},
            passkeys=SITE,
        )
        trusted = replace(trusted, **changes)
        (self.home / "trust.toml").write_text(trust_file.format(trusted))
        return trusted

    def random(self, size: int) -> bytes:
        """Return bytes that differ at every call."""
        return next(self._bytes).to_bytes(8, "big").rjust(size, b"\x5a")[-size:]

    def new_log(self, path: Path) -> Log:
        return Log(path, NamedSigner(ORIGIN, LOG), clock=self.clock)

    def _serve(self, environ: Any, start: Any) -> Any:
        if self.served is None or any(part in environ["PATH_INFO"] for part in self.hidden):
            start("503 Service Unavailable", [])
            return [b""]
        return self._app_of(self.served)(environ, start)

    def _app_of(self, log: Log) -> Flask:
        """Return the log's application, made once.

        Werkzeug compiles routes through `ast`, which fails now and then where threads do it at
        once (a fault of CPython before 3.11.8).
        """
        with self._making:
            if log not in self._apps:
                app = Flask("log")
                app.register_blueprint(log_blueprint(log, may_read_entries=lambda _: True))
                self._apps[log] = app
            return self._apps[log]

    # The broker

    def pad_log(self, count: int, log: Log | None = None) -> None:
        """Append entries about nobody."""
        for _ in range(count):
            (log or self.log).append([draft("policy.changed", {"policy": self.random(32).hex()})])

    def give(
        self,
        person: Person,
        questions: Sequence[Asked] = (HAS_ACCOUNT, above(5_000_000)),
        *,
        programme: str = "pkh",
        purpose: str = "eligibility",
        subject: str | None = None,
        agency: str = AGENCY,
        valid_until: date = FAR,
        frequency: Frequency = OFTEN,
        trace_key: bytes | None = None,
        signer: SigningKey = CONSENT,
        nik: str | None = None,
        committed_part: str | None = None,
        log: Log | None = None,
        confirm: Callable[[bytes], Mapping[str, Any]] | None = None,
    ) -> Grant:
        """Give a grant and log it. committed_part: what the challenge covers instead.

        confirm: makes the evidence over the challenge; None: the broker attests.
        """
        key = trace_key or person.trace_key
        gid = trace.gid(key, next(person.grants))
        part = sign_part(
            Part(
                programme=programme,
                agency=agency,
                subject=subject or person.subject,
                purpose=purpose,
                questions=tuple(Item(agency, one.question, one.params) for one in questions),
                valid_until=valid_until,
                frequency=frequency,
                retention_days=90,
                sub=person_binding(gid, nik or person.nik),
                notice="ab" * 32,
            ),
            signer,
        )
        others = ("cd" * 32,)
        g = trace.given_commitment(gid).hex()
        traces = sorted(
            trace.share_commitment(gid, trace.share(key, each), each).hex()
            for each in load().catalogue.agencies
        )
        over = challenge(g, traces, (part_digest(committed_part or part), *others))
        logged = (log or self.log).append(
            [
                draft(
                    "grant.given",
                    {
                        "programme": programme,
                        "purpose": purpose,
                        "tag": self.random(16).hex(),
                        "g": g,
                        "traces": traces,
                        "challenge": over.hex(),
                        "digest": salted_digest(self.random(32), {}),
                    },
                )
            ]
        )
        return Grant(
            person, programme, purpose, gid, part, others,
            attest(over, CONSENT) if confirm is None else confirm(over), logged.entries[0].index,
        )  # fmt: skip

    def withdraw(self, grant: Grant) -> None:
        self.log.append(
            [
                draft(
                    "grant.withdrawn",
                    {
                        "programme": grant.programme,
                        "purpose": grant.purpose,
                        "tag": self.random(16).hex(),
                        "w": grant.w.hex(),
                    },
                )
            ]
        )

    def access(
        self,
        grant: Grant,
        questions: Sequence[Asked] = (HAS_ACCOUNT,),
        *,
        log: Log | None = None,
        entry: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> QuestionPayload:
        """Log an access and return its question with proofs.

        entry: members of the entry that differ from the question; changes: members of the
        question that differ from the honest ones, before the entry is made.
        """
        log = log or self.log
        person = grant.person
        share = trace.share(person.trace_key, AGENCY)
        tag = trace.tag(share, self.clock().date(), next(person.tags))
        payload = QuestionPayload(
            question_id=base64url.encode(self.random(16)),
            nik=person.nik,
            gid=grant.gid,
            share=share,
            salt=self.random(32),
            request_id=base64url.encode(self.random(16)),
            subject=person.subject,
            programme=grant.programme,
            purpose=grant.purpose,
            questions=tuple(questions),
            grant_entry="",
            grant_proof="",
            access_entry="",
            access_proof="",
            part=grant.part,
            others=grant.others,
            evidence=grant.evidence,
            answer_key=ANSWER.public.jwk(),
            answer_key_statement=vouch(
                ANSWER.thumbprint,
                "answer",
                owner=grant.programme,
                root=PROGRAMME_ROOT,
                at=self.clock(),
            ),
        )
        payload = replace(payload, **changes)
        members = {
            "programme": payload.programme,
            "agency": AGENCY,
            "purpose": payload.purpose,
            "questions": sorted(one.question for one in payload.questions),
            "tag": tag.hex(),
            "q": payload.commitment(agency=AGENCY).hex(),
            "digest": salted_digest(self.random(32), {}),
            **(entry or {}),
        }
        logged = log.append([draft("access.sent", members)]).entries[0]
        return self.prove(payload, logged.index, grant.index, log=log)

    def prove(
        self, payload: QuestionPayload, access: int, grant: int, *, log: Log | None = None
    ) -> QuestionPayload:
        """Return the question with both entries proven against the newest checkpoint."""
        shown, given = (log or self.log).prove(access), (log or self.log).prove(grant)
        return replace(
            payload,
            access_entry=shown.entry.decode(),
            access_proof=shown.proof,
            grant_entry=given.entry.decode(),
            grant_proof=given.proof,
        )

    def seal(
        self,
        payload: QuestionPayload,
        *,
        signer: SigningKey = BROKER_SIGN,
        root: SigningKey = BROKER_ROOT,
        **cb_changes: Any,
    ) -> Message:
        """Seal a question to the gateway, as the broker signs it."""
        jti = cb_changes.pop("jti", base64url.encode(self.random(16)))
        note = parse_proof(payload.access_proof).checkpoint
        checkpoint = parse_checkpoint(note[: note.rfind("\n\n") + 1])
        now = int(self.clock().timestamp())
        cb = Cb(
            iss=self.log.origin,
            aud=AGENCY,
            jti=jti,
            iat=now,
            exp=now + 300,
            answer_by=now + 300,
            cid=grant_commitment(jti, payload.gid),
            ckpt=SeenCheckpoint(checkpoint.size, checkpoint.root),
        )
        return seal_message(
            payload.to_members(),
            replace(cb, **cb_changes),
            kind="question",
            recipient=self.gateway.identity.sealing.public,
            signer=signer,
            statement=vouch(
                signer.public.thumbprint, "sign", owner=self.log.origin, root=root, at=self.clock()
            ),
            randomness=self.random,
        )

    def post(self, *messages: Message) -> list[dict[str, Any]]:
        response = self.client.post(
            "/v1/questions", json={"v": 1, "messages": [one.members() for one in messages]}
        )
        assert response.status_code == 200
        answers: list[dict[str, Any]] = response.get_json()["answers"]
        assert len(answers) == len(messages)
        return answers

    def send(self, payload: QuestionPayload, **cb_changes: Any) -> dict[str, Any]:
        return self.post(self.seal(payload, **cb_changes))[0]

    def ask(
        self, grant: Grant, questions: Sequence[Asked] = (HAS_ACCOUNT,), **changes: Any
    ) -> dict[str, Any]:
        """Log and send one question, as an honest broker does; return what came back."""
        return self.send(self.access(grant, questions, **changes))

    # The programme

    def open_answer(self, item: Mapping[str, Any]) -> tuple[AnswerPayload, Opened]:
        opened = open_message(
            parse_message(item["message"]),
            kind="answer",
            recipient=ANSWER,
            sender_root=self.prepared.root,
            sender=AGENCY,
            audience="pkh",
            at=int(self.clock().timestamp()),
        )
        return AnswerPayload.from_members(opened.payload), opened


def reason(item: Mapping[str, Any]) -> str:
    """Return why the gateway refused; fails the test if it answered."""
    assert "problem" in item, "the gateway answered"
    found: str = item["problem"]["reason"]
    return found


def words(answer: AnswerPayload) -> dict[str, str]:
    return {one.question: one.answer for one in answer.answers}
