"""Challenges under way in a browser's session: each good once, for one thing, for five minutes."""

from __future__ import annotations

from typing import Final

from consent.enrolment import CHALLENGE_BYTES
from consent.persons import RandomBytes
from consent.session import current_session
from keys import base64url

LIFE_SECONDS: Final = 300
_KEY: Final = "challenges"


def new_challenge(purpose: str, *, random: RandomBytes, at: int) -> bytes:
    """Return a new challenge; an older one of the same purpose is worth nothing any more."""
    made = random(CHALLENGE_BYTES)
    session = current_session()
    kept = {"challenge": base64url.encode(made), "until": at + LIFE_SECONDS}
    session[_KEY] = {**session.get(_KEY, {}), purpose: kept}
    return made


def take_challenge(purpose: str, *, at: int) -> bytes | None:
    """Return the challenge of this purpose and forget it; None if there is none that holds."""
    session = current_session()
    kept = dict(session.get(_KEY, {}))
    found = kept.pop(purpose, None)
    session[_KEY] = kept
    return None if found is None or found["until"] <= at else base64url.decode(found["challenge"])
