"""The gateway's settings: each mistake has its sentence."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from broker.gateway.errors import GatewaySettingsError
from broker.gateway.settings import GatewaySettings, load_settings, parse_settings
from tests.broker.gateway.parties import SETTINGS
from tests.broker.gateway.world import World


def _parse(more: str = "", **replaced: str) -> GatewaySettings:
    text = SETTINGS.format(more=more)
    for old, new in replaced.items():
        text = text.replace(f"{old} = ", f"{new} = ")
    return parse_settings(tomllib.loads(text), home=Path("/srv/gateway"))


def test_files_are_taken_from_the_home_folder() -> None:
    settings = _parse()
    assert settings.database_url == "sqlite:////srv/gateway/gateway.db"
    assert settings.log_path == Path("/srv/gateway/gateway-log.db")
    sources = settings.registry["sources"]
    assert isinstance(sources, dict)
    assert sources["bank"]["url"] == "sqlite:////srv/gateway/bank.db"


def test_the_grid_is_50_ms_unless_set() -> None:
    assert _parse().grid_ms == 50
    assert _parse("grid_ms = 100").grid_ms == 100


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("colour = 1", "has no setting colour"),
        ('port = "x"', "port must be a number"),
        ("port = true", "port must be a number"),
        ("port = 0", "port is a number from 1"),
        ("grid_ms = -1", "grid_ms is a number from 0"),
        ('sealing = "ECDH-ES+A256KW"', "sealing is one of: HPKE-9-KE, ECDH-ES"),
        ('[gateway.least_evidence]\nbalance_above = "oath"', "must be one of"),
        ("[gateway.new_people_per_day]\npasskey = -1", "gives a number"),
        ("[elsewhere]\na = 1", "no table \\[elsewhere\\]"),
    ],
)
def test_a_mistake_is_named(more: str, sentence: str) -> None:
    with pytest.raises(GatewaySettingsError, match=sentence):
        _parse(more)


def test_the_origin_begins_with_the_agency() -> None:
    text = SETTINGS.format(more="").replace("himbara.izin", "bpjs_tk.izin")
    with pytest.raises(GatewaySettingsError, match="origin"):
        parse_settings(tomllib.loads(text), home=Path("/srv"))


def test_a_missing_file_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(GatewaySettingsError, match="izin gateway init"):
        load_settings(tmp_path / "gateway.toml")


def test_least_evidence_of_an_unknown_question_is_refused(tmp_path: Path) -> None:
    """Misspelt, it would be a demand that silently is not there."""
    with pytest.raises(GatewaySettingsError, match="balance_abov"):
        World(tmp_path, more='[gateway.least_evidence]\nbalance_abov = "passkey"\n')


def test_a_trust_file_of_another_broker_is_refused(world: World) -> None:
    settings = world.home / "gateway.toml"
    settings.write_text(
        settings.read_text().replace("himbara.izin.example", "himbara.other.example")
    )
    with pytest.raises(GatewaySettingsError, match="origin"):
        world.open()
