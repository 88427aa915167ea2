"""The web half of consent, registered on a Flask app: pages for people, OAuth for programmes.

The one entrance for `broker.wiring`. It must not decide anything; it puts the files together.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from audit.errors import AuditError
from consent import change_words, wording
from consent.codes import Codes
from consent.confirming import Confirming, add_confirm
from consent.deps import ConsentDeps
from consent.errors import ChangedError, ConsentError, UnknownPersonError
from consent.extension_pages import add_extending
from consent.language import choose_language
from consent.login import FailureLimit, SignIn, add_login
from consent.oauth.authorize import add_authorize
from consent.oauth.routes import FORM_LIMIT_BYTES, oauth_blueprint
from consent.oauth.server import Server
from consent.pages import Pages, SignInNeededError
from consent.passkey_pages import add_passkey_pages
from consent.passkeys import Passkeys
from consent.protection import check_form, protect
from consent.provider_pages import add_provider_pages
from consent.pushed import PushedRequests
from consent.receipt_pages import add_receipt_pages
from consent.replacing import add_replacing
from consent.screens import add_screens
from consent.session import TableSessions, current_session
from consent.sessions import Sessions
from consent.tracing import add_trace

__all__ = ["ConsentDeps", "ErrorPage", "register"]

_WORDS = {
    403: wording.ERROR_FORM,
    404: wording.ERROR_NOT_FOUND,
    410: wording.ERROR_REQUEST,
    503: wording.ERROR_UNAVAILABLE,
}


ErrorPage = Callable[[HTTPException], Response]


def register(app: Flask, deps: ConsentDeps) -> ErrorPage:
    """Add sessions, the OAuth endpoints and the pages to `app`.

    Returns what makes a page of an error at an address that belongs to none of them, for the app
    to use where a person may have come. Raises ConsentError where the issuer is neither https nor
    on loopback.
    """
    sessions = Sessions(deps.engine, random=deps.random)
    codes = Codes(deps.engine, random=deps.random)
    pushed = PushedRequests(deps.engine, random=deps.random)
    server = Server(deps, codes, pushed)
    app.session_interface = TableSessions(sessions, issuer=deps.issuer, at=deps.at)
    app.register_blueprint(oauth_blueprint(deps, server))
    pages = Pages(deps)
    blueprint = Blueprint(
        "consent",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/static/consent",
    )
    tidy = (sessions, codes, pushed, deps.replays, deps.refresh_tokens, deps.pauses)
    limit, passkeys = FailureLimit(), Passkeys(deps.engine)
    sign_in = SignIn(deps, tidy)
    add_login(blueprint, pages, limit=limit, sign_in=sign_in)
    add_passkey_pages(blueprint, pages, passkeys, limit=limit, sign_in=sign_in)
    confirming = Confirming(pages, passkeys, pushed)
    add_confirm(blueprint, confirming)
    add_provider_pages(blueprint, confirming, limit=limit, sign_in=sign_in)
    add_authorize(blueprint, pages, server=server, pushed=pushed, confirming=confirming)
    add_screens(blueprint, pages, may_extend=confirming.may_extend)
    add_extending(blueprint, confirming)
    add_receipt_pages(blueprint, pages)
    add_trace(blueprint, pages)
    add_replacing(blueprint, pages)
    _guard(blueprint, deps)
    _answer_errors(blueprint, pages)
    app.register_blueprint(blueprint)

    def error_page(error: HTTPException) -> Response:
        choose_language()
        status = error.code or 500
        words = _WORDS.get(status, wording.ERROR_OTHER)
        return protect(pages.show("error", status=status, words=words), issuer=deps.issuer)

    return error_page


def _guard(blueprint: Blueprint, deps: ConsentDeps) -> None:
    @blueprint.before_request
    def _before() -> None:
        if request.endpoint == "consent.static":
            return
        request.max_content_length = FORM_LIMIT_BYTES
        request.max_form_memory_size = FORM_LIMIT_BYTES
        choose_language()
        if request.method == "POST":
            check_form(request, current_session(), issuer=deps.issuer)

    @blueprint.after_request
    def _after(response: Response) -> Response:
        return protect(response, issuer=deps.issuer, with_script=g.get("with_script", False))


def _again(status: int) -> str | None:
    """Return where the page of a form that came too late can be opened anew."""
    if status != 403 or request.method != "POST":
        return None
    if request.path != "/oauth/authorize":
        return request.path if request.path.endswith(("/withdraw", "/trace/key")) else None
    form = request.form
    return url_for(
        "consent.ask",
        client_id=form.get("client_id", ""),
        request_uri=form.get("request_uri", ""),
    )


def _answer_errors(blueprint: Blueprint, pages: Pages) -> None:
    """Answer in plain words. What went wrong inside is for the log, without anybody's data."""

    @blueprint.errorhandler(SignInNeededError)
    def _sign_in(error: SignInNeededError) -> ResponseReturnValue:
        return redirect(url_for("consent.login", next=error.next), 303)

    @blueprint.errorhandler(UnknownPersonError)
    def _gone(_: UnknownPersonError) -> ResponseReturnValue:
        # She was erased while signed in.
        current_session().end()
        return redirect("/", 303)

    @blueprint.errorhandler(HTTPException)
    def _http(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if status < 400:
            return error
        if request.path == "/oauth/authorize" and status == 400:
            return pages.show("error", status=status, words=wording.ERROR_REQUEST)
        words = _WORDS.get(status, wording.ERROR_OTHER)
        # Whoever answered twice finds what came of it there.
        see_grants = status == 410 and pages.signed_in() is not None
        return pages.show(
            "error", status=status, words=words, again=_again(status), see_grants=see_grants
        )

    @blueprint.errorhandler(AuditError)
    def _log(_: AuditError) -> ResponseReturnValue:
        return pages.show("error", status=503, words=wording.ERROR_UNAVAILABLE)

    @blueprint.errorhandler(ChangedError)
    def _changed(_: ChangedError) -> ResponseReturnValue:
        words = change_words.CHANGED
        return pages.show("error", status=409, words=words, see_grants=True)

    @blueprint.errorhandler(ConsentError)
    def _consent(_: ConsentError) -> ResponseReturnValue:
        return pages.show("error", status=500, words=wording.ERROR_OTHER)
