"""P7: a log that shows two histories, or yesterday's, is caught by whoever saw the other one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session, select

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import AuditError, TamperedError
from audit.export import export_folder
from audit.log import Log
from audit.merkle import check_consistency, prove_consistency
from audit.note import parse_vkey
from audit.source import FolderSource
from audit.tiles import TileNodes
from audit.verify import verify
from broker.gateway.store import CheckpointRow, ConflictRow
from broker.highwater import BehindError
from tests.broker.gateway.parties import Person
from tests.broker.gateway.world import World, reason
from tests.world import World as WholeWorld


@pytest.fixture
def gateway_world(tmp_path: Path) -> Iterator[World]:
    home = tmp_path / "one-gateway"
    home.mkdir()
    world = World(home)
    yield world
    world.gateway.close()
    world.log.close()


def _fork(world: World, path: Path, size: int) -> Log:
    """Start another history under the same key."""
    log = world.new_log(path)
    world.pad_log(size, log)
    return log


def _conflicts(world: World) -> list[ConflictRow]:
    with Session(world.gateway.engine) as session:
        return list(session.exec(select(ConflictRow)).all())


def test_a_gateway_that_is_shown_the_other_history_refuses_and_keeps_the_proof(
    gateway_world: World, tmp_path: Path
) -> None:
    """Would succeed against a gateway that checks each message's proof by itself."""
    assert "message" in gateway_world.ask(gateway_world.give(Person()))
    true_vkey = parse_vkey(gateway_world.log.vkey)
    gateway_world.log = gateway_world.served = _fork(gateway_world, tmp_path / "fork.db", 8)
    grant = gateway_world.give(Person(trace_key=b"\x41" * 32))
    assert "inconsistent_log" == reason(gateway_world.ask(grant))
    (conflict,) = _conflicts(gateway_world)
    # Anybody who is shown the row can convict the log: two of its own signatures.
    shown, against = (
        open_checkpoint(note, true_vkey) for note in (conflict.note, conflict.against)
    )
    assert shown.root != against.root


def test_two_gateways_with_a_view_each_convict_the_log_together(tmp_path: Path) -> None:
    """Neither can notice alone: each sees one history, whole and signed. Together they can.

    Would succeed against gateways that keep no checkpoints to compare.
    """
    views: list[tuple[World, Checkpoint]] = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        world = World(tmp_path / name)
        world.pad_log(3 if name == "a" else 5)
        assert "message" in world.ask(world.give(Person()))
        with Session(world.gateway.engine) as session:
            rows = session.exec(select(CheckpointRow)).all()
        newest = max(rows, key=lambda row: row.size)
        views.append((world, open_checkpoint(newest.note, parse_vkey(world.log.vkey))))
    (first, small), (second, large) = views
    assert first.log.vkey == second.log.vkey
    for served in (first.log, second.log):
        # Whichever tiles the log offers in its defence, they cannot join the two.
        with pytest.raises(AuditError):
            _join(served, small, large)
    for world, _ in views:
        world.gateway.close()
        world.log.close()


def _join(served: Log, small: Checkpoint, large: Checkpoint) -> None:
    """Prove that the larger tree extends the smaller, from what `served` serves."""
    proof = prove_consistency(small.size, large.size, TileNodes(served.read, large.size))
    check_consistency(proof, small.size, large.size, small.root, large.root)


def test_an_auditor_with_a_gateway_s_checkpoint_names_the_fork(
    gateway_world: World, tmp_path: Path
) -> None:
    """Would succeed against an auditor who verifies only what the log serves to him."""
    gateway_world.ask(gateway_world.give(Person()))
    vkey = parse_vkey(gateway_world.log.vkey)
    with Session(gateway_world.gateway.engine) as session:
        note = max(session.exec(select(CheckpointRow)).all(), key=lambda row: row.size).note
    forked = _fork(gateway_world, tmp_path / "fork.db", 10)
    export_folder(forked, tmp_path / "shown")
    source = FolderSource(tmp_path / "shown")
    assert 10 == verify(source, vkey).size
    with pytest.raises(TamperedError) as caught:
        verify(source, vkey, since=open_checkpoint(note, vkey))
    assert "since" == caught.value.step
    forked.close()


def test_yesterday_s_copy_of_the_log_is_refused_by_the_gateways(
    world: WholeWorld, tmp_path: Path
) -> None:
    """The operator puts back a backup, to lose a withdrawal or an access, and goes on.

    Would succeed against gateways that forget what they saw: the copy is true in every bit.
    """
    person = world.person("eligible")
    backup = tmp_path / "yesterday.db"
    _snapshot(world, backup)
    found = world.ask(world.consent(person))
    assert "complete" == found.status
    kept = open_checkpoint(world.broker.log.checkpoint(), world.log_verifier)
    world.clock.forward(hours=24)
    world.close()
    log = world.plan.broker_home / "log.db"
    for name in ("log.db-wal", "log.db-shm"):
        (world.plan.broker_home / name).unlink(missing_ok=True)
    shutil.copy(backup, log)
    with pytest.raises(BehindError):  # whoever does it by mistake is told
        world.open()
    world.prepared.settings.high_water_path.unlink()
    world.open()
    other = world.person("not_eligible")
    refused = world.ask(world.consent(other))
    assert {"refused"} == {item["status"] for item in refused.items}
    reasons = {item["reason"] for item in refused.items}
    assert reasons <= {"stale_checkpoint", "inconsistent_log"}, reasons
    # And by anybody who kept a checkpoint of the day before.
    with pytest.raises(TamperedError) as caught:
        verify(world.broker.log, world.log_verifier, since=kept)
    assert "since" == caught.value.step


def _snapshot(world: WholeWorld, to: Path) -> None:
    """Copy the log's file as a backup does: closed, whole."""
    world.close()
    shutil.copy(world.plan.broker_home / "log.db", to)
    world.open()
