"""The broker's settings: `$IZIN_HOME/izin.toml`, each overridden by an `IZIN_*` variable.

Read once at start; everything is checked then, and each complaint says what to write.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from audit.opening import is_server
from audit.pruned import LEAST_DAYS
from broker.db import in_home
from broker.errors import BrokerError
from broker.reach import DEMO_ORIGIN, LOOPBACK, demo_fault, listening_fault, url_fault
from broker.reach import is_local as is_local_url
from broker.tables import check_numbers, read_table

_ORIGIN: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?")
_KINDS: Final[Mapping[str, type]] = {
    "issuer": str, "origin": str, "host": str, "port": int, "threads": int, "database": str,
    "log": str, "kek": str, "policies": str, "deadline_seconds": int, "open_entries": bool,
    "entries_token_sha256": str, "witnesses": str, "high_water": str, "pause_days": int,
    "log_bodies_days": int,
    "most_requests": int,
    "login_issuer": str, "login_client_id": str, "login_secret": str, "login_claim": str,
    "login_name": str, "login_scope": str, "demo": bool,
}  # fmt: skip
_PATHS: Final = frozenset({"kek", "policies", "witnesses", "high_water", "login_secret"})


class SettingsError(BrokerError):
    """A setting is missing or cannot be used as it stands."""


@dataclass(frozen=True)
class Settings:
    """What the broker must know before it starts.

    issuer: the broker's public URL, also the OAuth issuer and the audience of its tokens.
    origin: the log's name (no scheme, no port), also the broker's name in sealed messages.
    database, log: a file, or a server's URL, which may hold a password.
    policies: a folder of policy rows; None = those that come with Izin.
    deadline_seconds: how long one verification waits for all its agencies together.
    open_entries: whether anybody may read fresh entry bundles (the demo); otherwise a reader's
    token is needed for those of the last 24 hours.
    entries_token_sha256: of the auditors' token, hex; empty = auditors have none.
    witnesses: a C2SP tlog-policy file: who must cosign a checkpoint before a question is sent.
    high_water: a file that says how far the log had grown; to be kept out of the log's backups.
    log_bodies_days: how old accesses become in the log before `izin audit prune` removes them;
    0 = they stay.
    pause_days: for how long a programme may not ask again who declined everything; 0 = no pause.
    most_requests: how many requests of one programme may be put to one person in 30 days.
    demo: everybody is invented, and every page says so; only on this machine.
    login_issuer: an OpenID provider that people may sign in through; empty = there is none.
    login_secret: the file of the client's secret; None = a public client. login_claim: the claim
    of the ID token that holds the NIK. login_name: what the pages call the provider.
    """

    home: Path
    issuer: str
    origin: str
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 16
    database: str = field(default="sqlite:///izin.db", repr=False)
    log: str = field(default="log.db", repr=False)
    kek: Path = Path("kek.key")
    policies: Path | None = None
    deadline_seconds: int = 10
    open_entries: bool = False
    entries_token_sha256: str = ""
    witnesses: Path | None = None
    high_water: Path = Path("high-water.json")
    pause_days: int = 7
    log_bodies_days: int = 0
    most_requests: int = 10
    demo: bool = False
    login_issuer: str = ""
    login_client_id: str = ""
    login_secret: Path | None = None
    login_claim: str = "nik"
    login_name: str = ""
    login_scope: str = "openid"

    @property
    def database_url(self) -> str:
        """Return the database's URL, its relative file taken from the home folder."""
        return in_home(self.database, self.home)

    @property
    def policies_path(self) -> Path | None:
        """Return the folder of the policy's rows; None = those that come with Izin."""
        return None if self.policies is None else self.home / self.policies

    @property
    def witnesses_path(self) -> Path | None:
        """Return the witnesses' policy file; None = there are no witnesses."""
        return None if self.witnesses is None else self.home / self.witnesses

    @property
    def high_water_path(self) -> Path:
        """Return the file with the log's high-water mark."""
        return self.home / self.high_water

    @property
    def log_path(self) -> Path:
        """Return the log's file, where it is in a file."""
        return self.home / self.log

    @property
    def log_place(self) -> Path | str:
        """Return where the log is: its file, or the URL of its server."""
        return self.log if is_server(self.log) else self.log_path

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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    broker = table.get("broker")
    if not isinstance(broker, dict):
        raise SettingsError(f"{path} has no [broker] table")
    return parse_settings(broker, home=home, environment=environment)


def parse_settings(
    table: Mapping[str, object], *, home: Path, environment: Mapping[str, str]
) -> Settings:
    """Return the settings of the `[broker]` table, with IZIN_* variables taking precedence."""
    values = read_table(
        table,
        _KINDS,
        name="broker",
        paths=_PATHS,
        needed=("issuer", "origin"),
        variables="IZIN_",
        environment=environment,
        error=SettingsError,
    )
    settings = Settings(home=home, **values)  # type: ignore[arg-type]  # read_table checked them
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    issuer, host = settings.issuer, settings.host
    for fault in (
        url_fault("issuer", issuer),
        listening_fault(host, url=issuer),
        demo_fault(settings.origin, host=host, urls=(issuer,)),
    ):
        if fault is not None:
            raise SettingsError(fault)
    if issuer.endswith("/"):
        raise SettingsError("the setting issuer must not end with a slash")
    if urlsplit(issuer).path:
        raise SettingsError("the setting issuer must be a URL without a slash or a path at its end")
    if not _ORIGIN.fullmatch(settings.origin):
        raise SettingsError("the setting origin is a name such as izin.banyuwangi.example")
    if settings.origin == DEMO_ORIGIN and not settings.demo:
        raise SettingsError(
            f"the keys of {DEMO_ORIGIN} were made by `izin demo`, for invented people; make a home "
            "of your own with `izin init`"
        )
    if not re.fullmatch(r"|[0-9a-f]{64}", settings.entries_token_sha256):
        raise SettingsError("the setting entries_token_sha256 is 64 characters of hex")
    if settings.login_issuer:
        fault = url_fault("login_issuer", settings.login_issuer)
        if fault is not None:
            raise SettingsError(fault)
        if not settings.login_client_id or not settings.login_name:
            raise SettingsError("with login_issuer, write login_client_id and login_name too")
        if "openid" not in settings.login_scope.split():
            raise SettingsError("the setting login_scope must hold openid")
    is_local = host in LOOPBACK and is_local_url(issuer)
    if settings.demo and not is_local:
        raise SettingsError("a demo serves this machine only; set demo = false for real people")
    if settings.open_entries and not is_local:
        raise SettingsError(
            "open_entries = true is for a demo on this machine only; give auditors a token with "
            "entries_token_sha256"
        )
    if 0 < settings.log_bodies_days < LEAST_DAYS:
        raise SettingsError(
            f"the setting log_bodies_days is 0 (all stay) or at least {LEAST_DAYS} days"
        )
    check_numbers(
        settings,
        (
            ("port", 1, 65_535),
            ("threads", 2, 256),
            ("deadline_seconds", 1, 60),
            ("pause_days", 0, 90),
            ("log_bodies_days", 0, 36_500),
            ("most_requests", 1, 1_000),
        ),
        error=SettingsError,
    )
