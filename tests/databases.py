"""Where the tests find PostgreSQL: the variable DATABASE_URL_TEST, else they skip and say so.

DATABASE_URL_TEST: `postgresql://USER@HOST/DATABASE`, a database in which that user may make
schemas. Each test gets a schema of its own, which is dropped afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

VARIABLE = "DATABASE_URL_TEST"
KINDS = ("sqlite", "postgres")
_numbers = count(1)


def server() -> str | None:
    """Return the test server's URL, if there is one."""
    return os.environ.get(VARIABLE) or None


@contextmanager
def schema() -> Iterator[str]:
    """Return the URL of an empty schema on the test server; skip the test if there is none."""
    url = server()
    if url is None:
        pytest.skip(f"lacks a PostgreSQL server: set {VARIABLE}")
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    try:
        yield f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}"
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            # Whoever a test killed or forgot would hold locks that the drop waits for.
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND usename = current_user "
                "AND datname = current_database() AND pid IN (SELECT pid FROM pg_locks l "
                "JOIN pg_class c ON c.oid = l.relation "
                "WHERE c.relnamespace = %s::regnamespace)",
                (name,),
            )
            connection.execute(f"DROP SCHEMA {name} CASCADE")


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Return the URL, as `broker.db` takes it, of an empty database of this kind.

    In a file of `folder`, or in a schema that goes away afterwards.
    """
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'izin.sqlite'}"
        return
    with schema() as url:
        yield url.replace("postgresql://", "postgresql+psycopg://", 1)
