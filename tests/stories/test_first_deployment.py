"""docs/first-deployment.md, run as it stands: a newcomer's own two agencies, and a question."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from broker.demo.browser import Browser, Form, Page, link
from broker.serving import free_ports

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "first-deployment.md"
PORTS = ("8400", "8401", "8402", "8403")
NIK, PIN = "3510990101800001", "246813"


class Shell:
    """A bash that runs the document's blocks, one after another, in one folder."""

    def __init__(self, folder: Path) -> None:
        text = DOCUMENT.read_text("utf-8")
        for documented, free in zip(PORTS, free_ports("127.0.0.1", len(PORTS)), strict=True):
            text = text.replace(documented, str(free))
        self.ports = [int(port) for port in re.findall(r"--port (\d+)", text)]
        self.blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        self.folder = folder
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.process = subprocess.Popen(
            ["bash", "-euo", "pipefail"],
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.PIPE,
            stdout=(folder / "said").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, number: int) -> str:
        """Run one block to its end and return all that was said so far."""
        assert self.process.stdin is not None
        done = self.folder / f"done-{number}"
        self.process.stdin.write(f"{self.blocks[number]}\ntouch {done}\n".encode())
        self.process.stdin.flush()
        ends = time.monotonic() + 90
        said = ""
        while not done.exists():
            said = (self.folder / "said").read_text("utf-8")
            assert self.process.poll() is None, said
            assert time.monotonic() < ends, said
            time.sleep(0.1)
        return (self.folder / "said").read_text("utf-8")

    def end(self) -> None:
        """End every program; each closes its files."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)
        ends = time.monotonic() + 10
        while list(self.folder.glob("*/*-wal")) and time.monotonic() < ends:
            time.sleep(0.1)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    opened = Shell(tmp_path)
    yield opened
    # Also where the shell has ended early: what it started is still in its group.
    opened.end()


def _form(page: Page, action: str) -> Form:
    return next(form for form in page.forms if form.action.split("?")[0].endswith(action))


def test_the_document_leads_to_an_answer_and_a_verified_log(shell: Shell, tmp_path: Path) -> None:
    for number in range(len(shell.blocks) - 1):
        said = shell.run(number)
    assert "Enrolled" in said
    assert "DO  " not in said, said
    # What an agency and the trust file say of a key is the same line.
    (line, *_) = [one for one in said.splitlines() if one.startswith("agency     polri")]
    assert 3 == said.count(line)
    assert "pkh in 35.10.15.2004: in force from" in said

    portal = f"http://127.0.0.1:{shell.ports[-1]}"
    assert 200 == httpx2.get(portal).status_code
    browser = Browser()
    page = browser.open(f"{portal}/apply")
    choices = {"programme": "pkh", "area": "35.10.15.2004"}
    page = browser.send(page, _form(page, "/apply"), choices)
    page = browser.send(page, _form(page, "/login"), {"nik": NIK, "pin": PIN})
    form = _form(page, "/oauth/authorize")
    page = browser.send(page, form, dict.fromkeys(form.choices, "yes"))
    page = browser.open(link(page, "/oauth/continue"))
    browser.close()
    # Two agencies answered; the rest are not connected, so a person has to look.
    assert "needs_review" == page.main["data-result"]
    assert 2 == page.text.count('data-status="answered"')

    assert "\nOK " in shell.run(len(shell.blocks) - 1)
    shell.end()
    assert [] == list(tmp_path.glob("*/*-wal"))
    for program in ("broker", "polri", "dukcapil", "portal"):
        told = (tmp_path / f"{program}.out").read_text("utf-8")
        assert all(line.startswith("{") for line in told.splitlines()), told
        assert NIK not in told
        assert PIN not in told
    # The formula is known, but not for a day yet: the decision comes tomorrow.
    assert "formula-not-in-force" in (tmp_path / "portal.out").read_text("utf-8")
