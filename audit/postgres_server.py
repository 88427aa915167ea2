"""Connections to a PostgreSQL that keeps what it acknowledged, or none.

This file must not know what the connections are used for, and lets no part of the address out:
libpq's own messages repeat pieces of it, be it a password that was written into the wrong place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import psycopg

from audit.errors import LogUnavailableError

OLDEST: Final = 150_000
"""PostgreSQL 15, the oldest that the tests run on."""

_DURABLE: Final = ("on", "remote_apply")
_CONNECT_SECONDS: Final = 10
# A machine that vanishes with the head locked lets it go when the server notices, not never.
_KEEPALIVES: Final[Mapping[str, Any]] = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}

Connection: TypeAlias = psycopg.Connection[Any]


def connect(url: str, settings: Mapping[str, str]) -> Connection:
    """Open a connection, each statement a transaction of its own unless told otherwise.

    settings: more run-time parameters, set for the session and read back. Raises
    LogUnavailableError for a server that cannot be reached, is too old or could lose commits.
    """
    try:
        connection: Connection = psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            application_name="izin-log",
            client_encoding="utf8",
            **_KEEPALIVES,
        )
    except psycopg.ProgrammingError:
        raise LogUnavailableError(
            "the log's URL is not one; write postgresql://USER@HOST/DATABASE"
        ) from None
    except (psycopg.Error, UnicodeError):
        raise LogUnavailableError(
            "the log's server cannot be reached, or refuses this user or database"
        ) from None
    try:
        _check_durable(connection)
        # Under another level, whoever waited for the head would see what was before the wait.
        _set(connection, {"default_transaction_isolation": "read committed", **settings})
    except BaseException:
        connection.close()
        raise
    return connection


def _check_durable(connection: Connection) -> None:
    """Raise unless an acknowledged commit survives the crash of the server's machine."""
    if connection.info.server_version < OLDEST:
        raise LogUnavailableError("that PostgreSQL is too old; the log needs 15 or later")
    for name in ("fsync", "full_page_writes"):
        if _setting(connection, name) != "on":
            raise LogUnavailableError(f"that PostgreSQL can lose commits: {name} is not on")
    if _setting(connection, "synchronous_commit") not in _DURABLE:
        _set(connection, {"synchronous_commit": "on"})


def _set(connection: Connection, settings: Mapping[str, str]) -> None:
    """Set each parameter for the session, and read it back: a pooler in between may drop it."""
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        if _setting(connection, name) != value:
            raise LogUnavailableError(f"PostgreSQL did not take {name} = {value}")


def _setting(connection: Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
    return "" if row is None else str(row[0])


@contextmanager
def translated() -> Iterator[None]:
    """Let no error of the driver out as itself."""
    try:
        yield
    except psycopg.Error as error:
        # The primary message names tables and conditions; the detail beside it names values.
        said = error.diag.message_primary or "the connection was lost"
        raise LogUnavailableError(f"the log cannot be read or written: {said}") from None
