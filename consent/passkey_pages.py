"""Passkeys on the pages: make one after proving the PIN, sign in with it, remove it.

The PIN way stays for everybody; these pages alone carry the script (see `protection.SCRIPT_CSP`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as WerkzeugResponse

from consent import sign_in_words
from consent.assertion import check_assertion, read_assertion
from consent.calendar import moment_day
from consent.challenges import new_challenge, take_challenge
from consent.enrolment import (
    HANDLE_BYTES,
    check_new_passkey,
    creation_options,
    request_options,
)
from consent.errors import PasskeyError
from consent.language import say
from consent.login import FailureLimit
from consent.pages import Pages, own_path
from consent.passkeys import Passkeys
from consent.session import current_session
from keys.sign_in_trust import PasskeySite
from policies.words import Words

ENROL: Final = "enrol"
LOGIN: Final = "login"
ENROL_SECONDS: Final = 300
_MAY_ENROL: Final = "may-enrol"
_MOST_PIN_CHARS: Final = 32


def add_passkey_pages(
    blueprint: Blueprint,
    pages: Pages,
    passkeys: Passkeys,
    *,
    limit: FailureLimit,
    sign_in: Callable[[str], None],
) -> None:
    """Add /passkey, /passkey/new, /passkey/remove and /login/passkey.

    sign_in: begins the session of a person who has shown who she is.
    """
    deps = pages.deps

    @blueprint.get("/passkey")
    def my_passkey() -> Response:
        return _mine()

    @blueprint.post("/passkey")
    def prove_pin() -> WerkzeugResponse:
        person, site = pages.person(), deps.site
        if site is None or passkeys.of_person(person.id) is not None:
            return redirect("/passkey", 303)
        pin = request.form.get("pin", "").strip()[:_MOST_PIN_CHARS]
        # Again, although she is signed in: a passkey made on a session left open would be
        # somebody else's for good.
        if deps.persons.sign_in(person.nik, pin) != person.id:
            return _mine(error=sign_in_words.PASSKEY_PIN_WRONG, status=400)
        current_session()[_MAY_ENROL] = deps.at() + ENROL_SECONDS
        return redirect("/passkey/new", 303)

    @blueprint.get("/passkey/new")
    def new_passkey() -> WerkzeugResponse:
        person, site = pages.person(), _site()
        if current_session().get(_MAY_ENROL, 0) <= deps.at():
            return redirect("/passkey", 303)
        challenge = new_challenge(ENROL, random=deps.random, at=deps.at())
        handle = deps.random(HANDLE_BYTES)
        options = creation_options(challenge, site=site, handle=handle, name=person.name)
        return pages.show("passkey_new", script=True, options=json.dumps(options))

    @blueprint.post("/passkey/new")
    def add_passkey() -> WerkzeugResponse:
        person_id, site = pages.person_id(), _site()
        may_enrol = current_session().pop(_MAY_ENROL, 0) > deps.at()
        challenge = take_challenge(ENROL, at=deps.at())
        if not may_enrol or challenge is None:
            return redirect("/passkey", 303)
        try:
            made = check_new_passkey(request.form.get("credential", ""), challenge, site=site)
            passkeys.add(person_id, made, at=deps.at())
        except PasskeyError:
            return _mine(error=sign_in_words.PASSKEY_NOT_MADE, status=400)
        return redirect("/passkey", 303)

    @blueprint.post("/passkey/remove")
    def remove_passkey() -> WerkzeugResponse:
        passkeys.remove(pages.person_id())
        return redirect("/passkey", 303)

    @blueprint.get("/login/passkey")
    def ask_passkey() -> WerkzeugResponse:
        next_ = own_path(request.args.get("next", "/"))
        if pages.signed_in() is not None:
            return redirect(next_, 303)
        return _login(next_)

    @blueprint.post("/login/passkey")
    def check_passkey() -> WerkzeugResponse:
        next_, site = own_path(request.form.get("next", "/")), _site()
        challenge = take_challenge(LOGIN, at=deps.at())
        if limit.reached(request.remote_addr):
            return redirect("/login?" + urlencode({"next": next_}), 303)
        person_id = None if challenge is None else _whose(challenge, site)
        if person_id is None:
            limit.count(request.remote_addr)
            return _login(next_, error=say(sign_in_words.PASSKEY_LOGIN_WRONG), status=400)
        sign_in(person_id)
        return redirect(next_, 303)

    def _whose(challenge: bytes, site: PasskeySite) -> str | None:
        """Return whose passkey answered the challenge."""
        try:
            assertion = read_assertion(request.form.get("credential", ""))
            found = passkeys.find(assertion.credential_id)
            if found is None:
                return None
            count = check_assertion(
                assertion,
                found.public_key,
                challenge=challenge,
                site=site,
                sign_count=found.sign_count,
            )
        except PasskeyError:
            return None
        return found.person_id if passkeys.used(found, sign_count=count) else None

    def _mine(*, status: int = 200, error: Words | None = None) -> Response:
        found = passkeys.of_person(pages.person_id())
        since = None if found is None else moment_day(datetime.fromtimestamp(found.added_at, UTC))
        return pages.show(
            "passkey", status=status, possible=deps.site is not None, since=since, error=error
        )

    def _login(next_: str, *, status: int = 200, error: str | None = None) -> Response:
        challenge = new_challenge(LOGIN, random=deps.random, at=deps.at())
        options = request_options(challenge, site=_site())
        return pages.show(
            "login_passkey",
            status=status,
            script=True,
            next=next_,
            pin_url="/login?" + urlencode({"next": next_}),
            options=json.dumps(options),
            error=error,
        )

    def _site() -> PasskeySite:
        if deps.site is None:
            raise NotFound
        return deps.site
