"""Make a broker's home folder: settings, keys, database, and a log whose first entries say which
keys and which policy it starts with. Run once, by `izin init`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audit.log import Log
from broker.db import open_engine
from broker.errors import BrokerError
from broker.identity import BrokerKeys, open_keyring
from broker.keybook import KeyBook
from broker.migrate import BROKER, upgrade
from broker.papers import broker_lines
from broker.policy_note import note_policy
from broker.settings import parse_settings
from consent.persons import Clock
from keys.kek import RandomBytes
from keys.providers.file import FileKek
from policies.load import PILOT, load

SETTINGS_NAME: Final = "izin.toml"
_SETTINGS = """\
# Izin's broker. Every setting can be overridden by a variable such as IZIN_PORT=8000.
[broker]
issuer = "{issuer}"
origin = "{origin}"
port = {port}
open_entries = {open_entries}
entries_token_sha256 = "{entries_token_sha256}"
demo = {demo}
"""
_PLACES: Final = ("database", "log")


class AlreadyMadeError(BrokerError):
    """There is a broker in this folder."""


@dataclass(frozen=True)
class Made:
    """What others need to know of a new broker; all of it is public.

    vkey: the log's. lines: of the paper agreement.
    """

    home: Path
    vkey: str
    lines: tuple[str, ...]


def initialise(
    home: Path,
    *,
    issuer: str,
    origin: str,
    port: int,
    clock: Clock,
    open_entries: bool = False,
    entries_token_sha256: str = "",
    demo: bool = False,
    database: str | None = None,
    log_place: str | None = None,
    random: RandomBytes = os.urandom,
) -> Made:
    """Make a broker in `home`; safe to repeat after a failure, until the last line is written.

    clock: dates the log's first entries. database, log_place: other than files in `home`.
    Raises AlreadyMadeError, SettingsError, DatabaseError, AuditError.
    """
    table = {
        "issuer": issuer,
        "origin": origin,
        "port": port,
        "open_entries": open_entries,
        "entries_token_sha256": entries_token_sha256,
        "demo": demo,
        **({} if database is None else {"database": database}),
        **({} if log_place is None else {"log": log_place}),
    }
    settings = parse_settings(table, home=home, environment={})
    path = home / SETTINGS_NAME
    if path.exists():
        raise AlreadyMadeError(f"there is a broker in {home} already")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    kek = _kek(settings.kek_path, random)
    engine = open_engine(settings.database_url)
    upgrade(engine, BROKER)
    keys = BrokerKeys.make(open_keyring(engine, kek, settings, clock=clock))
    log = Log(settings.log_place, keys.log_signer, clock=clock)
    try:
        policy = load(settings.policies_path or PILOT)
        note_policy(engine, log, policy)
        KeyBook(engine, log).note(keys.sender.statement, keys.root.public)
        lines = broker_lines(
            origin, root=keys.root.public, consent=(keys.consent.public,), vkey=log.vkey
        )
        # Last: a home without settings is not finished, and `izin init` goes on with it.
        _write_settings(path, table)
        return Made(home, log.vkey, tuple(lines))
    finally:
        log.close()
        engine.dispose()


def _kek(path: Path, random: RandomBytes) -> FileKek:
    return (
        FileKek.open(path, random=random) if path.exists() else FileKek.create(path, random=random)
    )


def _write_settings(path: Path, table: Mapping[str, object]) -> None:
    values = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in table.items()
    }
    with path.open("x", encoding="utf-8") as file:
        file.write(_SETTINGS.format(**values))
        for name in _PLACES:
            if name in table:
                file.write(f"{name} = {json.dumps(table[name])}\n")
