"""The page's language: Indonesian unless the visitor chose English by the link on the page."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import urlencode

from flask import g, request

from consent.session import current_session
from policies.words import Words

Language = Literal["id", "en"]
NAMES: Final[dict[Language, str]] = {"id": "Bahasa Indonesia", "en": "English"}
_KEY: Final = "lang"


def choose_language() -> None:
    """Settle the language of this request; `?lang=` is remembered in the session."""
    session = current_session()
    asked = request.args.get("lang")
    if asked in NAMES and asked != session.get(_KEY, "id"):
        session[_KEY] = asked
    g.lang = "en" if session.get(_KEY) == "en" else "id"


def language() -> Language:
    """Return the language of this request."""
    return "en" if g.get("lang") == "en" else "id"


def other_language() -> Language:
    """Return the one that the page offers to change to."""
    return "id" if language() == "en" else "en"


def other_language_url() -> str:
    """Return this page's address in the other language.

    The answer to a form has no address of its own to come back to: there it is the start page.
    """
    if request.method != "GET":
        return "/?" + urlencode({_KEY: other_language()})
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != _KEY]
    return request.path + "?" + urlencode([*kept, (_KEY, other_language())])


def say(words: Words, **values: Words | str | int) -> str:
    """Return words in this request's language, `{holes}` filled in."""
    return pick(words).format(**{name: pick(value) for name, value in values.items()})


def pick(value: Words | str | int) -> str:
    """Return a value's text in this request's language."""
    if isinstance(value, Words):
        return value.en if language() == "en" else value.id
    return str(value)
