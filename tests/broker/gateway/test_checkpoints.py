"""Step 4: one history, never going back."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session, select

from audit.checkpoint import open_checkpoint
from audit.entry import Draft, parse_entry
from audit.note import parse_vkey
from broker.gateway.store import CheckpointRow, ConflictRow
from tests.broker.gateway.parties import Person
from tests.broker.gateway.world import World, reason


def _rows(world: World) -> list[int]:
    with Session(world.gateway.engine) as session:
        return sorted(session.exec(select(CheckpointRow.size)).all())


def _fork(world: World, tmp_path: Path, size: int) -> None:
    """Have the broker show the gateway another history from now on."""
    fork = world.new_log(tmp_path / "fork.db")
    world.pad_log(size, fork)
    world.log = world.served = fork


def test_a_growing_log_is_followed(world: World) -> None:
    grant = world.give(Person())
    for _ in range(3):
        world.pad_log(300)
        assert "message" in world.ask(grant)
    assert _rows(world)[-1] == world.log.size


def test_a_longer_fork_is_refused_and_kept_as_evidence(world: World, tmp_path: Path) -> None:
    """P7: each history is consistent in itself and signed; only who saw both can tell."""
    world.ask(world.give(Person()))
    vkey = world.log.vkey
    _fork(world, tmp_path, 10)
    assert reason(world.ask(world.give(Person()))) == "inconsistent_log"
    with Session(world.gateway.engine) as session:
        (conflict,) = session.exec(select(ConflictRow)).all()
    # Two notes under the log's own signature that cannot both be true.
    shown = [open_checkpoint(note, parse_vkey(vkey)) for note in (conflict.note, conflict.against)]
    assert shown[0].size > shown[1].size == 2


def test_a_fork_of_the_same_size_is_refused(world: World, tmp_path: Path) -> None:
    world.ask(world.give(Person()))
    _fork(world, tmp_path, 0)
    assert reason(world.ask(world.give(Person()))) == "inconsistent_log"


def test_a_fork_with_the_first_history_s_tiles_is_refused(world: World, tmp_path: Path) -> None:
    world.pad_log(20)
    world.ask(world.give(Person()))
    true = world.log
    _fork(world, tmp_path, 10)
    grant = world.give(Person())
    payload = world.access(grant)
    world.served = true
    assert reason(world.send(payload)) == "inconsistent_log"


def test_the_history_is_remembered_over_a_restart(world: World, tmp_path: Path) -> None:
    world.ask(world.give(Person()))
    _fork(world, tmp_path, 10)
    world.gateway.close()
    world.open()
    assert reason(world.ask(world.give(Person()))) == "inconsistent_log"


def test_messages_may_overtake_each_other(world: World) -> None:
    grant = world.give(Person())
    first = world.access(grant)
    assert "message" in world.ask(grant)
    world.clock.advance(seconds=299)
    assert "message" in world.send(first)


def test_a_log_that_goes_back_is_refused(world: World) -> None:
    """A restored backup of the log: its signature is true and its tree a prefix of ours."""
    grant = world.give(Person())
    first = world.access(grant)
    assert "message" in world.ask(grant)
    world.clock.advance(seconds=300)
    assert reason(world.send(first)) == "stale_checkpoint"


def test_without_tiles_no_new_checkpoint_is_believed(world: World) -> None:
    grant = world.give(Person())
    assert "message" in world.ask(grant)
    world.hidden.add("/tile/")
    assert reason(world.ask(grant)) == "log_unavailable"
    world.hidden.clear()
    assert "message" in world.ask(grant)


def test_what_no_check_needs_is_forgotten(world: World) -> None:
    grant = world.give(Person())
    for _ in range(3):
        world.ask(grant)
    world.clock.advance(seconds=301)
    world.ask(grant)
    assert _rows(world) == [4, 5]


def test_two_histories_cannot_slip_in_side_by_side(world: World, tmp_path: Path) -> None:
    """Two threads that compare with the same old tree: the second must compare again."""
    world.ask(world.give(Person()))
    checkpoints = world.gateway.desk._checkpoints
    compare = checkpoints._compare
    forked = world.new_log(tmp_path / "fork.db")
    for index in range(2):
        forked.append([_again(world, index)])
    grant = world.give(Person(trace_key=b"\x55" * 32), log=forked)
    other = world.access(grant, log=forked)
    calls = []

    def slow(*args: object) -> None:
        compare(*args)  # type: ignore[arg-type]
        calls.append(args)
        if len(calls) == 1:
            # While this thread was comparing, another one took the other history.
            world.served = forked
            assert reason(world.send(other)) == "trace_changed"
            world.served = world.log

    checkpoints._compare = slow  # type: ignore[method-assign]
    assert reason(world.ask(world.give(Person(trace_key=b"\x56" * 32)))) == "inconsistent_log"


def _again(world: World, index: int) -> Draft:
    entry = parse_entry(world.log.entry(index))
    return Draft(entry.kind, entry.members)
