"""Starts what the tests of the pages and the pictures need: the demo, and a browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT: Final = Path(__file__).resolve().parents[2]
START_SECONDS: Final = 120
# Nothing leaves the machine: a browser left to itself calls home.
CHROMIUM_ARGUMENTS: Final = (
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Person:
    """One invented person: what she types, and where her story leads."""

    nik: str
    pin: str
    name: str
    programme: str
    village_code: str
    story: str


@dataclass(frozen=True)
class Demo:
    """Where the demo's parts are, and who in it has not applied yet, by story."""

    home: Path
    broker: str
    portal: str
    people: tuple[Person, ...]
    gateways: Mapping[str, str]
    pids: Mapping[str, int]

    def person(self, story: str, turn: int = 0) -> Person:
        """Return the `turn`-th person of that story."""
        return [person for person in self.people if person.story == story][turn]


@contextmanager
def running_demo(home: Path, *, seed: int = 2026) -> Iterator[Demo]:
    """Run `izin demo` below the folder `home` until the block ends."""
    ready, out = home / "ready.json", home / "out"
    arguments = ["demo", "--port", "0", "--seed", str(seed), "--home", str(home / "home")]
    with out.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "broker.cli", *arguments, "--ready-file", str(ready)],
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        ends = time.monotonic() + START_SECONDS
        while b"Ctrl-C ends" not in out.read_bytes():
            assert process.poll() is None, out.read_text("utf-8")
            assert time.monotonic() < ends, out.read_text("utf-8")
            time.sleep(0.1)
        found = json.loads(ready.read_text("utf-8"))
        yield Demo(
            home=home / "home",
            broker=found["broker"],
            portal=found["portal"],
            gateways=found["gateways"],
            pids=found["pids"],
            # The last has lived her story already.
            people=tuple(
                Person(**{name: each[name] for name in Person.__dataclass_fields__})
                for each in found["people"][:-1]
            ),
        )
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def chromium_path() -> str:
    """Return the Chromium that IZIN_CHROMIUM names, else where Debian puts it."""
    return os.environ.get("IZIN_CHROMIUM", "/usr/bin/chromium")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run a Chromium without a window until the block ends."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=list(CHROMIUM_ARGUMENTS)
        )
        try:
            yield browser
        finally:
            browser.close()
