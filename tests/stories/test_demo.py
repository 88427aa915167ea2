"""`izin demo`, as somebody types it: it tells the truth, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

IZIN = [sys.executable, "-m", "broker.cli"]
ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*IZIN, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start a demo that keeps serving; yield it and its ready file."""
    ready = tmp_path / "ready.json"
    arguments = [
        "demo",
        "--port",
        "0",
        "--home",
        str(tmp_path / "home"),
        "--ready-file",
        str(ready),
    ]
    with (tmp_path / "out").open("wb") as output:
        process = subprocess.Popen([*IZIN, *arguments], cwd=ROOT, stdout=output, stderr=output)
    ends = time.monotonic() + START_SECONDS
    while b"Ctrl-C ends" not in (tmp_path / "out").read_bytes():
        assert process.poll() is None, (tmp_path / "out").read_text("utf-8")
        assert time.monotonic() < ends
        time.sleep(0.1)
    yield process, ready
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def test_every_kind_of_person_is_decided_as_the_truth_says(tmp_path: Path) -> None:
    told = _run("demo", "--once", "--port", "0", "--applicants", "6", "--home", str(tmp_path / "h"))
    assert 0 == told.returncode, told.stdout + told.stderr
    kinds = ["eligible", "not eligible", "undetermined", "unknown to", "declines", "withdraws"]
    rows = [line for line in told.stdout.splitlines() if line.endswith("1 of 1")]
    assert kinds == [kind for kind, row in zip(kinds, rows, strict=True) if kind in row]
    assert "verified: " in told.stdout


def test_the_ready_file_says_where_everything_is(
    demo: tuple[subprocess.Popen[bytes], Path],
) -> None:
    ready = json.loads(demo[1].read_text("utf-8"))
    assert {"polri", "himbara", "dtsen"} < set(ready["gateways"])
    assert {"nik", "pin", "name", "village"} <= set(ready["people"][0])
    for url in (ready["broker"] + "/healthz", ready["portal"], ready["log"] + "/checkpoint"):
        assert 200 == httpx2.get(url).status_code
    told = _run("audit", "verify", ready["log"], "--vkey", ready["vkey"])
    assert 0 == told.returncode
    assert told.stdout.splitlines()[-1].startswith("OK ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_every_process_ends_with_the_demo(
    demo: tuple[subprocess.Popen[bytes], Path], number: signal.Signals
) -> None:
    process, ready = demo
    mains = list(json.loads(ready.read_text("utf-8"))["pids"].values())
    workers = [
        int(child)
        for main in mains
        for child in Path(f"/proc/{main}/task/{main}/children").read_text("ascii").split()
    ]
    assert 13 == len(mains) <= len(workers)
    os.kill(process.pid, number)
    process.wait(30)
    ends = time.monotonic() + 10
    while any(map(_is_running, mains + workers)) and time.monotonic() < ends:
        time.sleep(0.1)
    assert [] == [pid for pid in mains + workers if _is_running(pid)]


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        told = _run("demo", "--once", "--port", port, "--home", str(tmp_path / "home"))
    assert 2 == told.returncode
    assert f"port {port} of 127.0.0.1 is in use" in told.stderr
    assert "Traceback" not in told.stderr
