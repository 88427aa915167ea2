"""What every program needs of its machine: versions, folders, disk, port, database, log."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx2
import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Engine, text

from audit.log import Log
from audit.note import Signer
from audit.opening import open_store
from broker.db import DatabaseError, check_sqlite, open_engine
from broker.doctor.finding import Finding, check
from broker.errors import BrokerError
from broker.health import check_database
from broker.migrate import is_current
from broker.serving import PortTakenError, check_port_free
from keys.errors import KeysError
from keys.providers.file import FileKek

OLDEST_PYTHON: Final = (3, 11)
LEAST_FREE_BYTES: Final = 1_000_000_000
LOOK_SECONDS: Final = 5
DAY_SECONDS: Final = 86_400
RENEW_DAYS: Final = 30


def versions() -> Iterator[Finding]:
    """Look at Python and SQLite."""
    yield check("Python", _python)
    yield check("SQLite", _sqlite)


def variables(environment: Mapping[str, str], known: set[str], prefix: str) -> Finding:
    """Look for variables of `prefix` that set nothing: a misspelt one would be passed over."""
    for name in sorted(environment):
        if name.startswith(prefix) and name not in known:
            return Finding("variables", False, f"{name} sets nothing; see docs/settings.md")
    return Finding("variables", True, "every one is a setting")


def folder(home: Path) -> str:
    """Return that nobody else can read the folder."""
    status = home.stat()
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BrokerError(f"others can read {home}: run chmod 700 on it")
    if status.st_uid not in {0, os.geteuid()}:
        raise BrokerError(f"{home} belongs to another user; run this as that user")
    return f"only this user can read {home}"


def disk(home: Path) -> str:
    """Return how much room there is."""
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE_BYTES:
        raise BrokerError("less than 1 GB is free; once the disk is full, nothing is asked")
    return f"{free // 1_000_000_000} GB free"


@dataclass(frozen=True)
class Stores:
    """A program's key-encryption key and its database, both opened."""

    kek: FileKek
    engine: Engine


def open_stores(
    kek_path: Path, database_url: str, migrations: Path, *, keys_by: str | None, tables_by: str
) -> Generator[Finding, None, Stores | None]:
    """Open both; return None where one of them has to be mended before anything else is looked at.

    keys_by: the command that makes the keys, if one may be run again. tables_by: the one that
    brings the tables to this version. The caller disposes of the engine.
    """
    try:
        kek = FileKek.open(kek_path)
    except KeysError as error:
        makes = "" if keys_by is None else f"; `{keys_by}` makes them"
        yield Finding("keys", False, f"{error}{makes}")
        return None
    try:
        engine = open_engine(database_url)
    except BrokerError as error:
        yield Finding("database", False, str(error))
        return None
    found = check("database", lambda: database(engine, migrations, tables_by))
    yield found
    if found.is_good:
        return Stores(kek, engine)
    engine.dispose()
    return None


def database(engine: Engine, migrations: Path, mend: str) -> str:
    """Return that the database is whole and writable. mend: what brings it to this version."""
    if not is_current(engine, migrations):
        raise DatabaseError(f"the tables are of another version; `{mend}` mends that")
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            found = connection.execute(text("PRAGMA quick_check(1)")).scalar()
        if found != "ok":
            raise DatabaseError("the database file is damaged; restore it from a backup")
    check_database(engine)
    return "whole, writable, and of this version"


def log(
    place: Path | str, signer: Signer, *, promised: Callable[[Log], None] = lambda _log: None
) -> str:
    """Return that the log opens, fits its head, signs a checkpoint and could take an entry.

    promised: raises where the log lacks something that was given out.
    """
    if isinstance(place, Path) and not place.exists():
        raise BrokerError(f"there is no {place}; restore it, it cannot be made anew")
    open_store(place).close()  # a log would begin itself where there is none
    # Opening recomputes the log's end and compares it with its head.
    opened = Log(place, signer, clock=lambda: datetime.now(UTC))
    try:
        promised(opened)
        opened.check_ready()
        return f"{opened.size} entries; its end fits, its checkpoint signs, it takes entries"
    finally:
        opened.close()


def port(host: str, number: int, *, is_https: bool) -> str:
    """Return that the port is free, or that a program of ours answers there."""
    try:
        check_port_free(host, number)
    except PortTakenError as error:
        where = f"[{host}]" if ":" in host else host
        try:
            answer = httpx2.get(f"http://{where}:{number}/healthz", timeout=LOOK_SECONDS)
        except httpx2.HTTPError:
            raise error from None
        if answer.status_code != 200 or "ok" not in answer.text[:32]:
            raise error from None
        return f"{number} is in use, by this program as it seems; it answers"
    proxy = "; a proxy must end TLS in front of it" if is_https else ""
    return f"{number} is free{proxy}"


def lasting(until: int, *, at: int, mend: str) -> str:
    """Return for how long a statement still counts. until, at: Unix seconds."""
    days = (until - at) // DAY_SECONDS
    if days < RENEW_DAYS:
        raise BrokerError(f"the root's statement for a key ends in {max(0, days)} days; {mend}")
    return f"vouched for, for another {days} days"


def _python() -> str:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        raise BrokerError(f"Python {found} is too old; install 3.11 or later")
    return found


def _sqlite() -> str:
    check_sqlite(sqlite.sqlite_version_info)
    return f"{sqlite.sqlite_version} keeps what it acknowledged"
