"""Serve a WSGI application with granian, and leave no process behind.

Used by the broker, the gateways and the programme's portal alike. Knows no application.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
from typing import Final

from granian.constants import Interfaces
from granian.server import Server

from broker.errors import BrokerError

_PR_SET_PDEATHSIG: Final = 1


class PortTakenError(BrokerError):
    """Another program already listens where this one should."""


def check_port_free(host: str, port: int) -> None:
    """Raise PortTakenError when something already listens on `host`:`port`.

    granian binds with SO_REUSEPORT: without this check two programs on one port would both start
    and share the requests between them at random.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As a server would: a port whose last owner just ended is free again.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"port {port} of {host} is in use; stop that program or choose another port"
            ) from error


def free_ports(host: str, count: int) -> list[int]:
    """Return `count` distinct ports of `host` that are free at this moment."""
    probes = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((host, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def die_with_parent(expected_parent: int | None = None) -> None:
    """Have the kernel end this process when its parent ends, however the parent ends.

    granian's workers outlive a main process that is killed with SIGKILL and would go on answering
    with nobody in charge. Called by each worker as it builds its application.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # The parent may have ended before the line above took effect.
    if expected_parent is not None and os.getppid() != expected_parent:
        os._exit(1)


def serve(target: str, *, host: str, port: int, threads: int, factory: bool = False) -> None:
    """Serve `target` ("module:name") on `host`:`port` until SIGINT or SIGTERM.

    threads: how many requests one worker answers at once.
    Raises PortTakenError.
    """
    check_port_free(host, port)
    Server(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        # A crashed worker comes back; what it had not committed was never acknowledged.
        respawn_failed_workers=True,
        # No access log: an OAuth redirect's URL holds a code.
        log_access=False,
        log_level="error",  # type: ignore[arg-type]  # granian takes the name as well
        websockets=False,
        factory=factory,
        workers_kill_timeout=5,
    ).serve()
