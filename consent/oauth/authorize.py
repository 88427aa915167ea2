"""The authorization endpoint: the person is asked, answers, and is sent back.

Order, which is the point of this file: look the request up (that uses nothing up), judge it again,
log that she sees it, show it; on her answer, use the request up, then give the grant, which ends in
the same batch the one that it replaces, if any. A crash between the last two costs her a second
visit and changes nothing; the reverse order would let two answers at once make two grants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog
from authlib.oauth2.rfc6749 import OAuth2Error
from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import BadRequest, Gone, ServiceUnavailable
from werkzeug.wrappers import Response as WerkzeugResponse

from consent import asking_words, continuing, drafts, views, wording
from consent.answers import EVERYTHING, NO, read_answers
from consent.calendar import second_day
from consent.confirming import Confirming
from consent.errors import ChangedError, RequestError
from consent.grants import GrantRecord
from consent.language import language, say
from consent.notice import write_notice
from consent.oauth.authorization_code import CodeGrant
from consent.oauth.errors import InvalidAuthorizationDetailsError, InvalidGrantIdError
from consent.oauth.grant_management import read_asked
from consent.oauth.issuer import error_location
from consent.oauth.server import Server
from consent.pages import Pages
from consent.protection import check_navigation
from consent.pushed import PushedRequest, PushedRequests
from consent.questions import Questions, show_questions
from consent.session import current_session
from consent.visits import Visits
from policies.ask import Request
from policies.catalogue import Fault

SEEN: Final = "seen-request"
_DECLINED: Final = "declined"
_VIEW: Final = "view"
_log = structlog.get_logger()


@dataclass(frozen=True)
class Asked(Questions):
    """A request that may be put to a person now."""

    pushed: PushedRequest
    grant: CodeGrant
    wanted: Request


class TooOftenError(Exception):
    """The programme has asked her as often as it may in a period."""

    def __init__(self, programme: str, location: str) -> None:
        self.programme = programme
        self.location = location
        super().__init__("the programme asks too often")


class PausedError(Exception):
    """She declined everything lately; the programme may not ask her again yet."""

    def __init__(self, programme: str, until: int, location: str) -> None:
        self.programme = programme
        self.until = until
        self.location = location
        super().__init__("the programme may not ask yet")


def add_authorize(
    blueprint: Blueprint,
    pages: Pages,
    *,
    server: Server,
    pushed: PushedRequests,
    confirming: Confirming,
) -> None:
    """Add /oauth/authorize, /oauth/declined and /oauth/continue/<n>."""
    deps = pages.deps
    visits = Visits(deps.replays, most=deps.most_requests)

    @blueprint.get("/oauth/authorize")
    def ask() -> WerkzeugResponse:
        if request.headers.get("Sec-Purpose", "").startswith("prefetch"):
            # Nobody is looking yet, and what is logged is that she saw it.
            raise ServiceUnavailable
        person_id = pages.person_id()
        done = drafts.finished(request.args.get("request_uri", ""))
        if done is not None:
            return redirect(done, 303)
        asked = _find(request.args.get("client_id"), request.args.get("request_uri"), person_id)
        seen = _seen_id(person_id, asked.uri)
        if not deps.replays.used(SEEN, seen):
            programme = asked.wanted.programme
            if not visits.take(person_id, programme, at=deps.at()):
                _log.info("request.too_often", programme=programme)
                raise TooOftenError(programme, _back(asked.grant, "access_denied"))
            # Logged before it is shown: what cannot be logged is not asked.
            deps.grants.requested(person_id, asked.client.client_id, asked.wanted)
            deps.replays.first_use(SEEN, seen, asked.pushed.expires)
        view = request.args.get("view", current_session().get(_VIEW, views.LIST))
        return show_questions(pages, asked, view=view, number=request.args.get("q"))

    @blueprint.post("/oauth/authorize")
    def take_answer() -> WerkzeugResponse:
        person_id = pages.person_id()
        form = request.form
        done = drafts.finished(form.get("request_uri", ""))
        if done is not None:
            return redirect(done, 303)
        try:
            asked = _find(form.get("client_id"), form.get("request_uri"), person_id)
        except InvalidGrantIdError:
            # She saw it when it was live: it was changed in another window meanwhile.
            raise ChangedError("the grant that this would replace has ended") from None
        if form.get("notice") != asked.notice.digest:
            # The policy changed while she read: what she answered is not what is asked now.
            return show_questions(pages, asked, error=say(wording.CHANGED))
        answers = read_answers(form, len(asked.wanted.items))
        if form.get(EVERYTHING) != NO:
            so_far = drafts.chosen(asked.uri, asked.notice.digest)
            drafts.keep(asked.uri, asked.notice.digest, {**so_far, **answers.chosen})
            if views.GO in form:
                return _go_on(asked, form[views.GO], form.get("q"))
        if answers.missing:
            error = say(wording.UNANSWERED)
            return show_questions(pages, asked, error=error, missing=answers.missing)
        if answers.allowed and confirming.is_offered(person_id):
            # She gives evidence of exactly these choices next; the request is used up then.
            proposal = deps.grants.propose(
                person_id,
                asked.client.client_id,
                asked.wanted,
                answers.allowed,
                asked.notice.digest,
                language(),
            )
            return redirect(confirming.remember(proposal.record, uri=asked.uri), 303)
        used = pushed.use(asked.uri, asked.client.client_id, at=deps.at())
        if used is None:
            raise Gone
        if not answers.allowed:
            deps.pauses.begin(person_id, asked.wanted.programme, at=deps.at())
            current_session()[_DECLINED] = {
                "programme": asked.wanted.programme,
                "location": _back(asked.grant, "access_denied"),
            }
            drafts.finish(asked.uri, "/oauth/declined")
            return redirect("/oauth/declined", 303)
        record = deps.grants.give(
            person_id,
            asked.client.client_id,
            asked.wanted,
            answers.allowed,
            asked.notice.digest,
            language(),
            replaces=asked.old,
        )
        if asked.old is not None:
            deps.receipts.rows.set_replaced(asked.old.g)
        continuing.remember(record.n, used, at=deps.at())
        drafts.finish(asked.uri, f"/grants/{record.n}")
        return redirect(f"/grants/{record.n}", 303)

    @blueprint.get("/oauth/declined")
    def declined() -> WerkzeugResponse:
        person_id = pages.person_id()
        kept = current_session().get(_DECLINED)
        if kept is None:
            return redirect("/", 303)
        programme = deps.policy.programmes[kept["programme"]].name
        until = deps.pauses.until(person_id, kept["programme"], at=deps.at())
        return pages.show(
            "declined",
            programme=programme,
            location=kept["location"],
            until=None if until is None else second_day(until),
        )

    @blueprint.get("/oauth/continue/<int:n>")
    def go_back(n: int) -> WerkzeugResponse:
        check_navigation(request)
        person_id = pages.person_id()
        kept = continuing.find(n, at=deps.at())
        record = _numbered(person_id, n)
        if kept is None or record is None or not record.is_live(at=deps.clock()):
            return pages.show("error", status=410, words=wording.ERROR_CONTINUE)
        grant = server.grant_for(kept)
        return server.answer(grant, person_id=person_id, grant_id=record.grant_id)

    @blueprint.errorhandler(OAuth2Error)
    def _refused(error: OAuth2Error) -> WerkzeugResponse:
        # Only an address that is registered for the client is gone back to; else a page says so.
        if error.redirect_uri is None:
            return pages.show("error", status=400, words=wording.ERROR_REQUEST)
        return server.handle_error_response(None, error)

    @blueprint.errorhandler(PausedError)
    def _paused(error: PausedError) -> Response:
        return pages.show(
            "paused",
            status=403,
            programme=deps.policy.programmes[error.programme].name,
            until=second_day(error.until),
            location=error.location,
        )

    @blueprint.errorhandler(TooOftenError)
    def _too_often(error: TooOftenError) -> Response:
        name = deps.policy.programmes[error.programme].name
        return pages.show(
            "too_often", status=403, a=asking_words, programme=name, location=error.location
        )

    def _find(client_id: str | None, uri: str | None, person_id: str) -> Asked:
        """Return what is asked; raises BadRequest, Gone, or OAuth2Error with the way back."""
        if not client_id or not uri:
            raise BadRequest
        found = pushed.peek(uri, client_id, at=deps.at())
        client = deps.clients.find(client_id)
        if found is None or client is None:
            raise Gone
        first_visit_is_over = found.payload["first_visit_until"] <= deps.at()
        if first_visit_is_over and not deps.replays.used(SEEN, _seen_id(person_id, uri)):
            raise Gone
        grant = server.grant_for(found)
        until = deps.pauses.until(person_id, client.programme, at=deps.at())
        if until is not None:
            raise PausedError(client.programme, until, _back(grant, "access_denied"))
        try:
            wanted, old = read_asked(found.payload, client, deps, person_id=person_id)
            notice = write_notice(wanted, deps.policy)
        except RequestError as error:
            fault = Fault("authorization_details", "has no words in the policy")
            raise _with_way_back(InvalidAuthorizationDetailsError.of([fault]), grant) from error
        except OAuth2Error as error:
            raise _with_way_back(error, grant) from error
        return Asked(
            uri=uri, client=client, notice=notice, old=old, pushed=found, grant=grant, wanted=wanted
        )

    def _go_on(asked: Asked, where: str, number: str | None) -> WerkzeugResponse:
        """Lead on to another page of the questions; what she chose is kept."""
        if where in (views.LIST, views.ONE):
            current_session()[_VIEW] = where
            return redirect(views.address(asked.client.client_id, asked.uri, where), 303)
        count = len(asked.wanted.items)
        at = views.question_number(number, count)
        chosen = drafts.chosen(asked.uri, asked.notice.digest)
        if at - 1 not in chosen:
            return show_questions(pages, asked, view=views.ONE, number=number, unanswered=True)
        following = views.after(at, count, chosen)
        view = views.REVIEW if following is None else views.ONE
        return redirect(views.address(asked.client.client_id, asked.uri, view, following), 303)

    def _back(grant: CodeGrant, error: str) -> str:
        state = grant.request.payload.state
        return error_location(grant.redirect_uri, error, state=state, issuer=deps.issuer)

    def _numbered(person_id: str, n: int) -> GrantRecord | None:
        found = (record for record in deps.grants.of_person(person_id) if record.n == n)
        return next(found, None)


def _with_way_back(error: OAuth2Error, grant: CodeGrant) -> OAuth2Error:
    error.redirect_uri = grant.redirect_uri
    error.state = grant.request.payload.state
    return error


def _seen_id(person_id: str, uri: str) -> str:
    return f"{person_id}:{uri}"
