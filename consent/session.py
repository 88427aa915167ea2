"""Flask's `session` on our own table: the browser holds an opaque cookie and nothing else.

It must not decide who is signed in (see `login`); it carries what the pages put there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

from flask import Flask, Request, Response
from flask import session as flask_session
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from consent.errors import ConsentError
from consent.sessions import Sessions

SECURE_COOKIE: Final = "__Host-izin"
"""The prefix makes browsers insist on Secure, on this very host and on no other path."""

LOOPBACK_COOKIE: Final = "izin"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_COOKIE_CHARS: Final = 43


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """One browser's session. cookie: None until the session is kept."""

    def __init__(self, content: Mapping[str, Any], cookie: str | None) -> None:
        def changed(_: object) -> None:
            self.modified = True

        super().__init__(content, changed)
        self.cookie = cookie
        self.new = cookie is None
        self.modified = False
        self.accessed = False
        self.ends: str | None = None

    def renew(self, content: Mapping[str, Any]) -> None:
        """Replace content and cookie: what was planted in the browser before is worth nothing."""
        self.ends, self.cookie = self.cookie, None
        self.clear()
        self.update(content)

    def end(self) -> None:
        """End the session and forget everything in it."""
        self.renew({})


def current_session() -> ServerSession:
    """Return the session of the request that is being answered."""
    # Flask hands out a proxy; its attributes are the session's.
    return cast("ServerSession", flask_session)


def cookie_name(issuer: str) -> str:
    """Return the cookie's name under an issuer; raises ConsentError if it could be read on the way.

    Clients over plain http do not send Secure cookies back, so there only loopback is served.
    """
    parts = urlsplit(issuer)
    if parts.scheme == "https":
        return SECURE_COOKIE
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return LOOPBACK_COOKIE
    raise ConsentError("pages are served over https, or over http on loopback only")


class TableSessions(SessionInterface):
    """Opens and keeps sessions in the table `web_session`."""

    def __init__(self, sessions: Sessions, *, issuer: str, at: Callable[[], int]) -> None:
        self._sessions = sessions
        self._at = at
        self._name = cookie_name(issuer)

    def open_session(self, app: Flask, request: Request) -> ServerSession:  # noqa: ARG002
        """Return the session that the request's cookie names, else an empty one."""
        cookie = request.cookies.get(self._name, "")
        content = None
        if len(cookie) == _COOKIE_CHARS:
            content = self._sessions.find(cookie, at=self._at())
        return ServerSession({}, None) if content is None else ServerSession(content, cookie)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        """Keep what changed; an empty new session is not kept, so most requests write nothing."""
        if not isinstance(session, ServerSession):
            return
        if session.accessed:
            response.vary.add("Cookie")
        if session.ends is not None:
            self._sessions.end(session.ends)
            if session.cookie is None and not session:
                self._delete(response)
                return
        if session.cookie is None:
            if session:
                self._set(response, self._sessions.start(dict(session), at=self._at()))
        elif session.modified:
            # A session that another tab ended meanwhile stays ended.
            self._sessions.change(session.cookie, dict(session), at=self._at())
        elif session.accessed:
            # Without its content: a form that was sent twice must not put back what was there
            # before the first one was answered.
            self._sessions.lengthen(session.cookie, at=self._at())

    def _set(self, response: Response, cookie: str) -> None:
        response.set_cookie(
            self._name,
            cookie,
            secure=self._name == SECURE_COOKIE,
            httponly=True,
            # Lax: the programme's redirect to us must carry it; a foreign form's POST must not.
            samesite="Lax",
            path="/",
        )

    def _delete(self, response: Response) -> None:
        response.delete_cookie(
            self._name,
            path="/",
            secure=self._name == SECURE_COOKIE,
            httponly=True,
            samesite="Lax",
        )
