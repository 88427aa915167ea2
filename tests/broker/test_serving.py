"""Servers start once, end cleanly, and leave no worker behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from broker.serving import PortTakenError, check_port_free, free_ports
from broker.setup import initialise

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """Yield a running `izin serve`, its address, and the file of what it says."""
    (port,) = free_ports("127.0.0.1", 1)
    home, said = tmp_path / "broker", tmp_path / "said"
    initialise(
        home,
        issuer=f"http://localhost:{port}",
        origin="izin.example",
        port=port,
        clock=lambda: datetime.now(UTC),
    )
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "broker.cli", "serve"],
            cwd=ROOT,
            env={**os.environ, "IZIN_HOME": str(home)},
            stdout=output,
            stderr=output,
        )
    url = f"http://127.0.0.1:{port}"
    ends = time.monotonic() + 40
    while not _answers(url):
        assert process.poll() is None, said.read_text("utf-8")
        assert time.monotonic() < ends
        time.sleep(0.1)
    yield process, url, said
    process.kill()
    process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/readyz").status_code == 200
    except httpx2.HTTPError:
        return False


def _workers(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [int(child) for child in children]


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_and_soon(
    served: tuple[subprocess.Popen[bytes], str, Path], number: signal.Signals
) -> None:
    process, _, said = served
    workers = _workers(process.pid)
    process.send_signal(number)
    assert 0 == process.wait(10)
    assert all(map(_is_gone, workers))
    assert "Traceback" not in said.read_text("utf-8")


def test_killed_outright_it_takes_its_workers_with_it(
    served: tuple[subprocess.Popen[bytes], str, Path],
) -> None:
    """granian's workers would go on answering, with nobody in charge of them."""
    process, url, _ = served
    workers = _workers(process.pid)
    process.kill()
    process.wait()
    ends = time.monotonic() + 5
    while not all(map(_is_gone, workers)) and time.monotonic() < ends:
        time.sleep(0.05)
    assert [] == [pid for pid in workers if not _is_gone(pid)]
    assert not _answers(url)


def test_a_second_server_on_the_port_does_not_start(
    served: tuple[subprocess.Popen[bytes], str, Path],
) -> None:
    """With SO_REUSEPORT both would start and share the requests at random."""
    _, url, _ = served
    with pytest.raises(PortTakenError, match="is in use"):
        check_port_free("127.0.0.1", int(url.rpartition(":")[2]))


def test_what_it_says_is_one_json_line_an_event(
    served: tuple[subprocess.Popen[bytes], str, Path],
) -> None:
    lines = served[2].read_text("utf-8").splitlines()
    assert lines
    assert all(line.startswith("{") and line.endswith("}") for line in lines), lines


def test_free_ports_are_free_and_distinct() -> None:
    ports = free_ports("127.0.0.1", 5)
    assert 5 == len(set(ports))
    for port in ports:
        check_port_free("127.0.0.1", port)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports[0]))
        taken.listen()
        with pytest.raises(PortTakenError):
            check_port_free("127.0.0.1", ports[0])
