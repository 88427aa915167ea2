"""Which store a log's place names: a file, or a PostgreSQL server.

Drivers are imported here, when a place asks for them: an auditor's install has neither.
"""

from __future__ import annotations

from pathlib import Path

from audit.errors import LogUnavailableError
from audit.store import Store

_POSTGRES = ("postgresql://", "postgres://", "postgresql+psycopg://")


def is_server(place: Path | str) -> bool:
    """Whether `place` is the URL of a log on a server rather than a file."""
    return isinstance(place, str) and place.startswith(_POSTGRES)


def open_store(place: Path | str, *, origin: str | None = None, empty_root: bytes = b"") -> Store:
    """Open the log at `place`; make it when `origin` (of the log) is given and it is absent.

    place: a path, or `postgresql://USER@HOST/DATABASE` as libpq reads it (the form that
    SQLAlchemy writes, `postgresql+psycopg://`, is understood too).
    Raises LogUnavailableError with a plain sentence, and AuditError for the log of another origin.
    """
    if not is_server(place):
        try:
            from audit.sqlite_store import SqliteStore
        except ImportError as error:
            raise LogUnavailableError("reading a log's own file needs izin[server]") from error
        return SqliteStore(Path(place), origin=origin, empty_root=empty_root)
    try:
        from audit.postgres_store import PostgresStore
    except ImportError as error:
        raise LogUnavailableError("a log in PostgreSQL needs izin[postgres]") from error
    url = "postgresql://" + str(place).partition("://")[2]
    return PostgresStore(url, origin=origin, empty_root=empty_root)
