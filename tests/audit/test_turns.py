"""Processes that write one log wait for each other, and never for one that is gone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from audit.turns import Turns


def test_one_has_the_turn_at_a_time(tmp_path: Path) -> None:
    """Two holders stand for two processes: the lock belongs to the opened file."""
    first, second = Turns(tmp_path / "log.db"), Turns(tmp_path / "log.db")
    waiting, had = threading.Event(), threading.Event()

    def wait() -> None:
        waiting.set()
        with second.turn():
            had.set()

    thread = threading.Thread(target=wait)
    with first.turn():
        thread.start()
        assert waiting.wait(5)
        assert not had.wait(0.05)
    assert had.wait(5)
    thread.join()


def test_a_turn_ends_when_its_holder_does(tmp_path: Path) -> None:
    gone, left = Turns(tmp_path / "log.db"), Turns(tmp_path / "log.db")
    with pytest.raises(RuntimeError), gone.turn():
        raise RuntimeError
    with left.turn():
        pass

    held = gone.turn()
    held.__enter__()
    gone.close()  # as the kernel does for a process that was killed
    with left.turn():
        pass


def test_nobody_else_may_open_the_locks_file(tmp_path: Path) -> None:
    Turns(tmp_path / "log.db").close()

    assert 0o600 == (tmp_path / "log.db-turns").stat().st_mode & 0o777
