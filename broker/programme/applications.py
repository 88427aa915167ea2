"""One application from beginning to outcome. The file to read first; it decides nothing itself.

Begin: the person is sent to the broker, which asks her. Return: her "yes" becomes a token, the
agencies are asked, their answers checked, the formula run, the decision's digest put into the
log. Whatever fails on the way leads to a person who looks, never to a "no".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import structlog

from audit.note import Verifier
from broker.programme.answers import Believed, Reading, Wanted, read_answers
from broker.programme.client import POLL_SECONDS, IzinClient, Token, Verified
from broker.programme.committed import check_committed
from broker.programme.deciding import SALT_BYTES, Decision, decide, formula_for
from broker.programme.errors import (
    IzinContradictionError,
    IzinRefusedError,
    IzinUnavailableError,
    PermissionDeniedError,
    ProgrammeError,
    ReturnError,
)
from broker.programme.identity import ProgrammeIdentity
from broker.programme.records import Application, Asked, Decided, Records
from broker.programme.request import (
    format_details,
    format_items,
    read_granted,
    read_items,
    request_for,
)
from broker.programme.returning import Pending
from broker.programme.statements import decision_statement
from keys import base64url
from keys.kek import RandomBytes
from keys.signing import VerifyKey
from policies.policy import Policy

LONGEST_WAIT_SECONDS: Final = 120
"""A token that lasts for this long is not renewed before it is used."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class Programme:
    """One programme: its keys, and the broker as it sees it."""

    identity: ProgrammeIdentity
    client: IzinClient


