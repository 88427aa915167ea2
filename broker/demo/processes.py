"""The demo's servers: each a process of its own, all of them ended with the demo.

They are forked from the demo, which has imported every program once: thirteen fresh interpreters
would spend most of the demo's time on importing the same modules. What runs in each is what
`izin serve`, `izin gateway serve` and `izin programme serve` run.

A server lives in a process group of its own, so that Ctrl-C reaches the demo first; the kernel
ends it too if the demo itself is killed.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import httpx2

from broker.errors import BrokerError
from broker.serving import die_with_parent

START_SECONDS: Final = 60
STOP_SECONDS: Final = 8
_POLL_SECONDS: Final = 0.05


class DemoError(BrokerError):
    """The demo cannot go on; the message says which program failed and where its log is."""


class Processes:
    """Starts programs, waits until they answer, and ends them."""

    def __init__(self, logs: Path) -> None:
        """Take the folder for the programs' output."""
        self._logs = logs
        self._running: dict[str, BaseProcess] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, serve: Callable[[], None]) -> None:
        """Run `serve` in a process of its own, its output going to NAME.log.

        Call before any thread is made: a fork copies locks that other threads hold.
        """
        process = multiprocessing.get_context("fork").Process(
            target=_run, args=(serve, self._logs / f"{name}.log"), name=name
        )
        process.start()
        self._running[name] = process

    @property
    def pids(self) -> dict[str, int]:
        """Return each program's process id."""
        return {name: process.pid or 0 for name, process in self._running.items()}

    def wait_ready(self, urls: Mapping[str, str], *, http: httpx2.Client) -> None:
        """Wait until every program answers at its URL; raises DemoError."""
        ends = time.monotonic() + START_SECONDS
        for name, url in urls.items():
            while not _answers(url, http):
                if not self._running[name].is_alive():
                    raise DemoError(f"{name} ended at its start; see {self._logs}/{name}.log")
                if time.monotonic() > ends:
                    raise DemoError(f"{name} does not answer; see {self._logs}/{name}.log")
                time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End every program: politely, then surely."""
        for process in self._running.values():
            # The main process only: it lets its workers finish what they are answering.
            process.terminate()
        ends = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            process.join(max(0.0, ends - time.monotonic()))
        # A main process may be gone while its workers still end: nothing of the group may stay.
        for process in self._running.values():
            _signal_group(process, signal.SIGKILL)
        self._running.clear()


def _answers(url: str, http: httpx2.Client) -> bool:
    try:
        return http.get(url).status_code == 200
    except httpx2.HTTPError:
        return False


def _signal_group(process: BaseProcess, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if process.pid is not None:
            os.killpg(process.pid, number)


def _run(serve: Callable[[], None], output: Path) -> None:
    """Become a server: the life of a forked process, from its first line to its last."""
    os.setsid()
    die_with_parent()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    sys.stdout.flush()
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    serve()
