"""A log, two agencies and a programme with real keys: what came back, right or tampered with."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.entry import draft
from audit.log import Log, Logged
from audit.merkle import leaf_hash
from audit.note import parse_vkey
from broker.binding import Cb, SeenCheckpoint, grant_commitment
from broker.envelope import seal_message
from broker.programme.answers import Believed, Wanted
from broker.question import Answered, AnswerPayload, Asked, q_digest
from keys import base64url
from keys.signing import NamedSigner, SigningKey
from keys.statements import Statement, sign_statement
from keys.xwing import PublicSealingKey, SealingKey
from policies.ask import Item

AT = 1_795_500_000
NOW = datetime.fromtimestamp(AT, UTC)
ORIGIN = "izin.example"
PROGRAMME = "pkh"
GID = b"g" * 32
SUBJECT = base64url.encode(b"u" * 32)
REQUEST_ID = "request-00000000000001"
LOG_KEY = SigningKey.from_seed(b"\x11" * 32)
BROKER_ROOT = SigningKey.from_seed(b"\x12" * 32)
CONSENT_KEY = SigningKey.from_seed(b"\x13" * 32)
ANSWER_KEY = SealingKey.from_seed(b"\x14" * 32)


def random_source() -> Callable[[int], bytes]:
    """Return a source that never repeats, and is the same in every run."""
    count = itertools.count()
    return lambda size: hashlib.shake_256(next(count).to_bytes(8, "big")).digest(size)


def seed(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


@dataclasses.dataclass(frozen=True)
class TestAgency:
    """An agency that answers whatever it is told to."""

    __test__ = False

    id: str

    @property
    def root(self) -> SigningKey:
        return SigningKey.from_seed(seed(f"root/{self.id}"))

    @property
    def signing(self) -> SigningKey:
        return SigningKey.from_seed(seed(f"sign/{self.id}"))

    @property
    def statement(self) -> str:
        return vouch(self.id, self.signing, self.root)


def vouch(owner: str, key: SigningKey, root: SigningKey) -> str:
    said = Statement(owner, "sign", key.public.thumbprint, AT - 1_000, AT + 100_000)
    return sign_statement(said, root)


def open_log(folder: Path, *, key: SigningKey = LOG_KEY, name: str = "log.db") -> Log:
    return Log(folder / name, NamedSigner(ORIGIN, key), clock=lambda: NOW)


class World:
    """Accesses that stand in a real log, and the items that a broker hands over for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = open_log(folder)
        self.random = random_source()
        self.agencies = {name: TestAgency(name) for name in ("dukcapil", "himbara", "polri")}
        self.believed = Believed(
            parse_vkey(self.log.vkey),
            {name: agency.root.public for name, agency in self.agencies.items()},
            ANSWER_KEY,
        )

    def access(self, agency: str, *, log: Log | None = None) -> Logged:
        """Log one access and return it with its proof."""
        entry = draft(
            "access.sent",
            {
                "programme": PROGRAMME,
                "agency": agency,
                "purpose": "eligibility",
                "questions": ["alive"],
                "tag": self.random(16).hex(),
                "q": q_digest(
                    self.random(32),
                    question_id=base64url.encode(self.random(16)),
                    gid=GID,
                    request_id=REQUEST_ID,
                    subject=SUBJECT,
                    programme=PROGRAMME,
                    agency=agency,
                    purpose="eligibility",
                    questions=(Asked("alive"),),
                ).hex(),
                "digest": self.random(32).hex(),
            },
        )
        return (log or self.log).append([entry]).entries[0]

    def item(
        self,
        items: tuple[Item, ...],
        answers: dict[str, str],
        *,
        logged: Logged | None = None,
        signer: TestAgency | None = None,
        to: PublicSealingKey = ANSWER_KEY.public,
        cb: dict[str, Any] | None = None,
        payload: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the item of one agency's answer; the keywords say what is wrong with it."""
        agency = items[0].agency
        logged = logged or self.access(agency)
        signing = signer or self.agencies[agency]
        question_jti = base64url.encode(self.random(16))
        binding = {
            "iss": agency,
            "aud": PROGRAMME,
            "jti": base64url.encode(self.random(16)),
            "iat": AT,
            "exp": AT + 300,
            "answer_by": AT + 300,
            "cid": grant_commitment(question_jti, GID),
            "ckpt": SeenCheckpoint(3, b"r" * 32),
            "rj": question_jti,
            **(cb or {}),
        }
        answer = AnswerPayload(
            salt=self.random(32),
            answers=tuple(
                Answered(each.question, dict(each.params), answers[each.question])  # type: ignore[arg-type]
                for each in items
            ),
            as_of="2026-11-20",
            request_id=REQUEST_ID,
            subject=SUBJECT,
            entry=base64url.encode(leaf_hash(logged.entry)),
        )
        answer = dataclasses.replace(answer, **(payload or {}))
        message = seal_message(
            answer.to_members(),
            Cb(**binding),
            kind="answer",
            recipient=to,
            signer=signing.signing,
            statement=vouch(agency, signing.signing, signing.root),
            randomness=self.random,
        )
        return {
            "agency": agency,
            "status": "answered",
            "answer": message.members(),
            "entry": logged.index,
            "proof": logged.proof,
        }


ALIVE = Item("dukcapil", "alive")
LIVES = Item("dukcapil", "lives_in", {"area": "35.10.15.2004"})
CAR = Item("polri", "owns_car")
BALANCE = Item("himbara", "balance_above", {"rupiah": 5_000_000})
ITEMS = (ALIVE, LIVES, CAR, BALANCE)
WANTED = Wanted(PROGRAMME, REQUEST_ID, SUBJECT, ITEMS)
