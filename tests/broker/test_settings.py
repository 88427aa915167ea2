"""Settings: every one documented, every wrong one named, nothing that leaks by default."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from broker.gateway.errors import GatewaySettingsError
from broker.gateway.settings import GatewaySettings
from broker.gateway.settings import parse_settings as parse_gateway
from broker.programme.errors import ProgrammeSettingsError
from broker.programme.settings import Files, ProgrammeSettings
from broker.programme.settings import parse_settings as parse_portal
from broker.settings import Settings, SettingsError, load_settings, parse_settings
from broker.wiring import open_login, read_witnesses
from broker.witness.settings import WitnessSettings
from consent.login_client import LoginClient

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
GOOD = {"issuer": "https://izin.example", "origin": "izin.example"}
LOGIN = {
    "login_issuer": "https://login.example",
    "login_client_id": "izin",
    "login_name": "Masuk Daerah",
}
INNER = {"home", "registry", "files"}
PROGRAMS: dict[str, tuple[type, ...]] = {
    "Broker": (Settings,),
    "Gateway": (GatewaySettings,),
    "Portal": (ProgrammeSettings, Files),
    "Witness": (WitnessSettings,),
}


def _default(one: dataclasses.Field[Any]) -> str:
    if one.default_factory is not dataclasses.MISSING:
        return "{}"
    if one.default is dataclasses.MISSING or one.default is None:
        return "(none)"
    if isinstance(one.default, bool):
        return str(one.default).lower()
    return str(one.default) if isinstance(one.default, int) else f'"{one.default}"'


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_setting_is_documented_with_its_default(program: str) -> None:
    section = DOCUMENT.read_text("utf-8").split(f"## {program}:")[1].split("\n## ")[0]
    documented = {
        name: default.strip("`")
        for name, default in re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", section, re.MULTILINE)
    }
    expected = {
        one.name: _default(one)
        for kind in PROGRAMS[program]
        for one in dataclasses.fields(kind)
        if one.name not in INNER
    }
    assert expected == documented


def _parse(
    tmp_path: Path, environment: dict[str, str] | None = None, **changed: object
) -> Settings:
    return parse_settings({**GOOD, **changed}, home=tmp_path, environment=environment or {})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"issuer": "http://izin.example"}, "must be https"),
        ({"issuer": "https://izin.example/"}, "must not end with a slash"),
        ({"issuer": "https://izin.example/izin"}, "without a slash"),
        ({"issuer": "https://izin.example:port"}, "must be a URL"),
        ({"issuer": "https://name@izin.example"}, "must be a URL"),
        ({"issuer": "izin.example"}, "must be a URL"),
        ({"issuer": 7}, "must be text in quotes"),
        ({"origin": "https://izin.example"}, "is a name such as"),
        ({"port": 0}, "from 1 to 65535"),
        ({"port": "8000"}, "must be a number"),
        ({"threads": 1_000}, "from 2 to 256"),
        ({"threads": 1}, "from 2 to 256"),
        ({"deadline_seconds": 0}, "from 1 to 60"),
        ({"log_bodies_days": 365}, "at least 366 days"),
        ({"log_bodies_days": -1}, "from 0 to 36500"),
        ({"open_entries": "yes"}, "must be true or false"),
        ({"entries_token_sha256": "secret"}, "64 characters of hex"),
        ({"open_entries": True}, "for a demo on this machine only"),
        ({"demo": True}, "this machine only"),
        ({"login_issuer": "http://login.example"}, "must be https"),
        ({"login_issuer": "https://login.example"}, "login_client_id and login_name too"),
        ({**LOGIN, "login_scope": "profile"}, "must hold openid"),
        ({"demo": True, "host": "0.0.0.0"}, "this machine only"),
        ({"issuer": "http://localhost:8000", "host": "0.0.0.0"}, "plain http"),
        ({"issuer": "http://localhost:8000", "host": "10.0.0.7"}, "plain http"),
        ({"origin": "izin.demo"}, "this machine only"),
        ({"origin": "izin.demo", "issuer": "http://localhost:8000"}, "izin init"),
        ({"prot": 8000}, "has no setting prot"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, changed: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        _parse(tmp_path, **changed)


@pytest.mark.parametrize("missing", GOOD)
def test_a_missing_setting_is_named(tmp_path: Path, missing: str) -> None:
    table = {name: value for name, value in GOOD.items() if name != missing}
    with pytest.raises(SettingsError, match=f"{missing} is missing"):
        parse_settings(table, home=tmp_path, environment={})


def test_a_variable_overrides_the_file(tmp_path: Path) -> None:
    environment = {"IZIN_PORT": "8123", "IZIN_OPEN_ENTRIES": "true", "IZIN_LOG": "other.db"}
    settings = _parse(tmp_path, environment, issuer="http://localhost:8000")
    assert (8123, True) == (settings.port, settings.open_entries)
    assert tmp_path / "other.db" == settings.log_path


def test_a_log_is_in_a_file_or_on_a_server(tmp_path: Path) -> None:
    assert tmp_path / "log.db" == _parse(tmp_path).log_place
    url = "postgresql://izin:s3cret@localhost/izin"
    settings = _parse(tmp_path, log=url, database=url)
    assert (url, url) == (settings.log_place, settings.database_url)
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "words"),
    [({"IZIN_PORT": "many"}, "must be a number"), ({"IZIN_DEMO": "1"}, "true or false")],
)
def test_a_wrong_variable_is_named(tmp_path: Path, variable: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        _parse(tmp_path, variable)


def test_without_a_home_it_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="izin init"):
        load_settings({"IZIN_HOME": str(tmp_path)})


def test_files_lie_in_the_home(tmp_path: Path) -> None:
    settings = _parse(tmp_path)
    assert f"sqlite:///{tmp_path / 'izin.db'}" == settings.database_url
    assert tmp_path / "kek.key" == settings.kek_path


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": "http://gateway.example"}, "must be https"),
        ({"url": "http://127.0.0.1:8100", "host": "0.0.0.0"}, "plain http"),
        ({"url": "https://gateway.example", "host": "0.0.0.0", "open_entries": True}, "a demo"),
        ({"url": "https://gateway.example", "origin": "polri.izin.demo"}, "izin demo"),
    ],
)
def test_a_gateway_serves_nobody_else_in_clear(
    tmp_path: Path, changed: dict[str, object], words: str
) -> None:
    table = {"agency": "polri", "origin": "polri.izin.example", **changed}
    with pytest.raises(GatewaySettingsError, match=words):
        parse_gateway({"gateway": table}, home=tmp_path)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": "http://portal.example"}, "must be https"),
        ({"url": "http://127.0.0.1:8200", "host": "0.0.0.0"}, "plain http"),
    ],
)
def test_a_portal_serves_nobody_else_in_clear(
    tmp_path: Path, changed: dict[str, object], words: str
) -> None:
    with pytest.raises(ProgrammeSettingsError, match=words):
        parse_portal({"portal": {"issuer": "https://izin.example", **changed}}, home=tmp_path)


def test_a_variable_overrides_a_gateway_s_and_a_portal_s_file(tmp_path: Path) -> None:
    table = {"agency": "polri", "origin": "polri.izin.example", "url": "https://polri.example"}
    gateway = parse_gateway(
        {"gateway": table}, home=tmp_path, environment={"IZIN_GATEWAY_PORT": "8123"}
    )
    portal = parse_portal(
        {"portal": {"issuer": "https://izin.example", "url": "https://portal.example"}},
        home=tmp_path,
        environment={"IZIN_PORTAL_KEK": "other.key"},
    )
    assert (8123, tmp_path / "other.key") == (gateway.port, portal.files.kek_path)


def test_behind_a_proxy_that_ends_tls_any_address_is_good(tmp_path: Path) -> None:
    assert "0.0.0.0" == _parse(tmp_path, host="0.0.0.0").host


def test_a_folder_of_policy_rows_lies_in_the_home(tmp_path: Path) -> None:
    assert tmp_path / "policy" == _parse(tmp_path, policies="policy").policies_path


def test_a_misspelt_witnesses_file_is_not_passed_over(tmp_path: Path) -> None:
    """Without it, questions would go out that no witness has seen."""
    with pytest.raises(SettingsError, match="witnesses names no"):
        read_witnesses(_parse(tmp_path, witnesses="witneses.txt"))


def _login(settings: Settings) -> LoginClient | None:
    with httpx2.Client() as http:
        return open_login(settings, http, clock=lambda: datetime.now(UTC), random=bytes)


def test_the_login_provider_is_asked_for_in_the_settings_or_is_not_there(tmp_path: Path) -> None:
    assert _login(_parse(tmp_path)) is None
    (tmp_path / "secret").write_text("s3cret\n")
    found = _login(_parse(tmp_path, **LOGIN, login_secret="secret"))
    assert found is not None
    assert ("s3cret", "nik") == (found.secret, found.claim)
    assert "https://izin.example/login/callback" == found.redirect_uri
    assert "s3cret" not in repr(found)


def test_a_login_secret_that_is_not_there_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="login_secret names no readable file"):
        _login(_parse(tmp_path, **LOGIN, login_secret="secret"))
