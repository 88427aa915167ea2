"""Access tokens revoked before their time: one by its `jti`, or all that grew from one code.

A token's `jti` is its family, a dot and something of its own; the family follows from the code,
and every token that its refresh token gave later belongs to it. I/O through the replay table that
is passed in: a revoked token is one whose single "use" as a revoked one has happened. It must not
end a grant: that is the person's to do.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from consent.replay import Replays, Use
from consent.tokens import MAX_LIFE_SECONDS

KIND: Final = "revoked-token"
MARGIN_SECONDS: Final = 60


def revoke(replays: Replays, jti: str, *, at: int) -> None:
    """Revoke the token or family named `jti`, also one about to be issued; idempotent."""
    replays.first_use(*_mark(jti, at))


def revoke_in(connection: Connection, replays: Replays, jti: str, *, at: int) -> None:
    """Do the same as a part of the caller's transaction."""
    replays.record(connection, _mark(jti, at))


def is_revoked(replays: Replays, jti: str) -> bool:
    """Whether the token named `jti`, or its whole family, was revoked."""
    return any(replays.used(KIND, each) for each in _names(jti))


def is_revoked_in(connection: Connection, replays: Replays, jti: str) -> bool:
    """Do the same in the caller's transaction; every resource must ask."""
    return any(replays.was_recorded(connection, KIND, each) for each in _names(jti))


def family_of(jti: str) -> str:
    """Return the family of a token."""
    return jti.partition(".")[0]


def _names(jti: str) -> tuple[str, ...]:
    family = family_of(jti)
    return (jti,) if family == jti else (family, jti)


def _mark(jti: str, at: int) -> Use:
    return Use(KIND, jti, at + MAX_LIFE_SECONDS + MARGIN_SECONDS)
