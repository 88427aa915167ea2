"""What guards the pages: response headers, and that a form was sent from our own page.

Three checks on every POST, each enough against most attacks and none relied on alone: where the
browser says the request comes from (Sec-Fetch-Site, Origin), and a token that only our page knows.
The token lives in our own session table, never in the browser's cookie, so it needs no signature.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from flask import Request, Response
from werkzeug.exceptions import Forbidden

from consent.persons import RandomBytes
from consent.secret_text import new_secret
from consent.session import ServerSession, current_session

_CSP = (
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)
CSP = "; ".join(_CSP)
"""No script runs, ours or anybody's; nothing is fetched from elsewhere; nobody frames us."""

SCRIPT_CSP = "; ".join((*_CSP, "script-src 'self'"))
"""Of the pages that ask a browser for a passkey: our one file runs, nothing inline."""

FORM_FIELD = "csrf_token"
_KEY = "csrf"


def form_token(random: RandomBytes) -> str:
    """Return the session's form token, made now if there is none."""
    session = current_session()
    if _KEY not in session:
        session[_KEY] = new_secret(random)
    token: str = session[_KEY]
    return token


def check_form(request: Request, session: ServerSession, *, issuer: str) -> None:
    """Raise Forbidden unless the form was sent from a page of ours, in this session."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise Forbidden("sent from another site")
    origin = request.headers.get("Origin")
    if origin is not None and origin != origin_of(issuer):
        raise Forbidden("sent from another origin")
    sent, kept = request.form.get(FORM_FIELD, ""), session.get(_KEY)
    # No token in the session means that it ended; then nothing that was sent can match.
    if not isinstance(kept, str) or not hmac.compare_digest(sent.encode(), kept.encode()):
        raise Forbidden("not from a page of this session")


def check_navigation(request: Request) -> None:
    """Raise Forbidden if another site's link or redirect led here."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise Forbidden("led here by another site")


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL as browsers write an origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def protect(response: Response, *, issuer: str, with_script: bool = False) -> Response:
    """Return the page's response with its guarding headers. with_script: it carries our script."""
    headers = response.headers
    headers["Content-Security-Policy"] = SCRIPT_CSP if with_script else CSP
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    # Not `no-referrer`: under it, browsers send `Origin: null` with our own forms.
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if response.mimetype not in ("text/css", "text/javascript"):
        # A shared telephone: the next person must not find this page with the Back button.
        headers["Cache-Control"] = "no-store"
    if issuer.startswith("https:"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
