"""`izin doctor` and its neighbours: plain words, the right exit code, nothing changed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx2
import pytest

from broker.doctor import machine, others
from broker.doctor.broker import examine
from broker.doctor.finding import Finding
from broker.doctor.gateway import examine as examine_gateway
from broker.doctor.portal import examine as examine_portal
from broker.errors import BrokerError
from broker.gateway.app import build_app
from broker.setup import initialise
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "broker"
    initialise(
        folder,
        issuer="http://localhost:8000",
        origin="izin.example",
        port=8000,
        clock=lambda: datetime.now(UTC),
    )
    return folder


def _izin(
    home: Path, *arguments: str, said: str = "", variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "broker.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, "IZIN_HOME": str(home), **(variables or {})},
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _by_subject(home: Path) -> dict[str, Finding]:
    return {found.subject: found for found in examine({"IZIN_HOME": str(home)})}


def test_a_new_broker_lacks_only_its_counterparties(home: Path) -> None:
    found = _by_subject(home)
    assert ["programmes", "agencies"] == [name for name, each in found.items() if not each.is_good]
    assert "izin agency add" in found["agencies"].words


def test_no_home_is_the_first_thing_to_mend(tmp_path: Path) -> None:
    found = _by_subject(tmp_path)
    assert "izin init" in found["settings"].words
    assert "log" not in found


def test_a_home_that_others_read_is_named(home: Path) -> None:
    home.chmod(0o755)
    assert "chmod 700" in _by_subject(home)["home"].words


def test_a_lost_log_is_not_made_anew(home: Path) -> None:
    for path in home.glob("log.db*"):
        path.unlink()
    found = _by_subject(home)["log"]
    assert not found.is_good
    assert not (home / "log.db").exists()


def test_a_torn_log_is_seen(home: Path) -> None:
    import pysqlite3.dbapi2 as sqlite

    with sqlite.connect(home / "log.db") as log:
        log.execute("UPDATE head SET size = size + 1")
    assert not _by_subject(home)["log"].is_good


def test_a_log_that_was_put_back_is_seen(home: Path) -> None:
    mark = {"v": 1, "origin": "izin.example", "size": 9_999, "root": "00" * 32}
    (home / "high-water.json").write_text(json.dumps(mark))
    found = _by_subject(home)["log"]
    assert not found.is_good
    assert "older copy" in found.words


def test_a_broker_whose_log_was_put_back_does_not_start(home: Path) -> None:
    mark = {"v": 1, "origin": "izin.example", "size": 9_999, "root": "00" * 32}
    (home / "high-water.json").write_text(json.dumps(mark))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    ended = _izin(home, "serve", variables={"IZIN_PORT": port})
    assert 2 == ended.returncode
    assert ended.stderr.startswith("izin: the log holds")
    assert 1 == len(ended.stderr.splitlines())


def test_another_s_kek_opens_nothing(home: Path) -> None:
    path = home / "kek.key"
    text = path.read_text("ascii")
    path.write_text(text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:], "ascii")
    assert not _by_subject(home)["keys"].is_good


def test_an_agency_that_does_not_answer_is_named(world: World) -> None:
    found = _by_subject(world.plan.broker_home)
    assert "does not answer" in found["agency polri"].words


def test_the_command_exits_with_one_where_something_is_to_do(home: Path) -> None:
    told = _izin(home, "doctor")
    assert 1 == told.returncode
    assert "DO   agencies" in told.stdout


def test_keys_are_listed_without_secrets(home: Path) -> None:
    told = _izin(home, "keys", "list")
    uses = {line.split("\t")[0] for line in told.stdout.splitlines()}
    assert {"root", "log", "cosign", "consent", "sign", "token", "epoch"} == uses


def test_the_policy_that_comes_with_izin_is_good(home: Path) -> None:
    told = _izin(home, "policy", "check")
    assert (0, True) == (told.returncode, told.stdout.splitlines()[-1].startswith("OK 9 agencies"))


def test_a_copy_of_the_policy_is_the_same_policy(home: Path, tmp_path: Path) -> None:
    copy = str(tmp_path / "policy")
    assert 0 == _izin(home, "policy", "copy", copy).returncode
    assert _izin(home, "policy", "check").stdout == _izin(home, "policy", "check", copy).stdout
    assert 2 == _izin(home, "policy", "copy", copy).returncode


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("3510990101800001\n246813\nSulastri\n35.10.15.2004\n", "Enrolled"),
        ("3510990101800001\n246813\n", "four lines"),
        ("351099\n246813\nSulastri\n35.10.15.2004\n", "a NIK has 16 digits"),
        ("3510990101800001\n12\nSulastri\n35.10.15.2004\n", "a PIN has 6 digits"),
        ("3510990101800001\n246813\nSulastri\n99.99\n", "no such village"),
    ],
)
def test_a_person_is_enrolled_from_standard_input(home: Path, said: str, words: str) -> None:
    told = _izin(home, "person", "add", said=said)
    assert words in told.stdout + told.stderr
    assert "3510990101800001" not in told.stdout + told.stderr


def test_a_programme_s_private_keys_are_not_taken(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "d": "secret"}]}))
    arguments = ["--programme", "pkh", "--jwks", str(path), "--redirect-uri", "https://p.example/r"]
    told = _izin(home, "programme", "add", "client", *arguments)
    assert (2, True) == (told.returncode, "private key" in told.stderr)


def test_a_second_init_changes_nothing(home: Path) -> None:
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    told = _izin(home, "init", "--issuer", "http://localhost:1", "--origin", "other.example")
    assert 2 == told.returncode
    assert before == {path.name: path.read_bytes() for path in home.iterdir()}


def test_a_misspelt_variable_is_named(home: Path) -> None:
    found = {each.subject: each for each in examine({"IZIN_HOME": str(home), "IZIN_PROT": "1"})}
    assert "IZIN_PROT sets nothing" in found["variables"].words


def test_an_agency_whose_keys_are_new_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.doctor.broker.httpx2.Client", _through(world))
    broker = world.plan.broker_home
    assert "for another 36" in _by_subject(broker)["agency polri"].words
    gateway = world.gateways["polri"]
    identity = replace(gateway.identity, seal_statement=gateway.identity.sign_statement)
    world.network.put(world.plan.gateways["polri"], build_app(replace(gateway, identity=identity)))
    assert "does not vouch" in _by_subject(broker)["agency polri"].words


def test_a_clock_that_runs_away_is_named() -> None:
    headers = {"Date": format_datetime(datetime.now(UTC) + timedelta(seconds=90))}
    with pytest.raises(BrokerError, match="s apart; set both by NTP"):
        others.check_clock(httpx2.Response(200, headers=headers))
    others.check_clock(httpx2.Response(200, headers={"Date": "some day"}))


@pytest.mark.parametrize("days", [-3, 0, 29])
def test_a_statement_that_ends_soon_is_to_be_renewed(days: int) -> None:
    with pytest.raises(BrokerError, match="mend it"):
        machine.lasting(86_400 * (100 + days), at=86_400 * 100, mend="mend it")


def test_a_port_of_another_program_is_not_taken_for_ours() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(BrokerError, match="is in use; stop that program"):
            machine.port("127.0.0.1", other.getsockname()[1], is_https=False)


def test_a_gateway_s_doctor_looks_at_registry_keys_and_trust(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.doctor.gateway.httpx2.Client", _through(world))
    monkeypatch.setattr("broker.doctor.machine.check_port_free", lambda *_: "127.0.0.1")
    home = world.plan.gateway_home("polri")
    home.chmod(0o700)
    found = {each.subject: each for each in examine_gateway(home / "gateway.toml", {})}
    assert [] == [name for name, each in found.items() if not each.is_good]
    assert "2 of 2 questions" in found["registry"].words
    assert "programmes: bpnt, pkh" == found["trust"].words


def test_a_gateway_s_doctor_names_a_registry_that_fails(world: World) -> None:
    home = world.plan.gateway_home("polri")
    for path in (world.plan.home / "registries").glob("polri.db*"):
        path.unlink()
    found = {each.subject: each for each in examine_gateway(home / "gateway.toml", {})}
    assert "polri" in found["registry"].words
    assert "does not answer" in found["broker"].words
    assert not found["registry"].is_good


def test_a_portal_s_doctor_looks_at_keys_and_trust(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.doctor.portal.httpx2.Client", _through(world))
    monkeypatch.setattr("broker.doctor.machine.check_port_free", lambda *_: "127.0.0.1")
    home = world.plan.portal_home
    home.chmod(0o700)
    found = {each.subject: each for each in examine_portal(home / "programme.toml", {})}
    # The test's network serves the log only.
    assert ["broker"] == [name for name, each in found.items() if not each.is_good]
    assert "no broker of that name" in found["broker"].words
    assert "for another 36" in found["keys of pkh"].words


def _through(world: World) -> Callable[..., httpx2.Client]:
    client = httpx2.Client

    def make(**_: object) -> httpx2.Client:
        return client(transport=world.network)

    return make
