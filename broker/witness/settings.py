"""A witness's settings: one TOML file, whose folder is the witness's home."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audit.errors import NoteError
from audit.note import ED25519, Verifier, parse_vkey
from broker.db import in_home
from broker.errors import BrokerError

SETTINGS_NAME: Final = "witness.toml"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._/-]{0,127}", re.ASCII)
_KINDS: Final[Mapping[str, type]] = {
    "name": str, "host": str, "port": int, "threads": int, "database": str, "kek": str,
    "logs": list,
}  # fmt: skip


class WitnessSettingsError(BrokerError):
    """A setting of the witness is missing or cannot be used as it stands."""


@dataclass(frozen=True)
class WitnessSettings:
    """What a witness must know before it starts.

    name: of its key, a URL without scheme. logs: origin -> the key that it trusts for it.
    """

    home: Path
    name: str
    logs: Mapping[str, Verifier]
    host: str = "127.0.0.1"
    port: int = 8300
    threads: int = 4
    database: str = "sqlite:///witness.db"
    kek: Path = Path("witness-kek.key")

    @property
    def database_url(self) -> str:
        """Return the database's URL, its relative file taken from the home folder."""
        return in_home(self.database, self.home)

    @property
    def kek_path(self) -> Path:
        """Return the file that holds the key-encryption key."""
        return self.home / self.kek


def load_settings(path: Path) -> WitnessSettings:
    """Read and check the settings; raises WitnessSettingsError with one plain sentence."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise WitnessSettingsError(f"there is no {path}; write one with a [witness]") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WitnessSettingsError(f"{path} is not TOML: {error}") from error
    return parse_settings(table, home=path.parent)


def parse_settings(table: Mapping[str, object], *, home: Path) -> WitnessSettings:
    """Return the settings of a parsed TOML file; relative files are taken from `home`."""
    for name in table:
        if name != "witness":
            raise WitnessSettingsError(f"there is no table [{name}] in a witness's settings")
    found = table.get("witness")
    if not isinstance(found, Mapping):
        raise WitnessSettingsError("the witness's settings have no [witness] table")
    for name, value in found.items():
        kind = _KINDS.get(name)
        if kind is None:
            raise WitnessSettingsError(f"[witness] has no setting {name}")
        if type(value) is not kind:
            raise WitnessSettingsError(f"the setting {name} is of another kind")
    for name in ("name", "logs"):
        if name not in found:
            raise WitnessSettingsError(f"the setting {name} is missing in [witness]")
    values = {
        name: Path(value) if name == "kek" else value
        for name, value in found.items()
        if name != "logs"
    }
    settings = WitnessSettings(
        home=home,
        logs=_logs(found["logs"]),
        **values,  # type: ignore[arg-type]  # checked against _KINDS
    )
    if not _NAME.fullmatch(settings.name):
        raise WitnessSettingsError("the setting name is a name such as witness.example/w1")
    for name, most in (("port", 65_535), ("threads", 256)):
        if not 1 <= getattr(settings, name) <= most:
            raise WitnessSettingsError(f"the setting {name} is a number from 1 to {most}")
    return settings


def _logs(vkeys: list[object]) -> Mapping[str, Verifier]:
    logs: dict[str, Verifier] = {}
    for vkey in vkeys:
        try:
            verifier = parse_vkey(vkey if isinstance(vkey, str) else "")
        except NoteError as error:
            raise WitnessSettingsError(f"logs holds what is no verifier key: {error}") from error
        if verifier.algorithm != ED25519 or verifier.name in logs:
            raise WitnessSettingsError("logs names each log once, with the key that it signs with")
        logs[verifier.name] = verifier
    if not logs:
        raise WitnessSettingsError("logs must name at least one log")
    return logs
