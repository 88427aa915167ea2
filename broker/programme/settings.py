"""The programme's settings: one TOML file, whose folder is the programme's home.

Read once at start and checked whole; each complaint says what to write. One portal serves all
programmes that `setup.prepare_programme` has made keys for in this home.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from broker.db import in_home
from broker.programme.errors import ProgrammeSettingsError
from broker.reach import listening_fault, url_fault
from broker.tables import check_numbers, read_table

SETTINGS_NAME: Final = "programme.toml"
_KINDS: Final[Mapping[str, type]] = {
    "issuer": str, "url": str, "host": str, "port": int, "threads": int, "database": str,
    "kek": str, "trust": str, "policies": str, "trace_page": str, "patience_seconds": int,
}  # fmt: skip
_PATHS: Final = frozenset({"kek", "trust", "policies"})


@dataclass(frozen=True)
class Files:
    """What exists before the settings do: where keys and database are."""

    home: Path
    database: str = "sqlite:///programme.db"
    kek: Path = Path("programme-kek.key")

    @property
    def database_url(self) -> str:
        """Return the database's URL, its relative file taken from the home folder."""
        return in_home(self.database, self.home)

    @property
    def kek_path(self) -> Path:
        """Return the file that holds the key-encryption key."""
        return self.home / self.kek


@dataclass(frozen=True)
class ProgrammeSettings:
    """What the portal must know before it starts.

    issuer: the broker's public URL. url: the portal's own public URL; clients are registered with
    the redirect URI `url`/return. policies: a folder of policy rows; None = those that come with
    Izin. trace_page: where a person sees every access: a path of the broker. patience_seconds:
    how long an applicant waits for slow agencies before a person takes over.
    """

    files: Files
    issuer: str
    url: str
    host: str = "127.0.0.1"
    port: int = 8200
    threads: int = 8
    trust: Path = Path("trust.toml")
    policies: Path | None = None
    trace_page: str = "/trace"
    patience_seconds: int = 60

    @property
    def home(self) -> Path:
        """Return the folder of the settings file."""
        return self.files.home

    @property
    def trust_path(self) -> Path:
        """Return the trust file."""
        return self.home / self.trust

    @property
    def policies_path(self) -> Path | None:
        """Return the folder of the policy's rows; None = those that come with Izin."""
        return None if self.policies is None else self.home / self.policies

    @property
    def redirect_uri(self) -> str:
        """Return where the broker sends the applicant back to."""
        return f"{self.url}/return"

    @property
    def is_https(self) -> bool:
        """Whether the portal is reached by https."""
        return self.url.startswith("https://")


def load_settings(path: Path) -> ProgrammeSettings:
    """Read and check the settings; raises ProgrammeSettingsError with one plain sentence."""
    return parse_settings(_read(path), home=path.parent, environment=os.environ)


def load_files(home: Path) -> Files:
    """Return where keys and database are: as the settings file says, if there is one already."""
    path = home / SETTINGS_NAME
    if not path.exists():
        return Files(home)
    return _files(_portal(_read(path), os.environ), home)


def parse_settings(
    table: Mapping[str, object], *, home: Path, environment: Mapping[str, str] | None = None
) -> ProgrammeSettings:
    """Return the settings of a parsed TOML file; relative files are taken from `home`.

    environment: IZIN_PORTAL_* variables take precedence; None: there are none.
    """
    portal = _portal(table, {} if environment is None else environment)
    for name in ("issuer", "url"):
        if name not in portal:
            raise ProgrammeSettingsError(f"the setting {name} is missing in [portal]")
    values = {name: value for name, value in portal.items() if name not in {"database", "kek"}}
    settings = ProgrammeSettings(
        files=_files(portal, home),
        **values,  # type: ignore[arg-type]  # read_table checked them
    )
    _check(settings)
    return settings


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ProgrammeSettingsError(f"there is no {path}; write one with a [portal]") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProgrammeSettingsError(f"{path} is not TOML: {error}") from error


def _portal(table: Mapping[str, object], environment: Mapping[str, str]) -> dict[str, object]:
    for name in table:
        if name != "portal":
            raise ProgrammeSettingsError(f"there is no table [{name}] in a programme's settings")
    portal = table.get("portal")
    if not isinstance(portal, dict):
        raise ProgrammeSettingsError("the programme's settings have no [portal] table")
    return read_table(
        portal,
        _KINDS,
        name="portal",
        paths=_PATHS,
        needed=(),
        variables="IZIN_PORTAL_",
        environment=environment,
        error=ProgrammeSettingsError,
    )


def _files(portal: Mapping[str, object], home: Path) -> Files:
    files = Files(home)
    return Files(
        home,
        database=str(portal.get("database", files.database)),
        kek=Path(str(portal.get("kek", files.kek))),
    )


def _check(settings: ProgrammeSettings) -> None:
    for name in ("issuer", "url"):
        url = getattr(settings, name)
        fault = url_fault(name, url)
        if fault is not None:
            raise ProgrammeSettingsError(fault)
        if urlsplit(url).path:
            raise ProgrammeSettingsError(
                f"the setting {name} must be a URL such as https://{name}.example, without a slash "
                "or a path at its end"
            )
    fault = listening_fault(settings.host, url=settings.url)
    if fault is not None:
        raise ProgrammeSettingsError(fault)
    if not settings.trace_page.startswith("/"):
        raise ProgrammeSettingsError("the setting trace_page is a path such as /trace")
    check_numbers(
        settings,
        (("port", 1, 65_535), ("threads", 1, 256), ("patience_seconds", 0, 600)),
        error=ProgrammeSettingsError,
    )
