"""The demo's servers: each a program of its own, all of them ended with the demo.

A server lives in a process group of its own, so that Ctrl-C reaches the demo first; the kernel
ends it too if the demo itself is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
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
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, arguments: Sequence[str], *, environment: Mapping[str, str]) -> None:
        """Start `izin` with `arguments`, its output going to NAME.log."""
        with (self._logs / f"{name}.log").open("ab") as output:
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "broker.cli", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **environment},
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    @property
    def pids(self) -> dict[str, int]:
        """Return each program's process id."""
        return {name: process.pid for name, process in self._running.items()}

    def wait_ready(self, urls: Mapping[str, str], *, http: httpx2.Client) -> None:
        """Wait until every program answers at its URL; raises DemoError."""
        ends = time.monotonic() + START_SECONDS
        for name, url in urls.items():
            while not _answers(url, http):
                if self._running[name].poll() is not None:
                    raise DemoError(f"{name} ended at its start; see {self._logs}/{name}.log")
                if time.monotonic() > ends:
                    raise DemoError(f"{name} does not answer; see {self._logs}/{name}.log")
                time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End every program: politely, then surely."""
        for process in self._running.values():
            _signal_group(process, signal.SIGTERM)
        ends = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            try:
                process.wait(max(0.0, ends - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()
        # A main process may be gone while its workers still end: nothing of the group may stay.
        for process in self._running.values():
            _signal_group(process, signal.SIGKILL)
        self._running.clear()


def _answers(url: str, http: httpx2.Client) -> bool:
    try:
        return http.get(url).status_code == 200
    except httpx2.HTTPError:
        return False


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
