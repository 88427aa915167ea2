"""Servers start once, end cleanly, and leave no worker behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
    process, url, said = _serve(tmp_path)
    _wait_for(lambda: _answers(url), process, said)
    yield process, url, said
    process.kill()
    process.wait()


def _serve(
    tmp_path: Path, spoil: Callable[[Path], object] = lambda _: None
) -> tuple[subprocess.Popen[bytes], str, Path]:
    (port,) = free_ports("127.0.0.1", 1)
    home, said = tmp_path / "broker", tmp_path / "said"
    initialise(
        home,
        issuer=f"http://localhost:{port}",
        origin="izin.example",
        port=port,
        clock=lambda: datetime.now(UTC),
    )
    spoil(home)
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "broker.cli", "serve"],
            cwd=ROOT,
            env={**os.environ, "IZIN_HOME": str(home)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return process, f"http://127.0.0.1:{port}", said


def _wait_for(
    found: Callable[[], bool], process: subprocess.Popen[bytes], said: Path | None = None
) -> None:
    ends = time.monotonic() + 40
    while not found():
        assert process.poll() is None, said and said.read_text("utf-8")
        assert time.monotonic() < ends
        time.sleep(0.1)


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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_group_ends_it_cleanly_too(
    served: tuple[subprocess.Popen[bytes], str, Path], number: signal.Signals
) -> None:
    """As a terminal does at Ctrl-C, and a supervisor that signals every process of a service."""
    process, _, said = served
    os.killpg(process.pid, number)
    assert 0 == process.wait(10)
    assert "trouble" not in said.read_text("utf-8")


def test_its_log_and_database_are_closed_at_the_end(
    served: tuple[subprocess.Popen[bytes], str, Path],
) -> None:
    """SQLite removes the write-ahead file when the last connection is closed, and only then."""
    process, _, said = served
    home = said.parent / "broker"
    assert (home / "log.db-wal").exists()
    process.terminate()
    assert 0 == process.wait(10)
    assert [] == list(home.glob("*-wal"))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda home: (home / "kek.key").unlink(), "KEK file"),
        (lambda home: (home / "log.db").write_bytes(b"no database"), "the log cannot be read"),
        (lambda home: (home / "izin.db").write_bytes(b"no database" * 100), "DatabaseError"),
    ],
)
def test_what_cannot_start_says_why_once_and_ends(
    tmp_path: Path, spoil: Callable[[Path], object], words: str
) -> None:
    process, _, said = _serve(tmp_path, spoil)
    assert 2 == process.wait(20)
    (line,) = said.read_text("utf-8").splitlines()
    assert words in line
    assert "Traceback" not in line


SLOW = """
import os, signal, time
from pathlib import Path
from broker.serving import at_end

def make():
    at_end(lambda: Path("closed").write_text("closed after the last answer"))
    def app(environ, start_response):
        if environ["PATH_INFO"] == "/crash":
            os.kill(os.getpid(), signal.SIGKILL)
        if environ["PATH_INFO"] == "/slow":
            Path("begun").touch()
            time.sleep(2)
            Path("answered").write_text(str(Path("closed").exists()))
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(os.getpid()).encode()]
    return app
"""


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Yield a server of an application that takes two seconds at /slow, and its address."""
    (port,) = free_ports("127.0.0.1", 1)
    (tmp_path / "slow.py").write_text(SLOW)
    call = f"serve('slow:make', host='localhost', port={port}, threads=4, factory=True)"
    process = subprocess.Popen(
        [sys.executable, "-c", f"from broker.serving import serve; {call}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        stderr=subprocess.PIPE,
    )
    url = f"http://127.0.0.1:{port}"
    _wait_for(lambda: _answers(url), process)
    yield process, url
    process.kill()
    process.wait()


def test_a_running_request_is_answered_before_the_end(
    slow: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    process, url = slow
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(httpx2.get, f"{url}/slow", timeout=20) for _ in range(2)]
        _wait_for((tmp_path / "begun").exists, process)
        process.terminate()
        assert [200, 200] == [each.result().status_code for each in asked]
    assert 0 == process.wait(10)
    assert "False" == (tmp_path / "answered").read_text()
    assert (tmp_path / "closed").exists()


def test_an_idle_connection_does_not_hold_it(slow: tuple[subprocess.Popen[bytes], str]) -> None:
    process, url = slow
    with httpx2.Client() as client:
        client.get(url)
        process.terminate()
        assert 0 == process.wait(5)


def test_a_worker_that_dies_is_replaced(slow: tuple[subprocess.Popen[bytes], str]) -> None:
    process, url = slow
    before = httpx2.get(url).text
    with pytest.raises(httpx2.HTTPError):
        httpx2.get(f"{url}/crash")
    _wait_for(lambda: _answers(url), process)
    assert before != httpx2.get(url).text


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
