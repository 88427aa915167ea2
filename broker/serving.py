"""Serve a WSGI application with granian, end it cleanly, and leave no process behind.

Used by the broker, the gateways, the portal and the witness alike. Knows no application.

A main process watches one worker, which holds the application. What ends them:

- SIGTERM or SIGINT, to the main process or to both: the worker takes no new request, answers what
  it has begun, closes what was registered with `at_end`, and both end with 0.
- a worker that cannot start says why in one sentence, and both end with 2.
- a worker that dies is replaced; one that dies again at once ends the main process with 1.
- a main process that is killed outright takes the worker with it.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import pkgutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.util import Finalize
from typing import Any, Final

from granian.constants import Interfaces
from granian.server import Server

from broker.errors import BrokerError
from broker.logging import server_log_config
from broker.spoken import OURS, one_sentence

_PR_SET_PDEATHSIG: Final = 1
# Less than the 10 s that supervisors usually grant before they kill.
STOP_SECONDS: Final = 8
_CANNOT_START: Final = 2


class PortTakenError(BrokerError):
    """Another program already listens where this one should, or nobody may."""


def check_port_free(host: str, port: int) -> str:
    """Return the address that `host` stands for; raise PortTakenError when `port` is not free.

    granian binds with SO_REUSEPORT: without this check two programs on one port would both start
    and share the requests between them at random.
    """
    family, address = _resolve(host)
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As a server would: a port whose last owner just ended is free again.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise PortTakenError(_bind_fault(host, port, error)) from error
    return address


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
    with nobody in charge.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # The parent may have ended before the line above took effect.
    if expected_parent is not None and os.getppid() != expected_parent:
        os._exit(1)


def at_end(close: Callable[[], None]) -> None:
    """Have `close` called once when this worker ends, after its last request."""
    # Not atexit, which a forked process never comes to.
    Finalize(None, close, exitpriority=10)


def serve(target: str, *, host: str, port: int, threads: int, factory: bool = False) -> None:
    """Serve `target` ("module:name") on `host`:`port` until SIGINT or SIGTERM.

    threads: how many requests the worker answers at once. factory: whether the name is that of a
    function that makes the application. Exits the program where that fails; see the top.
    Raises PortTakenError.
    """
    address = check_port_free(host, port)
    server = Server(
        target,
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        # A crashed worker comes back; what it had not committed was never acknowledged.
        respawn_failed_workers=True,
        # No access log: an OAuth redirect's URL holds a code.
        log_access=False,
        log_level="error",  # type: ignore[arg-type]  # granian takes the name as well
        log_dictconfig=server_log_config(),
        websockets=False,
        workers_kill_timeout=STOP_SECONDS,
    )
    # A supervisor may signal the whole group: a worker that ends before it is told to is no error.
    logging.getLogger("_granian").addFilter(lambda _record: not server.interrupt_signal)
    cannot_start: list[int] = []

    def _stop(number: int, _frame: object) -> None:
        cannot_start.append(number)
        server.signal_handler_interrupt()  # type: ignore[no-untyped-call]

    signal.signal(signal.SIGUSR1, _stop)
    try:
        server.serve(target_loader=_Loader(target, factory, os.getpid()), wrap_loader=False)
    except SystemExit:
        if not server.interrupt_signal:
            raise
    if cannot_start:
        sys.exit(_CANNOT_START)


@dataclass(frozen=True)
class _Loader:
    """Makes the application, in the worker. A class, so that a spawned process can get it too."""

    target: str
    factory: bool
    main: int

    def __call__(self) -> Any:
        die_with_parent(self.main)
        # Ctrl-C reaches every process of a terminal: only the main one acts on it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        # The handlers were copied from the main process and would make a worker that is still
        # starting deaf. granian sets its own once it serves.
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
            signal.signal(number, signal.SIG_DFL)
        try:
            found = pkgutil.resolve_name(self.target)
            return found() if self.factory else found
        except OURS as error:
            self._give_up(one_sentence(error))
        except Exception as error:
            # The text could quote a row: only the kind of error and its place are written.
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            place = "" if trace is None else f" ({trace.tb_frame.f_code.co_filename}:"
            line = "" if trace is None else f"{trace.tb_lineno})"
            self._give_up(f"cannot start: {type(error).__name__}{place}{line}; see `izin doctor`")

    def _give_up(self, sentence: str) -> None:
        print(f"izin: {sentence}", file=sys.stderr, flush=True)  # noqa: T201 - before any logging
        os.kill(self.main, signal.SIGUSR1)
        # The main process ends us; should it be gone, end anyway.
        time.sleep(STOP_SECONDS)
        os._exit(_CANNOT_START)


def _resolve(host: str) -> tuple[socket.AddressFamily, str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PortTakenError(f"the setting host is no address of this machine: {host}") from error
    # `localhost` is both; what links to it mostly says 127.0.0.1.
    family, *_, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    return family, str(address[0])


def _bind_fault(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRNOTAVAIL:
        return f"the setting host is no address of this machine: {host}"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"this user may not listen at port {port}; choose one above 1023"
    return f"port {port} of {host} is in use; stop that program or choose another port"
