"""Confirming a grant: her choices once more, then evidence over exactly them.

Between her answers and this page the grant is only proposed. The order: check the evidence against
the proposal's challenge, use the request up, then give, which ends in the same batch the grant that
it replaces, if any. A crash between the last two costs her a second visit and changes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import OAuth2Error
from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import Gone
from werkzeug.wrappers import Response as WerkzeugResponse

from consent import change_words, continuing, drafts, sign_in_words
from consent.appending import today
from consent.assertion import check_assertion, read_assertion
from consent.building import Proposal
from consent.calendar import day_words
from consent.enrolment import request_options
from consent.errors import (
    ChangedError,
    PasskeyError,
    RequestError,
    StateError,
    UnknownGrantError,
)
from consent.evidence import BROKER_ATTESTED, passkey_evidence
from consent.extending import choices, extended_request
from consent.grants import GrantRecord
from consent.notice import write_notice
from consent.oauth.errors import InvalidGrantIdError
from consent.oauth.grant_management import read_asked
from consent.pages import Pages
from consent.passkeys import Passkey, Passkeys
from consent.pushed import PushedRequest, PushedRequests
from consent.screens import by_agency
from consent.session import current_session
from policies.ask import Request
from policies.words import Words

_PROPOSED: Final = "proposed"
_MOST: Final = 3


@dataclass(frozen=True)
class Proposed:
    """A proposal with what it answers. n: the grant's number.

    uri: of the request; None where she extends the grant whose number is `extends`.
    """

    n: int
    proposal: Proposal
    client_id: str
    uri: str | None = None
    extends: int | None = None


@dataclass(frozen=True)
class Confirming:
    """What the pages share: who is offered this page, and how a proposal becomes a grant."""

    pages: Pages
    passkeys: Passkeys
    pushed: PushedRequests

    def is_offered(self, person_id: str) -> bool:
        """Whether she can give evidence of her own; without any, her answers are the grant."""
        deps = self.pages.deps
        if deps.login is not None:
            return True
        return deps.site is not None and self.passkeys.of_person(person_id) is not None

    def may_extend(self, record: GrantRecord) -> tuple[date, ...]:
        """Return the days until which she may extend a grant of hers; none where she may not."""
        deps = self.pages.deps
        if record.evidence.get("kind") != BROKER_ATTESTED and not self.is_offered(record.person_id):
            # With weaker evidence than it was given with, agencies would refuse it.
            return ()
        programme = deps.grants.programme_of(record.client_id)
        return choices(record, deps.policy, client_programme=programme, today=today(deps.clock))

    def remember(
        self, record: GrantRecord, *, uri: str | None = None, extends: int | None = None
    ) -> str:
        """Keep a proposal in the session; return the address of its page."""
        session = current_session()
        kept: dict[str, Any] = {**session.get(_PROPOSED, {})}
        kept[str(record.n)] = {"grant_id": record.grant_id, "uri": uri, "extends": extends}
        session[_PROPOSED] = dict(list(kept.items())[-_MOST:])
        return f"/confirm/{record.n}"

    def find(self, n: int) -> Proposed:
        """Return the proposal of this session with this number; raises Gone."""
        person_id = self.pages.person_id()
        kept = current_session().get(_PROPOSED, {}).get(str(n))
        if kept is None:
            raise Gone
        try:
            proposal = self.pages.deps.grants.proposal(kept["grant_id"], person_id)
        except UnknownGrantError:
            raise Gone from None
        client_id = proposal.record.client_id
        return Proposed(n, proposal, client_id, uri=kept["uri"], extends=kept["extends"])

    def with_pin(self, found: Proposed) -> bool:
        """Whether her sign-in is evidence enough: not to extend what had stronger evidence."""
        if found.extends is None:
            return True
        return self._extended(found).evidence.get("kind") == BROKER_ATTESTED

    def give(self, found: Proposed, evidence: dict[str, str] | None) -> WerkzeugResponse:
        """Make the grant on checked evidence (None: the broker attests); go to its receipt."""
        grants, used = self.pages.deps.grants, None
        if found.extends is None:
            used, old = self._use(found)
        else:
            old = self._extended(found)
        try:
            record = grants.confirm(
                found.proposal, evidence, replaces=old, keeps_id=found.extends is not None
            )
        except ChangedError:
            raise  # it has words of its own
        except StateError:
            raise Gone from None
        if old is not None:
            self.pages.deps.receipts.rows.set_replaced(old.g)
        if used is not None and found.uri is not None:
            drafts.finish(found.uri, f"/grants/{record.n}")
            continuing.remember(record.n, used, at=self.pages.deps.at())
        return redirect(f"/grants/{record.n}", 303)

    def _extended(self, found: Proposed) -> GrantRecord:
        """Return the grant that a proposal extends; raises ChangedError and Gone."""
        deps, new = self.pages.deps, found.proposal.record
        for old in deps.grants.of_person(new.person_id):
            # By its number, which it loses by every change, also by a new trace key.
            if old.n == found.extends and old.is_live(at=deps.clock()):
                wanted = extended_request(old, new.valid_until)
                latest = max(self.may_extend(old), default=date.min)
                if not self._says(wanted, new) or new.valid_until > latest:
                    raise Gone
                return old
        raise ChangedError("the grant that this would extend has ended")

    def _says(self, wanted: Request, record: GrantRecord) -> bool:
        """Whether the words for a request are, now, still those that the proposal was shown with.

        Else the policy changed while she read: what she allowed is not what is asked now.
        """
        try:
            return write_notice(wanted, self.pages.deps.policy).digest == record.notice
        except RequestError:
            return False

    def _use(self, found: Proposed) -> tuple[PushedRequest, GrantRecord | None]:
        """Use the request up; return it, and the grant that the proposal replaces."""
        deps, record = self.pages.deps, found.proposal.record
        if deps.pauses.until(record.person_id, record.programme, at=deps.at()) is not None:
            # She said no to this programme elsewhere meanwhile.
            raise Gone
        if found.uri is None:
            raise Gone
        used = self.pushed.use(found.uri, found.client_id, at=deps.at())
        client = deps.clients.find(found.client_id)
        if used is None or client is None:
            raise Gone
        try:
            wanted, old = read_asked(used.payload, client, deps, person_id=record.person_id)
        except InvalidGrantIdError:
            raise ChangedError("the grant that this would replace has ended") from None
        except OAuth2Error:
            raise Gone from None
        if not self._says(wanted, record):
            raise Gone
        return used, old


def add_confirm(blueprint: Blueprint, confirming: Confirming) -> None:
    """Add /confirm/<n>."""
    pages, passkeys = confirming.pages, confirming.passkeys
    deps = pages.deps

    @blueprint.get("/confirm/<int:n>")
    def review_grant(n: int) -> Response:
        return show_review(confirming, confirming.find(n))

    @blueprint.post("/confirm/<int:n>")
    def confirm_grant(n: int) -> WerkzeugResponse:
        found = confirming.find(n)
        if request.form.get("how") == "pin":
            if not confirming.with_pin(found):
                return show_review(confirming, found, error=change_words.PROOF_NEEDED)
            return confirming.give(found, None)
        passkey = passkeys.of_person(found.proposal.record.person_id)
        if passkey is None:
            return show_review(confirming, found, error=sign_in_words.CONFIRM_WRONG)
        try:
            evidence = _evidence(found.proposal, passkey)
        except PasskeyError:
            return show_review(confirming, found, error=sign_in_words.CONFIRM_WRONG)
        return confirming.give(found, evidence)

    def _evidence(proposal: Proposal, passkey: Passkey) -> dict[str, str]:
        """Return the sent assertion as evidence; raises PasskeyError."""
        assertion = read_assertion(request.form.get("credential", ""))
        if deps.site is None or assertion.credential_id != passkey.credential_id:
            raise PasskeyError("the assertion is by another passkey")
        count = check_assertion(
            assertion,
            passkey.public_key,
            challenge=proposal.challenge,
            site=deps.site,
            sign_count=passkey.sign_count,
        )
        if not passkeys.used(passkey, sign_count=count):
            raise PasskeyError("the passkey was used at the same moment")
        return passkey_evidence(assertion, passkey.public_key)


def show_review(
    confirming: Confirming, found: Proposed, *, error: Words | None = None, **error_values: str
) -> Response:
    """Return the page with her choices and the ways to confirm them."""
    deps, record = confirming.pages.deps, found.proposal.record
    passkey = confirming.passkeys.of_person(record.person_id)
    options = None
    if passkey is not None and deps.site is not None:
        options = json.dumps(
            request_options(
                found.proposal.challenge, site=deps.site, credential_id=passkey.credential_id
            )
        )
    words: dict[str, Any] = {
        "title": sign_in_words.CONFIRM_TITLE,
        "lead": sign_in_words.CONFIRM_LEAD,
        "pin_words": sign_in_words.CONFIRM_PIN,
        "change": sign_in_words.CONFIRM_CHANGE,
        "change_url": "/oauth/authorize?"
        + urlencode({"client_id": found.client_id, "request_uri": found.uri or ""}),
    }
    if found.extends is not None:
        words = {
            "title": change_words.CONFIRM_TITLE,
            "lead": change_words.CONFIRM_LEAD,
            "pin_words": change_words.CONFIRM_YES,
            "change": change_words.CONFIRM_CHANGE,
            "change_url": f"/grants/{found.extends}/extend",
            "notice": write_notice(
                extended_request(record, record.valid_until),
                deps.policy,
            ),
        }
    return confirming.pages.show(
        "confirm",
        script=options is not None,
        status=200 if error is None else 400,
        error=error,
        error_values=error_values,
        n=found.n,
        options=options,
        provider=None if deps.login is None else deps.login.name,
        programme=deps.policy.programmes[record.programme].name,
        until=day_words(record.valid_until),
        allowed=by_agency(record.granted, deps.policy),
        declined=by_agency(record.declined, deps.policy),
        with_pin=confirming.with_pin(found),
        **words,
    )
