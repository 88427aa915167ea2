"""A witness over HTTP, as its specification's statuses say, and under threads and restarts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from audit.checkpoint import open_checkpoint
from audit.cosignature import join
from audit.entry import draft
from audit.log import Log
from audit.merkle import prove_consistency
from audit.note import Verifier, format_vkey, parse_vkey
from audit.opening import open_store
from audit.stored import stored_nodes
from audit.witness import format_request
from broker.witness.app import build_app
from broker.witness.settings import WitnessSettings, WitnessSettingsError, parse_settings
from broker.witness.setup import open_witness, prepare_witness
from keys.signing import NamedSigner, SigningKey

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ORIGIN = "izin.example"
SIGNER = NamedSigner(ORIGIN, SigningKey.from_seed(b"\x41" * 32))
VKEY = format_vkey(ORIGIN, SIGNER.public_key)


class Rig:
    """A log, and a witness of it."""

    def __init__(self, folder: Path, settings: WitnessSettings, vkey: str) -> None:
        self.path = folder / "log.db"
        self.log = Log(self.path, SIGNER, clock=lambda: AT)
        self.settings = settings
        self.witness: Verifier = parse_vkey(vkey)
        self.client: FlaskClient
        self.restart()

    def restart(self) -> None:
        desk = open_witness(self.settings, clock=lambda: AT)
        self.client = build_app(desk).test_client()

    def grow(self, count: int) -> str:
        self.log.append([draft("policy.changed", {"policy": "ab" * 32})] * count)
        return self.log.checkpoint()

    def request(self, old: int, note: str) -> bytes:
        size = open_checkpoint(note, parse_vkey(VKEY)).size
        store = open_store(self.path)
        proof = prove_consistency(old, size, stored_nodes(store)) if 0 < old < size else []
        store.close()
        return format_request(old, proof, note)

    def post(self, body: bytes) -> tuple[int, str]:
        told = self.client.post("/add-checkpoint", data=body)
        return told.status_code, told.get_data(as_text=True)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    table = {"witness": {"name": "witness.example/w1", "logs": [VKEY]}}
    settings = parse_settings(table, home=tmp_path)
    return Rig(tmp_path, settings, prepare_witness(settings, clock=lambda: AT))


def test_each_growth_of_the_log_is_cosigned(rig: Rig) -> None:
    old = 0
    for count in (1, 5, 300):
        note = rig.grow(count)
        status, line = rig.post(rig.request(old, note))
        assert 200 == status
        assert note in join(note, line, rig.witness)
        old += count


def test_the_same_checkpoint_may_be_cosigned_again(rig: Rig) -> None:
    note = rig.grow(3)
    rig.post(rig.request(0, note))
    assert 200 == rig.post(rig.request(3, note))[0]


def test_a_wrong_old_size_is_answered_with_the_right_one(rig: Rig) -> None:
    rig.post(rig.request(0, rig.grow(3)))
    told = rig.client.post("/add-checkpoint", data=rig.request(0, rig.grow(2)))
    assert (409, "3\n") == (told.status_code, told.get_data(as_text=True))
    assert "text/x.tlog.size" == told.headers["Content-Type"]


def test_a_restart_does_not_forget(rig: Rig) -> None:
    rig.post(rig.request(0, rig.grow(3)))
    rig.restart()
    assert (409, "3\n") == rig.post(rig.request(0, rig.grow(2)))


def test_another_history_is_refused_for_ever(rig: Rig, tmp_path: Path) -> None:
    """Yesterday's copy of the log grows another way: what a restored backup would do."""
    rig.post(rig.request(0, rig.grow(3)))
    fork = Log(tmp_path / "fork.db", SIGNER, clock=lambda: AT)
    fork.append([draft("policy.changed", {"policy": "cd" * 32})] * 5)
    rig.path = tmp_path / "fork.db"
    assert 422 == rig.post(rig.request(3, fork.checkpoint()))[0]


def test_statuses_are_the_specification_s(rig: Rig, tmp_path: Path) -> None:
    stranger = NamedSigner("other.example", SigningKey.from_seed(b"\x42" * 32))
    other = Log(tmp_path / "other.db", stranger, clock=lambda: AT)
    other.append([draft("policy.changed", {"policy": "cd" * 32})])
    forger = NamedSigner(ORIGIN, SigningKey.from_seed(b"\x43" * 32))
    forged = Log(tmp_path / "forged.db", forger, clock=lambda: AT)
    forged.append([draft("policy.changed", {"policy": "cd" * 32})])
    assert 404 == rig.post(format_request(0, [], other.checkpoint()))[0]
    assert 403 == rig.post(format_request(0, [], forged.checkpoint()))[0]
    assert 400 == rig.post(b"nonsense")[0]
    assert 400 == rig.post(format_request(9, [], rig.grow(1)))[0]
    assert 413 == rig.post(b"old 0\n" + b"A" * 70_000)[0]


def test_of_many_at_once_none_rolls_the_witness_back(rig: Rig) -> None:
    """Without compare-and-replace in one step, a slow small request could undo a larger one."""
    notes = [rig.grow(1) for _ in range(8)]
    bodies = [rig.request(0, note) for note in notes]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda body: rig.post(body)[0], bodies))
    assert 1 == statuses.count(200)
    assert {200, 409} == set(statuses)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, r"no \[witness\]"),
        ({"witness": {"logs": [VKEY]}}, "name is missing"),
        ({"witness": {"name": "w", "logs": []}}, "at least one log"),
        ({"witness": {"name": "w", "logs": ["nonsense"]}}, "no verifier key"),
        ({"witness": {"name": "w", "logs": [VKEY, VKEY]}}, "each log once"),
        ({"witness": {"name": "W!", "logs": [VKEY]}}, "the setting name"),
        ({"witness": {"name": "w", "logs": [VKEY], "port": 0}}, "the setting port"),
        ({"witness": {"name": "w", "logs": [VKEY], "colour": "red"}}, "no setting colour"),
    ],
)
def test_settings_say_what_is_wrong(table: dict[str, object], words: str, tmp_path: Path) -> None:
    with pytest.raises(WitnessSettingsError, match=words):
        parse_settings(table, home=tmp_path)
