"""The broker's settings: `$IZIN_HOME/izin.toml`, each overridden by an `IZIN_*` variable.

Read once at start; everything is checked then, and each complaint says what to write.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from broker.db import in_home
from broker.errors import BrokerError

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_ORIGIN: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?")


class SettingsError(BrokerError):
    """A setting is missing or cannot be used as it stands."""


@dataclass(frozen=True)
class Settings:
    """What the broker must know before it starts.

    issuer: the broker's public URL, also the OAuth issuer and the audience of its tokens.
    origin: the log's name (no scheme, no port), also the broker's name in sealed messages.
    policies: a folder of policy rows; None = those that come with Izin.
    deadline_seconds: how long one verification waits for all its agencies together.
    open_entries: whether anybody may read fresh entry bundles (the demo); otherwise a reader's
    token is needed for those of the last 24 hours.
    entries_token_sha256: of the auditors' token, hex; empty = auditors have none.
    demo: everybody is invented, and every page says so; only on this machine.
    """

    home: Path
    issuer: str
    origin: str
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 16
    database: str = "sqlite:///izin.db"
    log: Path = Path("log.db")
    kek: Path = Path("kek.key")
    policies: Path | None = None
    deadline_seconds: int = 10
    open_entries: bool = False
    entries_token_sha256: str = ""
    demo: bool = False

    @property
    def database_url(self) -> str:
        """Return the database's URL, its relative file taken from the home folder."""
        return in_home(self.database, self.home)

    @property
    def log_path(self) -> Path:
        """Return the log's file."""
        return self.home / self.log

    @property
    def kek_path(self) -> Path:
        """Return the file that holds the key-encryption key."""
        return self.home / self.kek


def home_folder(environment: Mapping[str, str]) -> Path:
    """Return `IZIN_HOME`, or its default below the user's data folder."""
    chosen = environment.get("IZIN_HOME")
    return Path(chosen) if chosen else Path.home() / ".local" / "share" / "izin"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read, override and check the broker's settings.

    Raises SettingsError with one plain sentence.
    """
    environment = os.environ if environment is None else environment
    home = home_folder(environment)
    path = home / "izin.toml"
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"there is no {path}; `izin init` makes one") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    broker = table.get("broker")
    if not isinstance(broker, dict):
        raise SettingsError(f"{path} has no [broker] table")
    return parse_settings(broker, home=home, environment=environment)


def parse_settings(
    table: Mapping[str, object], *, home: Path, environment: Mapping[str, str]
) -> Settings:
    """Return the settings of the `[broker]` table, with IZIN_* variables taking precedence."""
    kinds: dict[str, type] = {
        "issuer": str, "origin": str, "host": str, "port": int, "threads": int, "database": str,
        "log": str, "kek": str, "policies": str, "deadline_seconds": int, "open_entries": bool,
        "entries_token_sha256": str, "demo": bool,
    }  # fmt: skip
    unknown = sorted(set(table) - set(kinds))
    if unknown:
        raise SettingsError(f"izin.toml: there is no setting {unknown[0]}")
    values: dict[str, object] = {}
    for name, kind in kinds.items():
        value: object = table.get(name)
        text = environment.get(f"IZIN_{name.upper()}")
        if text is not None:
            value = _from_text(text, kind, name)
        if value is None:
            continue
        if type(value) is not kind:
            raise SettingsError(f"the setting {name} must be a {_plain(kind)}")
        values[name] = Path(str(value)) if name in {"log", "kek", "policies"} else value
    for name in ("issuer", "origin"):
        if name not in values:
            raise SettingsError(f"the setting {name} is missing in izin.toml")
    settings = Settings(home=home, **values)  # type: ignore[arg-type]  # checked against kinds above
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    parts = urlsplit(settings.issuer)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        raise SettingsError("the setting issuer must be a URL such as https://izin.example")
    if settings.issuer.endswith("/"):
        raise SettingsError("the setting issuer must not end with a slash")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingsError("the issuer must be https: anyone on the way could read what is typed")
    if not _ORIGIN.fullmatch(settings.origin):
        raise SettingsError("the setting origin is a name such as izin.banyuwangi.example")
    if not re.fullmatch(r"|[0-9a-f]{64}", settings.entries_token_sha256):
        raise SettingsError("the setting entries_token_sha256 is 64 characters of hex")
    if settings.demo and (settings.host not in LOOPBACK or parts.hostname not in LOOPBACK):
        raise SettingsError("a demo serves this machine only; set demo = false for real people")
    if not 1 <= settings.port <= 65_535:
        raise SettingsError("the setting port is a number from 1 to 65535")
    if not 1 <= settings.threads <= 256:
        raise SettingsError("the setting threads is a number from 1 to 256")
    if not 1 <= settings.deadline_seconds <= 60:
        raise SettingsError("the setting deadline_seconds is a number from 1 to 60")


def _from_text(text: str, kind: type, name: str) -> object:
    if kind is int:
        if not text.isascii() or not text.isdigit():
            raise SettingsError(f"IZIN_{name.upper()} must be a number")
        return int(text)
    if kind is bool:
        if text not in {"true", "false"}:
            raise SettingsError(f"IZIN_{name.upper()} must be true or false")
        return text == "true"
    return text


def _plain(kind: type) -> str:
    return {str: "text in quotes", int: "number", bool: "true or false"}[kind]