@dataclass(frozen=True)
class Applications:
    """What happens to applications; put together once, in `wiring`.

    log, agencies: from the trust file. patience_seconds: how long slow agencies are waited for.
    """

    programmes: Mapping[str, Programme]
    records: Records
    policy: Policy
    log: Verifier
    agencies: Mapping[str, VerifyKey]
    redirect_uri: str
    patience_seconds: int
    clock: Callable[[], datetime]
    random: RandomBytes = field(repr=False)

    def begin(self, programme: str, area: str, *, session: str, lang: str) -> str:
        """Push the request that the formula in this area needs; return where she is asked.

        session: the browser's secret cookie. Raises IzinUnavailableError and the others.
        """
        now = self.clock()
        formula = formula_for(self.policy, programme, area, on=now.date())
        request = request_for(formula, self.policy, today=now.date())
        pending = Pending.new(self.random)
        client = self.programmes[programme].client
        request_uri = client.par(format_details(request), pending, redirect_uri=self.redirect_uri)
        held = {
            "state": pending.state,
            "verifier": pending.verifier,
            "asked": format_items(request.items),
        }
        application = Application(self._id(), programme, area, lang, "begun", held)
        self.records.begin(
            application, session=session, state=pending.state, at=int(now.timestamp())
        )
        _log.info("application.begun", programme=programme)
        return client.authorize_url(request_uri)

    def returned(self, query: Mapping[str, str], *, session: str) -> Application:
        """Go on with what the browser brought back, to the outcome; return the application.

        Raises ReturnError where it is not the answer to a request of this session.
        """
        application = self.records.came_back(query.get("state", ""), session=session)
        if application is None:
            raise ReturnError("the return is not to a request of this session")
        held = application.held
        client = self.programmes[application.programme].client
        asked = read_items(held["asked"])
        try:
            token = client.exchange(
                query, Pending(held["state"], held["verifier"]), redirect_uri=self.redirect_uri
            )
            granted = read_granted(token.details, asked=asked, programme=application.programme)
        except PermissionDeniedError:
            return self._changed(application, "denied", {"asked": held["asked"]})
        except ProgrammeError as error:
            # Also a return with another `iss`: the request is over, whoever sent her here.
            _log.warning(
                "application.failed", programme=application.programme, error=type(error).__name__
            )
            return self._changed(application, "failed", {"asked": held["asked"]})
        kept = {
            "asked": held["asked"],
            "granted": format_items(granted),
            "grant_id": token.grant_id,
            **_held_token(token),
        }
        application = self._changed(application, "granted", kept)
        self._ask(application)
        return application

    def again(self, ref: str, *, session: str) -> Application | None:
        """Ask once more with the same permission; None = no such application of this session."""
        application = self.records.find(ref, session=session)
        if application is not None and application.status == "granted":
            self.settle()
            self._ask(application)
        return application

    def settle(self) -> None:
        """Post the decisions that did not reach the log: a crash, or a broker that was away."""
        for decided in self.records.unposted():
            if decided.programme in self.programmes:
                self._post(decided)

    # Steps

    def _ask(self, application: Application) -> None:
        now = int(self.clock().timestamp())
        request_id = self.records.ask(application.ref, request_id=self._id(), at=now)
        programme, held = self.programmes[application.programme], application.held
        # The row is there before the request leaves: after a crash, or when the response is
        # lost, the same request_id asks the same thing and costs no second use.
        body = {
            "grant_id": held["grant_id"],
            "request_id": request_id,
            "answer_key": programme.identity.answer.public.jwk(),
            "answer_key_statement": programme.identity.answer_statement,
        }
        try:
            application, token = self._fresh(application, at=now)
            held = application.held
            verified = self._patiently(programme.client, token, body)
            if held.get("subject", verified.subject) != verified.subject:
                raise IzinContradictionError("the permission is about another person now")
        except IzinUnavailableError:
            _log.warning("verification.unavailable", programme=application.programme)
            return
        except IzinRefusedError as error:
            result = {"reasons": list(error.reasons), "problem": error.problem}
            self.records.finish(application, Asked(request_id, "refused", result))
            return
        except IzinContradictionError as error:
            _log.error(
                "verification.contradicts",
                programme=application.programme,
                error=type(error).__name__,
            )
            self.records.finish(application, Asked(request_id, "faulty", {}))
            return
        if "subject" not in held:
            held = {**held, "subject": verified.subject}
            application = self._changed(application, application.status, held)
        reading = self._read(application, request_id, verified)
        decision = self._decide(application, reading)
        self._settle(application, request_id, verified, reading, decision)

    def _fresh(self, application: Application, *, at: int) -> tuple[Application, Token]:
        """Return a token that lasts for the question, kept with the application if it is new.

        Weeks later the first one is long over; the refresh token lives as long as her permission.
        """
        held = application.held
        token = Token(held["token"], held["expires"], held["grant_id"], [], held.get("refresh", ""))
        lasts = token.expires > at + min(self.patience_seconds, LONGEST_WAIT_SECONDS)
        if lasts or not token.refresh_token:
            return application, token
        client = self.programmes[application.programme].client
        try:
            token = client.refresh(token.refresh_token, grant_id=token.grant_id)
        except IzinRefusedError as error:
            if error.problem != "invalid_grant":
                raise
            # Withdrawn or over: the same words as when the API says it.
            raise IzinRefusedError("grant-not-live", []) from error
        held = {**held, **_held_token(token)}
        return self._changed(application, application.status, held), token

    def _patiently(self, client: IzinClient, token: Token, body: Mapping[str, Any]) -> Verified:
        """Ask, and wait for slow agencies, but not for ever: a person can take over."""
        began = time.monotonic()
        verified = client.verify(token, body)
        while verified.status == "pending":
            left = self.patience_seconds - (time.monotonic() - began)
            if left < 1:
                break
            wait = min(POLL_SECONDS, int(left))
            verified = client.poll(token, verified.verification_id, wait=wait)
        return verified

    def _read(self, application: Application, request_id: str, verified: Verified) -> Reading:
        identity = self.programmes[application.programme].identity
        wanted = Wanted(
            programme=application.programme,
            request_id=request_id,
            subject=verified.subject,
            items=read_items(application.held["granted"]),
        )
        reading = read_answers(
            verified.items,
            wanted,
            Believed(self.log, self.agencies, identity.answer),
            at=int(self.clock().timestamp()),
        )
        for fault in reading.faults:
            _log.error(
                "answer.not_believed",
                programme=application.programme,
                agency=fault.agency,
                reason=fault.reason,
                verification_id=verified.verification_id,
            )
        return reading

    def _decide(self, application: Application, reading: Reading) -> Decision:
        on = self.clock().date()
        formula = formula_for(self.policy, application.programme, application.area, on=on)
        return decide(formula, reading, salt=self.random(SALT_BYTES))

    def _settle(
        self,
        application: Application,
        request_id: str,
        verified: Verified,
        reading: Reading,
        decision: Decision,
    ) -> None:
        statement = decision_statement(
            self.programmes[application.programme].identity,
            subject=verified.subject,
            verification_id=verified.verification_id,
            formula=decision.formula,
            digest=decision.digest,
        )
        decided = Decided(
            request_id,
            application.programme,
            decision.formula,
            decision.digest,
            "made",
            None,
            {
                "statement": statement,
                "salt": base64url.encode(decision.salt),
                "opening": dict(decision.opening),
                "result": decision.result,
                "points": decision.points,
                "reasons": [
                    {"id": each.id, "text_id": each.text.id, "text_en": each.text.en}
                    for each in decision.reasons
                ],
            },
        )
        result = {
            "verification_id": verified.verification_id,
            "status": verified.status,
            "replies": [
                {
                    "agency": reply.agency,
                    "status": reply.status,
                    "reason": reply.reason,
                    "index": reply.index,
                    "as_of": reply.as_of,
                    "answers": [[*key, answer] for key, answer in reply.answers.items()],
                }
                for reply in reading.replies
            ],
        }
        # Kept first: a crash now leaves a decision that `settle` posts at the next start.
        if self.records.finish(application, Asked(request_id, "answered", result), decided):
            self._post(decided)

    def _post(self, decided: Decided) -> None:
        programme = self.programmes[decided.programme]
        try:
            committed = programme.client.post_decision(decided.content["statement"])
            check_committed(
                committed.entry,
                committed.proof,
                committed.index,
                self.log,
                kind="decision.made",
                members={
                    "programme": decided.programme,
                    "formula": decided.formula,
                    "digest": decided.digest,
                },
            )
        except IzinRefusedError as error:
            if error.problem == "formula-not-in-force":
                # The decision does not count: a person decides instead (P10).
                self.records.posted(decided.request_id, status="not_in_force", index=None)
            _log.error("decision.refused", programme=decided.programme, reason=error.problem)
            return
        except ProgrammeError as error:
            _log.error(
                "decision.not_logged", programme=decided.programme, error=type(error).__name__
            )
            return
        self.records.posted(decided.request_id, status="logged", index=committed.index)
        _log.info("decision.logged", programme=decided.programme, index=committed.index)

    def _changed(
        self, application: Application, status: str, held: Mapping[str, Any]
    ) -> Application:
        changed = replace(application, status=status, held=held)
        self.records.change(changed)
        return changed

    def _id(self) -> str:
        return base64url.encode(self.random(16))


def _held_token(token: Token) -> dict[str, Any]:
    return {
        "token": token.access_token,
        "expires": token.expires,
        "refresh": token.refresh_token,
    }
