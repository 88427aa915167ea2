"""What guards the portal's pages: an opaque cookie, a form token, and the response headers.

The cookie is 32 random bytes and says nothing; applications are kept under its hash. The form
token follows from it by a key that never leaves this program, so nothing need be stored for it.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from flask import Request, Response
from werkzeug.exceptions import Forbidden

from broker.programme.settings import ProgrammeSettings
from keys import base64url
from keys.kek import KekProvider, RandomBytes

FORM_FIELD: Final = "form_token"
COOKIE_SECONDS: Final = 90 * 86_400
_COOKIE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class Guard:
    """The portal's cookie and form token."""

    def __init__(
        self, settings: ProgrammeSettings, kek: KekProvider, *, random: RandomBytes
    ) -> None:
        self._settings = settings
        self._kek = kek
        self._random = random
        # Over plain http, which only loopback may, clients do not send Secure cookies back.
        self._name = "__Host-perlinsos" if settings.is_https else "perlinsos"

    def session(self, request: Request) -> str | None:
        """Return the browser's session, if its cookie has our form."""
        cookie = request.cookies.get(self._name, "")
        return cookie if _COOKIE.fullmatch(cookie) else None

    def new_session(self) -> str:
        """Return a new session's secret."""
        return base64url.encode(self._random(32))

    def set_session(self, response: Response, session: str) -> None:
        """Have the browser keep its session."""
        response.set_cookie(
            self._name,
            session,
            max_age=COOKIE_SECONDS,
            secure=self._settings.is_https,
            httponly=True,
            # Lax: the broker's redirect back must carry it, another site's form must not.
            samesite="Lax",
            path="/",
        )

    def end_session(self, response: Response) -> None:
        """Have the browser forget its session and what it kept of our pages.

        The next person on a shared telephone finds no application in the history. Not "cookies":
        that would reach every other site of the same domain.
        """
        response.delete_cookie(
            self._name, path="/", secure=self._settings.is_https, httponly=True, samesite="Lax"
        )
        response.headers["Clear-Site-Data"] = '"cache", "storage"'

    def form_token(self, session: str) -> str:
        """Return what our own forms carry in this session."""
        return base64url.encode(self._kek.mac("portal-form", session.encode("ascii")))

    def check_form(self, request: Request) -> str:
        """Return the session of a form sent from a page of ours; raise Forbidden otherwise."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None and site not in {"same-origin", "none"}:
            raise Forbidden("sent from another site")
        origin = request.headers.get("Origin")
        if origin is not None and origin != self._settings.url:
            raise Forbidden("sent from another origin")
        session = self.session(request)
        sent = request.form.get(FORM_FIELD, "").encode("utf-8", "replace")
        if session is None or not hmac.compare_digest(sent, self.form_token(session).encode()):
            raise Forbidden("not from a page of this session")
        return session

    def protect(self, response: Response) -> Response:
        """Return the response with its guarding headers."""
        headers = response.headers
        headers["Content-Security-Policy"] = "; ".join(
            (
                "default-src 'none'",
                "style-src 'self'",
                # Applying is a form whose answer leads to the broker.
                f"form-action 'self' {self._settings.issuer}",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            )
        )
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        # Not `no-referrer`: under it, browsers send `Origin: null` with our own forms.
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if response.mimetype != "text/css":
            # A shared telephone: the next person must not find this page with the Back button.
            headers["Cache-Control"] = "no-store"
        if self._settings.is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        return response
