"""Database engines on PostgreSQL: connections that keep what they acknowledged, or none.

No tables, no queries. `broker.db` chooses between this and SQLite.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import Connection

from audit.errors import LogUnavailableError
from broker.errors import BrokerError

_ONE_LANE: Final = 0x697A696E_6C616E65
"""The number of the lock that lets one transaction of a database run at a time."""

# Whoever waits longer for a row, or leaves a transaction open, is ended: others wait for it.
_LIMITS: Final = {"lock_timeout": "10s", "idle_in_transaction_session_timeout": "30s"}


class DatabaseError(BrokerError):
    """The database cannot be opened in the form that Izin needs."""


def open_postgres(url: URL, *, at_once: bool) -> Engine:
    """Return an engine for the server and database that `url` names; see `broker.db`.

    Connects once, so that what is wrong is said now and in one sentence: raises DatabaseError.
    """
    try:
        import psycopg

        from audit.postgres_server import connect
    except ImportError as error:
        raise DatabaseError("a database in PostgreSQL needs izin[postgres]") from error
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)

    def fresh() -> Any:
        try:
            connection = connect(address, _LIMITS)
        except LogUnavailableError as error:
            # As the driver's own: what comes up in the middle of a request is a passing failure.
            raise psycopg.OperationalError(str(error)) from None
        connection.autocommit = False
        return connection

    try:
        connect(address, _LIMITS).close()
    except LogUnavailableError as error:
        raise DatabaseError(str(error)) from None
    engine = create_engine(
        "postgresql+psycopg://",
        creator=fresh,
        pool_pre_ping=True,  # a server that was restarted has cut every connection
        hide_parameters=True,
    )
    if not at_once:
        event.listen(engine, "begin", _take_the_lane)
    return engine


def _take_the_lane(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_LANE})")
