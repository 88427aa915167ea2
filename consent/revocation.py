"""Access tokens revoked before their time, by their `jti`.

I/O through the replay table that is passed in: a revoked token is one whose single "use" as a
revoked one has happened. It must not end a grant: that is the person's to do.
"""

from __future__ import annotations

from typing import Final

from consent.replay import Replays
from consent.tokens import MAX_LIFE_SECONDS

KIND: Final = "revoked-token"
MARGIN_SECONDS: Final = 60


def revoke(replays: Replays, jti: str, *, at: int) -> None:
    """Revoke the token named `jti`, also one that is about to be issued; idempotent."""
    replays.first_use(KIND, jti, at + MAX_LIFE_SECONDS + MARGIN_SECONDS)


def is_revoked(replays: Replays, jti: str) -> bool:
    """Whether the token named `jti` was revoked; every resource must ask."""
    return replays.used(KIND, jti)
