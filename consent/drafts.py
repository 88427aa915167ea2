"""Answers that are under way, kept in the session: what she chose so far, for which request.

Kept by request and by the words that were shown, so that no choice is ever carried to another
request, and none outlives a change of the words. It must not judge answers (see `answers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from consent.secret_text import stored_form
from consent.session import current_session

_DRAFTS: Final = "drafts"
_FINISHED: Final = "finished"
_MOST: Final = 3


def chosen(uri: str, notice: str) -> dict[int, str]:
    """Return her answers so far by item; notice: the digest of the words that she is shown."""
    kept = current_session().get(_DRAFTS, {}).get(_name(uri))
    if kept is None or kept["notice"] != notice:
        return {}
    return {int(index): answer for index, answer in kept["chosen"].items()}


def keep(uri: str, notice: str, answers: Mapping[int, str]) -> None:
    """Keep her answers so far."""
    texts = {str(index): answer for index, answer in answers.items()}
    _put(_DRAFTS, uri, {"notice": notice, "chosen": texts})


def finish(uri: str, location: str) -> None:
    """Forget the answers: they were given, and `location` shows what came of them."""
    session = current_session()
    session[_DRAFTS] = {
        name: each for name, each in session.get(_DRAFTS, {}).items() if name != _name(uri)
    }
    _put(_FINISHED, uri, location)


def finished(uri: str) -> str | None:
    """Return what shows the end of a request that was answered in this session.

    A form that is sent twice, or again after the back button, leads there.
    """
    found = current_session().get(_FINISHED, {}).get(_name(uri))
    return found if isinstance(found, str) else None


def _put(key: str, uri: str, what: object) -> None:
    session = current_session()
    kept: dict[str, Any] = {**session.get(key, {})}
    kept.pop(_name(uri), None)
    kept[_name(uri)] = what
    session[key] = dict(list(kept.items())[-_MOST:])


def _name(uri: str) -> str:
    # The request_uri itself is a secret between the browser and us.
    return stored_form(uri).hex()[:32]
