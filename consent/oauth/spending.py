"""What a request uses up: noted while it is checked, recorded together with what it does.

One transaction for the assertion's id, the proof's id and, say, the code: either the request is
the first to use each of them, or it does nothing. (It is also what makes a token cost one commit
instead of four.) Whatever a refused request noted is recorded as well, so that nobody can send it
again; only a request that was sent back for a nonce may come again as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from authlib.oauth2.rfc6749 import OAuth2Error
from sqlalchemy import Connection

from consent.deps import ConsentDeps
from consent.oauth.requests import OAuthRequest
from consent.replay import Use


def note(request: OAuthRequest, use: Use, error: Callable[[], OAuth2Error]) -> None:
    """Note that `request` uses something up; `error` makes what a second use is answered."""
    request.uses.append((use, error))


@contextmanager
def spending(request: OAuthRequest, deps: ConsentDeps) -> Iterator[Connection]:
    """Record what was noted and give the transaction to the block, which then commits.

    Raises the noted error where something was used before; then nothing is recorded here. The
    block must not raise for what is to stay used: it keeps its refusal until after.
    """
    with deps.engine.begin() as connection:
        again = deps.replays.record_all(connection, [use for use, _ in request.uses])
        for use, error in request.uses:
            if use is again:
                raise error()
        yield connection
    request.uses.clear()


def spend_rest(request: OAuthRequest, deps: ConsentDeps) -> None:
    """Record what a refused request noted, whether or not it had been used before."""
    if request.uses:
        with deps.engine.begin() as connection:
            deps.replays.record_all(connection, [use for use, _ in request.uses])
        request.uses.clear()
