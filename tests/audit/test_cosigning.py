"""The served checkpoint carries the log's ML-DSA-44 cosignature, made at most once a second."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from audit.checkpoint import open_checkpoint
from audit.cli import audit
from audit.cosigning import Cosigning
from audit.export import export_folder
from audit.log import Log
from audit.note import open_note, parse_vkey
from audit.verify import verify
from audit.web import log_blueprint
from tests.audit.logs import access, in_threads, open_log, verifier
from tests.audit.test_mldsa import Cosigner
from tests.audit.test_web import WebSource


class CountingCosigner(Cosigner):
    """Counts its signatures."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def sign(self, message: bytes, /) -> bytes:
        self.count += 1
        return super().sign(message)


class Tick:
    """A monotonic clock that tests move."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    opened = open_log(tmp_path)
    opened.append([access()])
    yield opened
    opened.close()


def size_of(log: Log, note: str) -> int:
    return open_checkpoint(note, verifier(log)).size


def test_the_checkpoint_carries_both_signatures(log: Log) -> None:
    cosigning = Cosigning(log, Cosigner())
    keys = [verifier(log), parse_vkey(cosigning.vkey)]
    opened = open_note(cosigning.checkpoint(), keys)
    assert [None, int(log.clock().timestamp())] == [one.at for one in opened.signatures]


def test_it_is_signed_at_most_once_a_second_and_is_at_most_a_second_old(log: Log) -> None:
    signer, tick = CountingCosigner(), Tick()
    cosigning = Cosigning(log, signer, monotonic=tick)
    first = cosigning.checkpoint()
    for _ in range(5):
        log.append([access()])
        assert first == cosigning.checkpoint()
    tick.now += 0.999
    assert first == cosigning.checkpoint()
    tick.now += 0.001
    assert (6, 2) == (size_of(log, cosigning.checkpoint()), signer.count)


def test_a_log_that_does_not_grow_is_signed_once(log: Log) -> None:
    signer, tick = CountingCosigner(), Tick()
    cosigning = Cosigning(log, signer, monotonic=tick)
    first = cosigning.checkpoint()
    tick.now += 3600
    assert (first, 1) == (cosigning.checkpoint(), signer.count)


def test_many_readers_at_once_cost_one_signature(log: Log) -> None:
    signer = CountingCosigner()
    cosigning = Cosigning(log, signer, interval_seconds=60)
    in_threads(16, lambda _: [cosigning.checkpoint() for _ in range(5)] and None)
    assert 1 == signer.count


def test_the_served_log_verifies_with_both_keys(log: Log, tmp_path: Path) -> None:
    cosigning = Cosigning(log, Cosigner())
    app = Flask(__name__)
    app.register_blueprint(log_blueprint(log, may_read_entries=lambda _: True, cosigning=cosigning))
    client = app.test_client()
    first, second = client.get("/log/vkeys").text.split()
    assert (log.vkey, cosigning.vkey) == (first, second)
    source = WebSource(client)
    assert 1 == verify(source, parse_vkey(first), witnesses=[parse_vkey(second)]).size
    export_folder(source, tmp_path / "copy")
    arguments = ["verify", str(tmp_path / "copy"), "--vkey", first, "--witness"]
    assert 0 == CliRunner().invoke(audit, [*arguments, second]).exit_code
    other = Cosigner(seed=10).vkey
    told = CliRunner().invoke(audit, [*arguments, other])
    assert 1 == told.exit_code
    assert "not signed by izin.example/log" in told.output


def test_a_proof_does_not_carry_it(log: Log) -> None:
    """A proof travels in every question: 3 kB more would not fit its padding."""
    assert 2_000 > len(log.prove(0).proof)
