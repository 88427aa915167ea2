"""`izin doctor`: look at configuration and environment, and say in plain words what to do.

Changes nothing. One finding a check; a check that cannot be made because an earlier one failed is
left out, so that the first thing to do comes first.
"""

from __future__ import annotations

import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx2
import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import AuditError
from audit.log import Log
from broker.agencies import Agencies
from broker.db import DatabaseError, check_sqlite, open_engine
from broker.errors import BrokerError
from broker.identity import BrokerKeys, open_keyring
from broker.migrate import BROKER, is_current
from broker.serving import PortTakenError, check_port_free
from broker.settings import Settings, load_settings
from keys.errors import KeysError
from keys.providers.file import FileKek
from policies.errors import PolicyError
from policies.load import PILOT, load

LEAST_FREE_BYTES: Final = 1_000_000_000
MOST_SKEW_SECONDS: Final = 10
LOOK_SECONDS: Final = 5


@dataclass(frozen=True)
class Finding:
    """What one check found. words: what is there, or what to do."""

    subject: str
    is_good: bool
    words: str


def examine(environment: Mapping[str, str]) -> list[Finding]:
    """Return every finding, in the order in which things should be mended."""
    return list(_examine(environment))


def _examine(environment: Mapping[str, str]) -> Iterator[Finding]:
    yield _check("Python", _python)
    yield _check("SQLite", _sqlite)
    try:
        settings = load_settings(environment)
    except BrokerError as error:
        yield Finding("settings", False, str(error))
        return
    yield Finding("settings", True, f"{settings.home / 'izin.toml'} is complete")
    yield _check("policy", lambda: _policy(settings))
    yield _check("home", lambda: _home(settings))
    yield _check("disk", lambda: _disk(settings))
    try:
        kek = FileKek.open(settings.kek_path)
    except KeysError as error:
        yield Finding("keys", False, str(error))
        return
    engine = open_engine(settings.database_url)
    try:
        database = _check("database", lambda: _database(engine))
        yield database
        if not database.is_good:
            return
        keyring = open_keyring(engine, kek, settings, clock=lambda: datetime.now(UTC))
        try:
            keys = BrokerKeys.open(keyring)
        except KeysError as error:
            yield Finding("keys", False, str(error))
            return
        yield Finding("keys", True, "every key opens")
        yield _check("log", lambda: _log(settings, keys))
        yield from _agencies(engine)
        yield _check("port", lambda: _port(settings))
    finally:
        engine.dispose()


def _check(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, True, look())
    except (BrokerError, AuditError, PolicyError, KeysError, SQLAlchemyError, OSError) as error:
        # A database driver's message could quote a row.
        words = type(error).__name__ if isinstance(error, SQLAlchemyError) else str(error)
        return Finding(subject, False, words)


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def _sqlite() -> str:
    check_sqlite(sqlite.sqlite_version_info)
    return f"{sqlite.sqlite_version} keeps what it acknowledged"


def _policy(settings: Settings) -> str:
    found = load(settings.policies or PILOT)
    return f"{len(found.catalogue.questions)} questions of {len(found.catalogue.agencies)} agencies"


def _home(settings: Settings) -> str:
    if settings.home.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BrokerError(f"others can read {settings.home}: run chmod 700 on it")
    return f"only this user can read {settings.home}"


def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.home).free
    if free < LEAST_FREE_BYTES:
        raise BrokerError("less than 1 GB is free; once the disk is full, nothing is asked")
    return f"{free // 1_000_000_000} GB free"


def _database(engine: Engine) -> str:
    if not is_current(engine, BROKER):
        raise DatabaseError("the tables are of another version; `izin serve` mends that")
    with engine.connect() as connection:
        found = connection.execute(text("PRAGMA quick_check(1)")).scalar()
    if found != "ok":
        raise DatabaseError("the database file is damaged; restore it from a backup")
    return "whole, and of this version"


def _log(settings: Settings, keys: BrokerKeys) -> str:
    if not settings.log_path.exists():
        raise BrokerError(f"there is no {settings.log_path}; restore it, it cannot be made anew")
    # Opening recomputes the log's end and compares it with its head.
    log = Log(settings.log_path, keys.log_signer, clock=lambda: datetime.now(UTC))
    try:
        log.checkpoint()
        return f"{log.size} entries; its end fits, and its checkpoint signs"
    finally:
        log.close()


def _agencies(engine: Engine) -> Iterator[Finding]:
    with httpx2.Client(timeout=LOOK_SECONDS) as http:
        routes = Agencies(engine, http).routes()
        if not routes:
            yield Finding("agencies", False, "none is registered; see `izin agency add`")
        for route in routes.values():
            yield _check(f"agency {route.id}", lambda url=route.url: _agency(url, http))  # type: ignore[misc]


def _agency(url: str, http: httpx2.Client) -> str:
    try:
        response = http.get(f"{url}/healthz")
    except httpx2.HTTPError:
        raise BrokerError(f"no gateway answers at {url}") from None
    if response.status_code != 200:
        raise BrokerError(f"the gateway at {url} is not well; ask its operator")
    told = response.headers.get("Date")
    if told is not None:
        skew = abs((datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds())
        if skew > MOST_SKEW_SECONDS:
            # A question may be at most ten seconds from the future.
            raise BrokerError(f"its clock and ours are {skew:.0f} s apart; set both by NTP")
    return f"answers at {url}"


def _port(settings: Settings) -> str:
    try:
        check_port_free(settings.host, settings.port)
    except PortTakenError:
        return f"{settings.port} is in use, by a running broker as it seems"
    return f"{settings.port} is free"
