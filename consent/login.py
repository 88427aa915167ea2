"""Signing in with NIK and PIN, and out; links to the other ways.

`Persons.sign_in` takes the same time and gives the same answer for an unknown NIK, a wrong PIN and
a locked one, and locks a NIK after five failures. This file adds a limit per place: one PIN tried
on many NIKs would never lock any of them. It must not write a NIK anywhere.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from werkzeug.wrappers import Response as WerkzeugResponse

from consent import sign_in_words, wording
from consent.deps import ConsentDeps
from consent.language import say
from consent.pages import PERSON, Pages, own_path
from consent.session import current_session
from policies.words import Words

FAILURES: Final = "60 per 15 minutes"
"""Per address: a village office signs in many people, and some mistype."""

_GAPS: Final = re.compile(r"[\s.-]")
_MOST_CHARS: Final = 32


class FailureLimit:
    """Counts failed sign-ins per address, in this process only: a brake, not the lock."""

    def __init__(self, limit: str = FAILURES) -> None:
        self._item: RateLimitItem = parse(limit)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def reached(self, address: str | None) -> bool:
        """Whether the address failed too often lately."""
        return not self._limiter.test(self._item, _network(address))

    def count(self, address: str | None) -> None:
        """Count one failure."""
        self._limiter.hit(self._item, _network(address))


class Forgets(Protocol):
    """A store with rows that grow old."""

    def forget(self, *, at: int) -> int:
        """Delete what is too old to matter."""
        ...


@dataclass(frozen=True)
class SignIn:
    """Begins the session of a person who has shown who she is, however she did.

    tidy: stores whose old rows a sign-in clears away.
    """

    deps: ConsentDeps
    tidy: Sequence[Forgets]

    def __call__(self, person_id: str) -> None:
        """Renew the session: what was planted in the browser before is worth nothing."""
        session = current_session()
        session.renew({PERSON: person_id, "lang": session.get("lang", "id")})
        for store in self.tidy:
            store.forget(at=self.deps.at())


def add_login(blueprint: Blueprint, pages: Pages, *, limit: FailureLimit, sign_in: SignIn) -> None:
    """Add /login and /logout."""

    @blueprint.get("/login")
    def login() -> WerkzeugResponse:
        next_ = own_path(request.args.get("next", "/"))
        if pages.signed_in() is not None:
            return redirect(next_, 303)
        return login_form(pages, next_)

    @blueprint.post("/login")
    def check_pin() -> WerkzeugResponse:
        next_ = own_path(request.form.get("next", "/"))
        if limit.reached(request.remote_addr):
            return login_form(pages, next_, error=wording.LOGIN_BUSY, status=429)
        nik = _GAPS.sub("", request.form.get("nik", ""))[:_MOST_CHARS]
        pin = request.form.get("pin", "").strip()[:_MOST_CHARS]
        person_id = pages.deps.persons.sign_in(nik, pin)
        if person_id is None:
            limit.count(request.remote_addr)
            return login_form(pages, next_, error=wording.LOGIN_WRONG, status=400)
        sign_in(person_id)
        return redirect(next_, 303)

    @blueprint.post("/logout")
    def sign_out() -> WerkzeugResponse:
        current_session().end()
        response = redirect("/", 303)
        # Also what a browser kept in memory to show at once after the Back button. Not "cookies":
        # that would sign her out of every other site of the same domain.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response


def login_form(
    pages: Pages,
    next_: str,
    *,
    status: int = 200,
    error: Words | None = None,
    failed_provider: bool = False,
) -> Response:
    """Return the sign-in page. failed_provider: the external login let nobody in.

    What was typed is not put back into the page: the next person must not read it there.
    """
    deps, query = pages.deps, urlencode({"next": next_})
    provider = None if deps.login is None else deps.login.name
    if failed_provider:
        error = sign_in_words.LOGIN_FAILED
    return pages.show(
        "login",
        status=status,
        error=None if error is None else say(error, **({"provider": provider} if provider else {})),
        mend_pin=error is not None and not failed_provider,
        next=next_,
        for_request=next_.startswith("/oauth/authorize"),
        passkey_url=None if deps.site is None else f"/login/passkey?{query}",
        provider=provider,
        provider_url=f"/login/provider?{query}",
    )


def _network(address: str | None) -> str:
    """Return what counts as one place: an IPv4 address, or an IPv6 network of one household."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
