"""One question's whole way through the gateway: check, enter, answer; or refuse and say so.

The order is the privacy: nothing that depends on the person happens before the broker's
signature and the log's proof are verified (see `checks`). Reading this file is reading step 7 of
the design.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from audit.errors import AuditError
from audit.quorum import WitnessPolicy
from broker.envelope import Message
from broker.gateway import checks
from broker.gateway.answering import Answering
from broker.gateway.checkpoints import Checkpoints
from broker.gateway.errors import REASONS, GatewayRefusal
from broker.gateway.flood import Flood
from broker.gateway.identity import Identity
from broker.gateway.journal import Journal
from broker.gateway.ledger import Ledger
from broker.gateway.passed import Checked, Judged, Read
from broker.gateway.settings import GatewaySettings
from broker.gateway.withdrawals import Withdrawals
from broker.log_keys import trusted_log
from broker.problems import Problem
from keys.trust import TrustFile
from policies.catalogue import Catalogue

_log = structlog.get_logger()


@dataclass(frozen=True)
class Rules:
    """What the agency's agreement and settings say."""

    settings: GatewaySettings
    trust: TrustFile
    catalogue: Catalogue
    witnesses: WitnessPolicy


class Desk:
    """Takes messages one at a time; any number of threads."""

    def __init__(
        self,
        rules: Rules,
        identity: Identity,
        *,
        checkpoints: Checkpoints,
        withdrawals: Withdrawals,
        ledger: Ledger,
        answering: Answering,
        journal: Journal,
        clock: Callable[[], datetime],
    ) -> None:
        self._rules = rules
        self._identity = identity
        self._verifier = trusted_log(rules.trust.broker)
        self._checkpoints = checkpoints
        self._withdrawals = withdrawals
        self._ledger = ledger
        self._answering = answering
        self._journal = journal
        self._clock = clock
        self._flood = Flood()

    def seen(self) -> str | None:
        """Return the note of the largest checkpoint of the broker's log that was verified here."""
        largest = self._checkpoints.largest()
        return None if largest is None else largest[1]

    def take(self, message: Message) -> Message:
        """Return the sealed answer, or raise Problem: refused, log-unavailable, internal."""
        try:
            return self._take(message)
        except AuditError:
            # Our own log: what cannot be logged is neither answered nor refused for good.
            _log.error("log_unavailable")
            raise Problem("log-unavailable", "The gateway's log takes no entry now.") from None

    def unreadable(self) -> Problem:
        """Log a message that is not even the shape of one; return its problem."""
        try:
            return self._refuse_unread()
        except AuditError:
            return Problem("log-unavailable", "The gateway's log takes no entry now.")

    def _take(self, message: Message) -> Message:
        at = self._clock()
        try:
            question = self._read(message, at)
        except GatewayRefusal:
            raise self._refuse_unread() from None
        try:
            checked = self._enter(self._judge(question, at), at)
        except GatewayRefusal as refusal:
            raise self._refuse(question, refusal) from None
        try:
            answer = self._answering.answer(checked)
        except AuditError:
            raise
        except Exception as error:
            # The text could quote a person's data: only the kind of error is written.
            _log.error("answering_failed", error=type(error).__name__)
            self._journal.failed(checked, "internal")
            raise Problem("internal", "The gateway could not answer; try again.") from None
        # How strong the consent behind it was: who watches the gateway relies on it too.
        _log.info("answered", message_id=question.cb.jti, evidence=checked.judged.evident.kind)
        return answer

    def _read(self, message: Message, at: datetime) -> Read:
        return checks.read(
            message,
            agency=self._identity.agency,
            recipient=self._identity.sealing,
            trust=self._rules.trust,
            at=int(at.timestamp()),
        )

    def _judge(self, question: Read, at: datetime) -> Judged:
        """Steps 2 to 11."""
        agency, rules, seconds = self._identity.agency, self._rules, int(at.timestamp())
        fresh = checks.check_fresh(  # 2
            question, log=self._verifier, witnesses=rules.witnesses, at=seconds
        )
        proven = checks.check_proofs(fresh, self._verifier)  # 3
        anchored = self._checkpoints.anchor(proven, at=seconds)  # 4
        logged = checks.check_logged_question(anchored, agency=agency, at=at)  # 5
        bound = checks.check_binding(logged, agency=agency, trust=rules.trust)  # 6
        return Judged(
            bound=bound,
            traced=checks.check_trace(bound, agency=agency),  # 7
            allowed=checks.check_allowed(bound, catalogue=rules.catalogue, at=at),  # 8
            evident=checks.check_strength(  # 9
                bound,
                catalogue=rules.catalogue,
                least=rules.settings.least_evidence,
                trust=rules.trust,
            ),
            vouched=checks.check_answer_key(bound, trust=rules.trust, at=seconds),  # 10
            live=self._withdrawals.check(bound, at=seconds),  # 11
        )

    def _enter(self, judged: Judged, at: datetime) -> Checked:
        """Steps 12 to 15, committed before the registry is asked."""
        return self._ledger.enter(judged, at=int(at.timestamp()))

    def _refuse(self, question: Read, refusal: GatewayRefusal) -> Problem:
        person = self._ledger.person(question.payload.nik)
        refused = self._journal.refused(question, person, refusal.reason)
        _log.info("refused", message_id=question.cb.jti, reason=refusal.reason)
        return _problem(refusal.reason, refused.index)

    def _refuse_unread(self) -> Problem:
        count = self._flood.count(int(self._clock().timestamp()))
        index = self._journal.unreadable(count).index if count else None
        _log.info("refused", reason="unreadable", count=count)
        return _problem("unreadable", index)


def _problem(reason: str, index: int | None) -> Problem:
    members: dict[str, object] = {"reason": reason, "reasons": [reason]}
    if index is not None:
        # In the gateway's own log, so that a broker can show what became of its question.
        members["entry"] = index
    return Problem("refused", REASONS[reason], members)
