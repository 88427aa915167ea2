"""The programme's settings: one TOML file, whose folder is the programme's home.

Read once at start and checked whole; each complaint says what to write. One portal serves all
programmes that `setup.prepare_programme` has made keys for in this home.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from broker.db import in_home
from broker.programme.errors import ProgrammeSettingsError

SETTINGS_NAME: Final = "programme.toml"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
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
    def redirect_uri(self) -> str:
        """Return where the broker sends the applicant back to."""
        return f"{self.url}/return"

    @property
    def is_https(self) -> bool:
        """Whether the portal is reached by https."""
        return self.url.startswith("https://")


def load_settings(path: Path) -> ProgrammeSettings:
    """Read and check the settings; raises ProgrammeSettingsError with one plain sentence."""
    return parse_settings(_read(path), home=path.parent)


def load_files(home: Path) -> Files:
    """Return where keys and database are: as the settings file says, if there is one already."""
    path = home / SETTINGS_NAME
    if not path.exists():
        return Files(home)
    return _files(_read(path), home)


def parse_settings(table: Mapping[str, object], *, home: Path) -> ProgrammeSettings:
    """Return the settings of a parsed TOML file; relative files are taken from `home`."""
    portal = _portal(table)
    for name in ("issuer", "url"):
        if name not in portal:
            raise ProgrammeSettingsError(f"the setting {name} is missing in [portal]")
    values = {
        name: Path(str(value)) if name in _PATHS else value
        for name, value in portal.items()
        if name not in {"database", "kek"}
    }
    settings = ProgrammeSettings(
        files=_files(table, home),
        **values,  # type: ignore[arg-type]  # checked against _KINDS
    )
    _check(settings)
    return settings


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ProgrammeSettingsError(f"there is no {path}; write one with a [portal]") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProgrammeSettingsError(f"{path} is not TOML: {error}") from error


def _portal(table: Mapping[str, object]) -> dict[str, object]:
    for name in table:
        if name != "portal":
            raise ProgrammeSettingsError(f"there is no table [{name}] in a programme's settings")
    portal = table.get("portal")
    if not isinstance(portal, dict):
        raise ProgrammeSettingsError("the programme's settings have no [portal] table")
    for name, value in portal.items():
        kind = _KINDS.get(name)
        if kind is None:
            raise ProgrammeSettingsError(f"[portal] has no setting {name}")
        if type(value) is not kind:
            wanted = "text in quotes" if kind is str else "a number"
            raise ProgrammeSettingsError(f"the setting {name} must be {wanted}")
    return portal


def _files(table: Mapping[str, object], home: Path) -> Files:
    portal = _portal(table)
    files = Files(home)
    return Files(
        home,
        database=str(portal.get("database", files.database)),
        kek=Path(str(portal.get("kek", files.kek))),
    )


def _check(settings: ProgrammeSettings) -> None:
    for name in ("issuer", "url"):
        url = getattr(settings, name)
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
            raise ProgrammeSettingsError(
                f"the setting {name} must be a URL such as https://perlinsos.example, without "
                "a slash at its end"
            )
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ProgrammeSettingsError(
                f"the setting {name} must be https: anyone on the way could read what is sent"
            )
    if not settings.trace_page.startswith("/"):
        raise ProgrammeSettingsError("the setting trace_page is a path such as /trace")
    for name, least, most in (
        ("port", 1, 65_535),
        ("threads", 1, 256),
        ("patience_seconds", 0, 600),
    ):
        if not least <= getattr(settings, name) <= most:
            raise ProgrammeSettingsError(f"the setting {name} is a number from {least} to {most}")
