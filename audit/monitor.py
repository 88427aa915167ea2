"""`izin audit verify --watch`: looks, waits, tells. What it tells is a word; never an entry's.

A command for alerts is run without a shell, with the kind of alert as its last argument, once
when the alert begins.
"""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from audit.errors import AuditError
from audit.state import write_state, write_whole
from audit.watch import TAMPERED, Look, Monitor, metrics

_COMMAND_SECONDS = 60


def parse_command(text: str) -> list[str]:
    """Return the words of a command, or raise AuditError."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise AuditError("the command for alerts is not one") from error
    if not words:
        raise AuditError("the command for alerts is empty")
    return words


def watch(
    monitor: Monitor,
    *,
    every: float,
    tell: Callable[[Look], None],
    state: Path | None = None,
    metrics_file: Path | None = None,
    command: Sequence[str] = (),
    looks: int | None = None,
) -> Look:
    """Look every so many seconds until the log is tampered with; return that look.

    tell: is given each look that says something new. looks: how many, for ever if None.
    """
    before: frozenset[str] = frozenset()
    done = 0
    while True:
        at = int(time.time())
        look = monitor.look(at)
        done += 1
        if metrics_file is not None:
            write_whole(metrics_file, metrics(look, at=at, looks=done).encode())
        if state is not None and look.grew and monitor.kept is not None:
            write_state(state, monitor.kept)
        if look.grew or look.alerts != before:
            tell(look)
        for kind in sorted(look.alerts - before):
            _run(command, kind)
        before = look.alerts
        if TAMPERED in look.alerts or done == looks:
            return look
        time.sleep(every)


def _run(command: Sequence[str], kind: str) -> None:
    if not command:
        return
    try:
        done = subprocess.run(  # noqa: S603 - the auditor's own command, without a shell
            [*command, kind], stdin=subprocess.DEVNULL, timeout=_COMMAND_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        click.echo(f"the command for alerts failed: {type(error).__name__}", err=True)
        return
    if done.returncode:
        click.echo(f"the command for alerts exited {done.returncode}", err=True)
