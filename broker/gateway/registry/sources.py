"""Opening an agency's databases so that a gateway cannot change them; asks nothing itself.

SQLite files are opened with `mode=ro`; PostgreSQL and MySQL sessions are set read-only. For any
other database the agency must give the gateway an account that may only read: Izin then still
sends nothing but SELECTs and commits nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from broker.gateway.registry.config import SourceConfig
from broker.gateway.registry.errors import RegistryError

BUSY_SECONDS: Final = 2.0


def open_source(source: SourceConfig) -> Engine:
    """Return a read-only engine for the source; nothing is connected yet.

    A database that is missing or down is found when it is asked, and then is `unknown`: one of
    four banks being closed must not stop the gateway from starting.

    Raises RegistryError for a URL that cannot be used at all.
    """
    try:
        url = make_url(source.url)
        backend = url.get_backend_name()
        if backend == "sqlite":
            return _open_sqlite(None if url.query else url.database, source.name)
        # hide_parameters: an error's text would otherwise hold the NIK.
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ImportError):
        # Not the cause's text: it repeats the URL, which may hold a password.
        raise RegistryError(f"source {source.name}: the url cannot be used") from None
    if backend == "postgresql":
        return engine.execution_options(postgresql_readonly=True)
    if backend in {"mysql", "mariadb"}:
        event.listen(engine, "connect", _set_mysql_read_only)
    return engine


def _open_sqlite(database: str | None, name: str) -> Engine:
    if not database or database == ":memory:" or database.startswith("file:"):
        raise RegistryError(f"source {name}: write sqlite:///PATH of the registry's file")
    uri = f"file:{quote(str(Path(database).absolute()))}?mode=ro&immutable=0"

    def connect() -> Any:
        connection = sqlite.connect(uri, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)
        connection.execute("PRAGMA query_only = 1")
        return connection

    return create_engine(
        "sqlite://", module=sqlite, creator=connect, poolclass=QueuePool, hide_parameters=True
    )


def _set_mysql_read_only(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
    finally:
        cursor.close()
