"""The gateway's settings: one TOML file, whose folder is the gateway's home.

Read once at start and checked whole; each complaint says what to write. The tables `sources` and
`questions` describe the agency's registry and are read by `registry.config`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from audit.opening import is_server
from broker.db import in_home
from broker.gateway.errors import GatewaySettingsError
from broker.reach import LOOPBACK, demo_fault, is_local, listening_fault, url_fault
from broker.tables import check_numbers, read_table
from keys.profiles import DEFAULT, PROFILES
from policies.catalogue import EVIDENCE

_AGENCY: Final = re.compile(r"[a-z0-9_.-]{1,64}")
_ORIGIN: Final = re.compile(r"[a-z0-9][a-z0-9._/-]{0,127}")
_KINDS: Final[Mapping[str, type]] = {
    "agency": str, "origin": str, "host": str, "port": int, "url": str, "threads": int,
    "database": str, "log": str, "kek": str, "trust": str, "policies": str, "grid_ms": int,
    "sealing": str, "open_entries": bool, "least_evidence": dict, "new_people_per_day": dict,
}  # fmt: skip
_PATHS: Final = frozenset({"kek", "trust", "policies"})
NEW_PEOPLE_PER_DAY: Final = 10_000


@dataclass(frozen=True)
class GatewaySettings:
    """What a gateway must know before it starts.

    origin: the name of the gateway's own log: AGENCY.ORIGIN-OF-THE-BROKER.
    url: where the broker reaches it. grid_ms: the timing grid, 0 = none.
    sealing: the algorithm of the key that questions are sealed to, when `init` makes one.
    policies: a folder of policy rows; None = those that come with Izin.
    least_evidence: question -> kind of evidence, where the agency asks for more than the catalogue.
    new_people_per_day: kind of evidence -> how many people a day may be asked about for the first
    time. open_entries: whether anybody may read fresh entries of the gateway's own log (the demo).
    registry: the tables `sources` and `questions`, as they stand.
    """

    home: Path
    agency: str
    origin: str
    url: str
    host: str = "127.0.0.1"
    port: int = 8100
    threads: int = 8
    database: str = field(default="sqlite:///gateway.db", repr=False)
    log: str = field(default="gateway-log.db", repr=False)
    kek: Path = Path("gateway-kek.key")
    trust: Path = Path("trust.toml")
    policies: Path | None = None
    grid_ms: int = 50
    sealing: str = DEFAULT
    open_entries: bool = False
    least_evidence: Mapping[str, str] = field(default_factory=dict)
    new_people_per_day: Mapping[str, int] = field(default_factory=dict)
    registry: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def database_url(self) -> str:
        """Return the database's URL, its relative file taken from the home folder."""
        return in_home(self.database, self.home)

    @property
    def log_path(self) -> Path:
        """Return the file of the gateway's own log, where it is in a file."""
        return self.home / self.log

    @property
    def log_place(self) -> Path | str:
        """Return where the log is: its file, or the URL of its server."""
        return self.log if is_server(self.log) else self.log_path

    @property
    def kek_path(self) -> Path:
        """Return the file that holds the key-encryption key."""
        return self.home / self.kek

    @property
    def trust_path(self) -> Path:
        """Return the trust file."""
        return self.home / self.trust

    @property
    def policies_path(self) -> Path | None:
        """Return the folder of the policy's rows; None = those that come with Izin."""
        return None if self.policies is None else self.home / self.policies

    def newcomers(self, evidence: str) -> int:
        """Return how many people of this class of evidence may be new on one day."""
        return self.new_people_per_day.get(evidence, NEW_PEOPLE_PER_DAY)


def load_settings(path: Path) -> GatewaySettings:
    """Read and check the gateway's settings; raises GatewaySettingsError with one sentence."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise GatewaySettingsError(f"there is no {path}; `izin gateway init` makes one") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise GatewaySettingsError(f"{path} is not TOML: {error}") from error
    return parse_settings(table, home=path.parent, environment=os.environ)


def parse_settings(
    table: Mapping[str, object], *, home: Path, environment: Mapping[str, str] | None = None
) -> GatewaySettings:
    """Return the settings of a parsed TOML file; relative files are taken from `home`.

    environment: IZIN_GATEWAY_* variables take precedence; None: there are none.
    """
    for name in table:
        if name not in {"gateway", "sources", "questions"}:
            raise GatewaySettingsError(f"there is no table [{name}] in a gateway's settings")
    gateway = table.get("gateway")
    if not isinstance(gateway, Mapping):
        raise GatewaySettingsError("the gateway's settings have no [gateway] table")
    values = read_table(
        gateway,
        _KINDS,
        name="gateway",
        paths=_PATHS,
        needed=("agency", "origin", "url"),
        variables="IZIN_GATEWAY_",
        environment={} if environment is None else environment,
        error=GatewaySettingsError,
    )
    settings = GatewaySettings(
        home=home,
        registry=_registry(table, home),
        **values,  # type: ignore[arg-type]  # read_table checked them
    )
    _check(settings)
    return settings


def _registry(table: Mapping[str, object], home: Path) -> Mapping[str, object]:
    sources = table.get("sources", {})
    if isinstance(sources, Mapping):
        sources = {
            name: {**each, "url": in_home(each["url"], home)}
            if isinstance(each, Mapping) and isinstance(each.get("url"), str)
            else each
            for name, each in sources.items()
        }
    return {"sources": sources, "questions": table.get("questions", {})}


def _check(settings: GatewaySettings) -> None:
    if not _AGENCY.fullmatch(settings.agency):
        raise GatewaySettingsError("the setting agency is an id of the catalogue, such as bpjs_tk")
    if not settings.origin.startswith(f"{settings.agency}.") or not _ORIGIN.fullmatch(
        settings.origin
    ):
        raise GatewaySettingsError("the setting origin is the agency, a dot, the broker's origin")
    host, url = settings.host, settings.url
    for fault in (
        url_fault("url", url),
        listening_fault(host, url=url),
        demo_fault(settings.origin, host=host, urls=(url,)),
    ):
        if fault is not None:
            raise GatewaySettingsError(fault)
    if settings.open_entries and not (host in LOOPBACK and is_local(url)):
        raise GatewaySettingsError("open_entries = true is for a demo on this machine only")
    check_numbers(
        settings,
        (("port", 1, 65_535), ("threads", 1, 256), ("grid_ms", 0, 1_000)),
        error=GatewaySettingsError,
    )
    if settings.sealing not in PROFILES:
        raise GatewaySettingsError(f"the setting sealing is one of: {', '.join(PROFILES)}")
    for question, kind in settings.least_evidence.items():
        if kind not in EVIDENCE:
            raise GatewaySettingsError(
                f"least_evidence.{question} must be one of: {', '.join(EVIDENCE)}"
            )
    for kind, most in settings.new_people_per_day.items():
        if kind not in EVIDENCE or type(most) is not int or most < 0:
            raise GatewaySettingsError(
                "new_people_per_day gives a number for each of: " + ", ".join(EVIDENCE)
            )
