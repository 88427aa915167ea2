"""Taking a login provider in: doctor says that it answers, the agreement names it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from broker.commands.trusting import trust as trust_commands
from broker.doctor.broker import examine
from broker.setup import initialise
from keys import trust
from tests.openid.running import CLIENT_ID, RunningProvider


@pytest.fixture
def home(provider: RunningProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a broker's home whose settings name the provider."""
    home = tmp_path / "home"
    initialise(
        home,
        issuer="https://izin.example",
        origin="izin.example",
        port=8000,
        clock=lambda: datetime.now(UTC),
    )
    with (home / "izin.toml").open("a") as file:
        file.write(f'login_issuer = "{provider.issuer}"\nlogin_client_id = "{CLIENT_ID}"\n')
        file.write('login_name = "Masuk Daerah"\n')
    monkeypatch.setenv("IZIN_HOME", str(home))
    return home


def test_doctor_says_that_the_provider_answers(home: Path) -> None:
    (found,) = [each for each in examine({"IZIN_HOME": str(home)}) if each.subject == "login"]
    assert found.is_good, found.words
    assert "https://izin.example/login/callback" in found.words


def test_the_trust_file_names_the_provider_and_its_keys(
    home: Path, provider: RunningProvider, tmp_path: Path
) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(provider.jwks))
    made = CliRunner().invoke(trust_commands, ["make", "--login-keys", str(path)])
    assert 0 == made.exit_code, made.output
    trusted = trust.parse(made.stdout)
    assert provider.issuer in trusted.logins
    assert ("izin.example", "https://izin.example") == (
        trusted.passkeys and trusted.passkeys.rp_id,
        trusted.passkeys and trusted.passkeys.origin,
    )
    file = tmp_path / "trust.toml"
    file.write_text(made.stdout)
    shown = CliRunner().invoke(trust_commands, ["show", str(file)])
    assert f"login      {provider.issuer} as {CLIENT_ID}, NIK in nik" in shown.stdout


def test_without_the_keys_no_id_token_counts(home: Path) -> None:
    made = CliRunner().invoke(trust_commands, ["make"])
    assert {} == trust.parse(made.stdout).logins
