"""Answering a question that passed every check, and no other: `answer` takes a `Checked`.

The registry gets the NIK and the question, nothing about who asks or why. The answer is in the
gateway's own log before it leaves. Nothing here may be shown in an error or a log line.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Final

from broker.binding import ACCEPT_SECONDS, ANSWER_SECONDS, Cb, SeenCheckpoint
from broker.envelope import Message, seal_message
from broker.gateway.identity import Identity
from broker.gateway.journal import Journal, RandomBytes
from broker.gateway.passed import Checked
from broker.gateway.registry.adapter import RegistryAdapter
from broker.question import Answered, AnswerPayload
from keys import base64url

SALT_BYTES: Final = 32
ID_BYTES: Final = 16
WIB: Final = timezone(timedelta(hours=7))
"""The agencies' local time (Western Indonesia), in which registries count days."""


class Answering:
    """Asks the registry, logs, seals."""

    def __init__(
        self,
        registry: RegistryAdapter,
        journal: Journal,
        identity: Identity,
        *,
        clock: Callable[[], datetime],
        random: RandomBytes,
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._identity = identity
        self._clock = clock
        self._random = random

    def answer(self, checked: Checked) -> Message:
        """Return the sealed answer; whatever the registry could not tell is `unknown` in it."""
        payload = checked.question.read.payload
        today = self._clock().astimezone(WIB).date()
        answers = tuple(
            Answered(
                asked.question,
                asked.params,
                self._registry.answer(payload.nik, asked.question, asked.params, today=today),
            )
            for asked in payload.questions
        )
        answer = AnswerPayload(
            salt=self._random(SALT_BYTES),
            answers=answers,
            as_of=self._registry.as_of(),
            request_id=payload.request_id,
            subject=payload.subject,
            entry=base64url.encode(checked.question.leaf),
        )
        members = answer.to_members()
        # Logged before it leaves: a crash now is an answer logged that nobody got, which is
        # honest and which a retry mends.
        logged = self._journal.answered(checked, answer.salt, members)
        return seal_message(
            members,
            self._binding(checked, SeenCheckpoint(logged.checkpoint.size, logged.checkpoint.root)),
            kind="answer",
            recipient=checked.judged.vouched.answer_key,
            signer=self._identity.signing,
            statement=self._identity.sign_statement,
            randomness=self._random,
        )

    def _binding(self, checked: Checked, ckpt: SeenCheckpoint) -> Cb:
        asked = checked.question.read.cb
        now = int(self._clock().timestamp())
        return Cb(
            iss=self._identity.agency,
            aud=checked.question.read.payload.programme,
            jti=base64url.encode(self._random(ID_BYTES)),
            iat=now,
            exp=now + ACCEPT_SECONDS,
            # The broker may keep the answer for the programme until the question's own end.
            answer_by=min(max(asked.answer_by, now), now + ANSWER_SECONDS),
            cid=asked.cid,
            rj=asked.jti,
            ckpt=ckpt,
        )
