"""The way back to the programme, kept in the session between a person's answer and her return.

The code is issued only when she goes back, since it lives for 60 seconds and she may read, print
or photograph her receipt for longer. Until then her browser's session, and no other, can ask for
it; it may ask again, because a redirect that got lost on a bad line must not cost a consent.
"""

from __future__ import annotations

from typing import Any, Final

from consent.pushed import PushedRequest
from consent.session import current_session

LIFE_SECONDS: Final = 10 * 60
_KEY: Final = "continue"
_MOST: Final = 3


def remember(n: int, request: PushedRequest, *, at: int) -> None:
    """Keep the way back of the grant numbered `n`."""
    session = current_session()
    kept: dict[str, Any] = {**session.get(_KEY, {})}
    texts = {name: value for name, value in request.payload.items() if isinstance(value, str)}
    kept[str(n)] = {
        "client_id": request.client_id,
        "payload": texts,
        "dpop_jkt": request.dpop_jkt,
        "until": at + LIFE_SECONDS,
    }
    session[_KEY] = dict(list(kept.items())[-_MOST:])


def find(n: int, *, at: int) -> PushedRequest | None:
    """Return the request whose answer was the grant numbered `n`, while she may still go back."""
    kept = current_session().get(_KEY, {}).get(str(n))
    if kept is None or kept["until"] <= at:
        return None
    return PushedRequest(kept["client_id"], kept["payload"], kept["dpop_jkt"], kept["until"])
