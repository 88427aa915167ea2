"""Rounds of one crash: everybody who appends is killed, again and again; the log keeps its word."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.log import Log
from audit.merkle import EMPTY_ROOT, check_consistency, leaf_hash
from audit.verify import verify
from tests.audit.logs import open_log, verifier
from tests.audit.places import Place
from tests.crashes.moments import Moment

_ROOT = Path(__file__).parents[2]
_PATIENCE_SECONDS = 60


@dataclass
class Told:
    """What the world saw of a log before everybody died.

    entries: leaf hash by index, of entries that a caller held. notes: the checkpoints handed out
    with them. signed: (size, root) of every signature that was made, handed out or not.
    """

    entries: dict[int, bytes] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)
    signed: set[tuple[int, bytes]] = field(default_factory=set)


def crash(place: Place, moment: Moment, rounds: int) -> tuple[Told, int]:
    """Crash `rounds` times at `moment`, and raise AssertionError where the log breaks its word.

    Returns all that was told, and the log's size in the end.
    """
    told = Told()
    open_log(place).close()
    for number in range(rounds):
        doomed = _one_round(place, moment, 2 + number * 7 % 23, told)
        log = open_log(place)  # as after any crash: whatever has to be recovered is
        try:
            assert moment.is_committed == (log.find_mark(doomed) is not None)
        finally:
            log.close()
    log = open_log(place)
    try:
        check(log, told)
        return told, log.size
    finally:
        log.close()


def _one_round(place: Place, moment: Moment, batches: int, told: Told) -> bytes:
    """Run the dying processes until they are gone; return a mark of the batch they died of."""
    command = [sys.executable, "-m", "tests.crashes.dying", str(place.where), moment, str(batches)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=_ROOT, start_new_session=True
    ) as child:
        assert child.stdout is not None
        watchdog = threading.Timer(_PATIENCE_SECONDS, _kill_group, (child.pid,))
        watchdog.start()
        doomed = b""
        for line in child.stdout:  # ends when the last process of the group has ended
            match line.split():
                case ["told", index, leaf, note]:
                    assert int(index) not in told.entries, "two callers hold one number"
                    told.entries[int(index)] = bytes.fromhex(leaf)
                    told.notes.add(base64.b64decode(note).decode())
                case ["signed", size, root]:
                    told.signed.add((int(size), bytes.fromhex(root)))
                case ["doomed", mark]:
                    doomed = bytes.fromhex(mark)
        watchdog.cancel()
        assert -signal.SIGKILL == child.wait()
    assert doomed, "nobody reached the moment"
    return doomed


def _kill_group(group: int) -> None:
    os.killpg(group, signal.SIGKILL)


def check(log: Log, told: Told) -> None:
    """Assert that no acknowledged entry is lost, and that there never was a fork."""
    known = verifier(log)
    newest = open_checkpoint(log.checkpoint(), known)
    assert newest.size == log.size == verify(log, known).size
    for index, leaf in told.entries.items():
        assert leaf == leaf_hash(log.entry(index))
    checkpoints = [open_checkpoint(note, known) for note in told.notes]
    checkpoints += [Checkpoint(known.name, size, root) for size, root in told.signed]
    for older in checkpoints:
        _check_extends(log, older, newest)
    # The verifier itself says so as well, of the newest that anybody was given.
    if told.notes:
        latest = max(checkpoints[: len(told.notes)], key=lambda one: one.size)
        assert newest.size == verify(log, known, since=latest).size


def _check_extends(log: Log, older: Checkpoint, newest: Checkpoint) -> None:
    if older.size == 0:
        assert EMPTY_ROOT == older.root
        return
    proof = log.prove_growth(older.size, newest.size)
    check_consistency(proof, older.size, newest.size, older.root, newest.root)
