"""The same with the programs that an operator runs, on a broker of her own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from broker.serving import free_ports
from keys import trust

OLD, NEW = "izin.example", "2.izin.example"
IZIN = [sys.executable, "-m", "broker.cli"]


class Home:
    def __init__(self, folder: Path) -> None:
        (self.port,) = free_ports("127.0.0.1", 1)
        self.folder = folder
        self.env = {**os.environ, "IZIN_HOME": str(folder)}
        url = f"http://localhost:{self.port}"
        said = self.run("init", "--issuer", url, "--origin", OLD, "--port", str(self.port))
        self.vkey = re.findall(r"for auditors: (\S+)", said)[0]

    def run(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [*IZIN, *arguments], env=self.env, capture_output=True, text=True, check=False
        )
        assert code == done.returncode, done.stdout + done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve the broker; yield the newest checkpoint that it shows."""
        process = subprocess.Popen(
            [*IZIN, "serve"],
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield self._shown(process)
        finally:
            process.terminate()
            process.wait(15)

    def _shown(self, process: subprocess.Popen[bytes]) -> str:
        ends = time.monotonic() + 60
        while True:
            assert process.poll() is None
            assert time.monotonic() < ends
            try:
                return httpx2.get(f"http://127.0.0.1:{self.port}/log/checkpoint").text
            except httpx2.HTTPError:
                time.sleep(0.1)

    def put_back(self, backup: Path) -> None:
        for name in ("log.db-wal", "log.db-shm"):
            (self.folder / name).unlink(missing_ok=True)
        shutil.copy(backup, self.folder / "log.db")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "broker")


def test_from_a_log_put_back_to_one_that_auditors_follow(home: Home, tmp_path: Path) -> None:
    backup, kept = tmp_path / "backup.db", tmp_path / "kept"
    shutil.copy(home.folder / "log.db", backup)
    home.run("keys", "rotate", "log")  # an entry more
    with home.serving() as checkpoint:
        kept.write_text(checkpoint)
        taken = home.run("audit", "new-origin", NEW, code=2)
        assert f"port {home.port}" in taken  # a broker that runs is left alone
    size = int(checkpoint.splitlines()[1])
    home.put_back(backup)

    assert "izin audit new-origin" in home.run("serve", code=2)
    assert re.search(r"DO   log: .*izin audit new-origin", home.run("doctor", code=1))
    said = home.run("audit", "new-origin", NEW)
    assert f"{NEW} continues {OLD} from {size} entries" in said
    assert f"lost entries {size - 1} to {size - 1}" in said
    vkey = re.findall(r"new log's key, for auditors: (\S+)", said)[0]
    old_vkey = re.findall(r"--continues`: (\S+)", said)[0]

    text = home.run("trust", "make")
    link = trust.parse(text).broker.continues
    assert link is not None
    assert (OLD, size) == (link.origin, link.size)
    (tmp_path / "trust.toml").write_text(text)
    shown = home.run("trust", "show", str(tmp_path / "trust.toml"))
    assert f"continues  {OLD} from {size} entries" in shown
    with home.serving() as newer:
        assert NEW == newer.splitlines()[0]
    assert (home.folder / f"high-water-{NEW}.json").exists()
    assert "log: " in home.run("doctor", code=1)

    log = str(home.folder / f"log-{NEW}.db")
    follow = ["audit", "verify", log, "--vkey", vkey, "--continues", old_vkey, "--since", str(kept)]
    # What auditors kept is no larger than what the new log says was promised.
    said = home.run(*follow)
    assert f"continues {OLD} from {size} entries" in said
    # The copy's own checkpoint is from before the key changed.
    earlier = ["--earlier", f"{size}:{home.vkey}"]
    said = home.run(*follow, *earlier, "--earlier-log", str(home.folder / "log.db"))
    assert f"entries {size - 1} to {size - 1} of {OLD} are lost" in said
