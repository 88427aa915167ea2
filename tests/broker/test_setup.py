"""`izin init` makes a whole home, or says why not and can go on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.log import Log
from broker.errors import BrokerError
from broker.setup import Made, initialise
from broker.wiring import open_broker
from keys.errors import KeysError

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def _make(home: Path, origin: str = "izin.example") -> Made:
    return initialise(
        home, issuer="https://izin.example", origin=origin, port=8000, clock=lambda: NOW
    )


def test_after_a_passphrase_that_is_too_short_it_can_be_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("short")
    secret.chmod(0o600)
    monkeypatch.setenv("IZIN_KEK_PASSPHRASE_FILE", str(secret))
    with pytest.raises(KeysError, match="at least 12"):
        _make(tmp_path / "home")
    monkeypatch.delenv("IZIN_KEK_PASSPHRASE_FILE")
    assert 3 == len(_make(tmp_path / "home").lines)


def test_a_home_that_was_left_half_made_is_finished_with_the_same_keys(tmp_path: Path) -> None:
    made = _make(tmp_path / "home")
    (tmp_path / "home" / "izin.toml").unlink()  # as a crash before the last line leaves it
    assert made == _make(tmp_path / "home")
    log = _log(tmp_path / "home")
    assert 2 == log.size
    log.close()


def test_a_finished_home_is_left_alone(tmp_path: Path) -> None:
    _make(tmp_path / "home")
    with pytest.raises(BrokerError, match="already"):
        _make(tmp_path / "home")


def test_databases_are_for_their_owner_only(tmp_path: Path) -> None:
    _make(tmp_path / "home")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "home").glob("*.db*")}
    assert {0o600} == set(modes.values()), modes


def _log(home: Path) -> Log:
    from broker.settings import load_settings

    with open_broker(load_settings({"IZIN_HOME": str(home)})) as broker:
        signer = broker.keys.log_signer
    return Log(home / "log.db", signer, clock=lambda: NOW)
