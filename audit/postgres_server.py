"""Connections to a PostgreSQL that keeps what it acknowledged, or none.

This file must not know what the connections are used for, and lets no part of the address out:
libpq's own messages repeat pieces of it, be it a password that was written into the wrong place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from audit.errors import LogUnavailableError

OLDEST: Final = 150_000
"""PostgreSQL 15, the oldest that the tests run on."""

_CONNECT_SECONDS: Final = 10
# A machine that vanishes with the head locked lets it go when the server notices, not never.
_KEEPALIVES: Final[Mapping[str, Any]] = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}

# No host at all is a socket on this machine.
_NEAR: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})

Connection: TypeAlias = psycopg.Connection[Any]


def connect(url: str, settings: Mapping[str, str]) -> Connection:
    """Open a connection, each statement a transaction of its own unless told otherwise.

    settings: more run-time parameters, set for the session and read back. Raises
    LogUnavailableError for a server that cannot be reached, is too old or could lose commits.
    """
    try:
        _check_transport({**_defaults(), **conninfo_to_dict(url)})
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
            "the server's URL is not one; write postgresql://USER@HOST/DATABASE"
        ) from None
    except (psycopg.Error, UnicodeError):
        raise LogUnavailableError(
            "PostgreSQL cannot be reached, or refuses this user or database"
        ) from None
    try:
        _check_durable(connection, settings)
    except BaseException:
        connection.close()
        raise
    return connection


def _defaults() -> dict[str, str]:
    """Return what libpq takes from its environment, by the names of a URL's parts."""
    return {
        option.keyword.decode(): option.val.decode()
        for option in Conninfo.get_defaults()
        if option.val is not None
    }


def _check_transport(parts: Mapping[str, Any]) -> None:
    """Raise unless the server is on this machine, or proves by its certificate that it is ours.

    parts: of the address. libpq's own default takes any certificate, or none at all.
    """
    hosts = f"{parts.get('host') or ''},{parts.get('hostaddr') or ''}".split(",")
    is_near = all(host in _NEAR or host.startswith(("/", "@")) for host in hosts)
    if not is_near and parts.get("sslmode") not in ("verify-ca", "verify-full"):
        raise LogUnavailableError(
            "PostgreSQL beyond this machine is reached with sslmode=verify-full in its URL only"
        )


def _check_durable(connection: Connection, settings: Mapping[str, str]) -> None:
    """Take `settings`, and raise unless an acknowledged commit survives a crash of the server."""
    if connection.info.server_version < OLDEST:
        raise LogUnavailableError("that PostgreSQL is too old; 15 or later is needed")
    found = _settings(connection, ("synchronous_commit",))
    wanted = {
        # Under another level, whoever waited for the head would see what was before the wait.
        "default_transaction_isolation": "read committed",
        # A server may promise more, such as to wait for its standby; never less.
        "synchronous_commit": "remote_apply" if "remote_apply" in found.values() else "on",
        **settings,
    }
    parts = ", ".join("set_config(%s, %s, false)" for _ in wanted)
    values = [value for pair in wanted.items() for value in pair]
    connection.execute(f"SELECT {parts}", values)
    # Read back: a pooler in between may drop it. The server's own are read as they are.
    taken = _settings(connection, (*wanted, "fsync", "full_page_writes"))
    for name in ("fsync", "full_page_writes"):
        if taken[name] != "on":
            raise LogUnavailableError(f"that PostgreSQL can lose commits: {name} is not on")
    for name, value in wanted.items():
        if taken[name] != value:
            raise LogUnavailableError(f"PostgreSQL did not take {name} = {value}")


def _settings(connection: Connection, names: Sequence[str]) -> dict[str, str]:
    parts = ", ".join("current_setting(%s)" for _ in names)
    row = connection.execute(f"SELECT {parts}", names).fetchone()
    return dict(zip(names, row or (), strict=True))


@contextmanager
def translated() -> Iterator[None]:
    """Let no error of the driver out as itself."""
    try:
        yield
    except psycopg.Error as error:
        # The primary message names tables and conditions; the detail beside it names values.
        said = error.diag.message_primary or "the connection was lost"
        raise LogUnavailableError(f"the log cannot be read or written: {said}") from None
