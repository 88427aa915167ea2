"""Signing in, and confirming, through an external login provider.

Both go there by a link, not by a form: browsers count a redirect after a form as the form's target,
which our policy keeps on our own site. It must not decide what a login shows (see `login_client`).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

import structlog
from flask import Blueprint, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as WerkzeugResponse

from consent import sign_in_words
from consent.confirming import Confirming, show_review
from consent.errors import LoginError
from consent.evidence import nonce_of
from consent.kept_evidence import keep_login
from consent.login import FailureLimit, SignIn, login_form
from consent.login_client import CALLBACK, Begun, LoginClient
from consent.pages import own_path
from consent.protection import check_navigation
from consent.session import current_session
from keys.seal import NONCE_BYTES

LIFE_SECONDS: Final = 600
_KEY: Final = "provider"


def add_provider_pages(
    blueprint: Blueprint, confirming: Confirming, *, limit: FailureLimit, sign_in: SignIn
) -> None:
    """Add /login/provider, /confirm/<n>/login and /login/callback."""
    pages = confirming.pages
    deps = pages.deps

    @blueprint.get("/login/provider")
    def to_sign_in() -> WerkzeugResponse:
        check_navigation(request)
        next_, client = own_path(request.args.get("next", "/")), _client()
        if limit.reached(request.remote_addr):
            return login_form(pages, next_, status=429)
        try:
            return _go(client.begin(), {"next": next_})
        except LoginError as error:
            return _not_in(next_, error)

    @blueprint.get("/confirm/<int:n>/login")
    def to_confirm(n: int) -> WerkzeugResponse:
        check_navigation(request)
        found, client = confirming.find(n), _client()
        try:
            begun = client.begin(nonce=nonce_of(found.proposal.challenge), fresh=True)
        except LoginError as error:
            return _not_confirmed(n, error)
        return _go(begun, {"n": n})

    @blueprint.get(CALLBACK)
    def provider_answer() -> WerkzeugResponse:
        client = _client()
        kept = current_session().pop(_KEY, None)
        if kept is None or kept["until"] <= deps.at():
            return redirect("/login", 303)
        begun, n = Begun(**kept["begun"]), kept.get("n")
        try:
            id_token, login = client.finish(request.args.to_dict(), begun)
        except LoginError as error:
            if n is None:
                return _not_in(kept["next"], error)
            return _not_confirmed(n, error)
        if n is not None:
            return _confirm(n, id_token, login.nik)
        person_id = deps.persons.with_nik(login.nik)
        if person_id is None:
            return _not_in(kept["next"], LoginError("she is not enrolled here"))
        sign_in(person_id)
        return redirect(kept["next"], 303)

    def _confirm(n: int, id_token: str, nik: str) -> WerkzeugResponse:
        found, person = confirming.find(n), pages.person()
        if nik != person.nik:
            return _not_confirmed(n, LoginError("somebody else signed in there"))
        evidence = keep_login(
            id_token,
            person_key=person.person_key,
            grant_id=found.proposal.record.grant_id,
            nonce=deps.random(NONCE_BYTES),
        )
        return confirming.give(found, evidence)

    def _go(begun: Begun, purpose: dict[str, Any]) -> WerkzeugResponse:
        until = deps.at() + LIFE_SECONDS
        current_session()[_KEY] = {**purpose, "begun": asdict(begun), "until": until}
        return redirect(begun.url, 303)

    def _not_in(next_: str, error: LoginError) -> WerkzeugResponse:
        _note(error)
        limit.count(request.remote_addr)
        return login_form(pages, next_, failed_provider=True, status=400)

    def _not_confirmed(n: int, error: LoginError) -> WerkzeugResponse:
        _note(error)
        return show_review(
            confirming,
            confirming.find(n),
            error=sign_in_words.LOGIN_FAILED,
            provider=_client().name,
        )

    def _client() -> LoginClient:
        if deps.login is None:
            raise NotFound
        return deps.login


def _note(error: LoginError) -> None:
    # For the operator: no text of this error says whose login it was.
    structlog.get_logger().info("login.failed", reason=str(error))
