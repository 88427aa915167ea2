"""Where the attacks take place: the demo's real processes, or all of Izin in this one.

The attacker is the broker, so a stage hands out everything the broker holds: its home, opened
with its own keys, and what came over its wires. The same tests run on both stages; `pytest
tests/attacks` uses the demo, `--in-process` (for tests.mutations) the faster one.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

import httpx2

from broker.db import open_engine
from broker.demo.population import InventedPerson, Kind, people
from broker.demo.registries.seed import SHAPES
from broker.programme.identity import ProgrammeIdentity
from broker.programme.settings import load_files
from broker.programme.setup import open_identities
from broker.settings import load_settings
from broker.wiring import Broker, build, now
from consent.errors import PersonExistsError
from keys.providers.file import FileKek
from tests.attacks.collusion import Colluders
from tests.world import World

ROOT: Final = Path(__file__).resolve().parents[2]
IZIN: Final = (sys.executable, "-m", "broker.cli")
START_SECONDS: Final = 90
CROWD_SEED: Final = 9107
CROWD: Final = 3_600
PLACES: Final = 400
"""More than there are residents in the registries before the attacks."""

Carried = tuple[str, bytes, bytes]
"""One exchange on the broker's wires: address, what it sent, what it got."""


class Tap(httpx2.BaseTransport):
    """A wire that the attacker listens to."""

    def __init__(self) -> None:
        self._wire = httpx2.HTTPTransport()
        self.carried: list[Carried] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        sent = request.read()
        response = self._wire.handle_request(request)
        body = response.read()
        response.close()
        self.carried.append((str(request.url), sent, body))
        headers = [
            (name, value) for name, value in response.headers.items() if name != "content-encoding"
        ]
        return httpx2.Response(response.status_code, headers=headers, content=body, request=request)


class Stage(Protocol):
    """What an attack needs of the place."""

    home: Path
    broker: Broker
    http: httpx2.Client
    carried: list[Carried]
    gateways: Mapping[str, str]
    identities: Mapping[str, ProgrammeIdentity]
    crowd: Crowd

    @property
    def clock(self) -> Any:
        """The clock by which everybody goes."""

    def collude(self, note: str) -> str:
        """Return the note as witnesses in the attacker's hand cosign it, if there are any."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""

    def restart_gateway(self, agency: str) -> None:
        """End the gateway's process and start it anew from the same files."""


@dataclass
class Crowd:
    """Invented people, each handed out once, known to broker and registries."""

    broker: Broker
    registries: Path
    today: datetime
    known: list[InventedPerson] = field(default_factory=list)
    _left: Iterator[InventedPerson] = field(
        default_factory=lambda: iter(people(CROWD, CROWD_SEED)), init=False
    )

    def somebody(self, kind: Kind = "eligible", **facts: Any) -> InventedPerson:
        """Enrol and return somebody new of this kind. facts: what registries say otherwise."""
        for person in self._left:
            if person.kind != kind:
                continue
            # Disasters are numbered across residents: one of hers would be another's.
            facts = {"disaster_days_ago": None, **facts}
            found = replace(person, facts=replace(person.facts, **facts))
            try:
                self.broker.persons.enrol(found.nik, found.pin, found.name, found.village_code)
            except PersonExistsError:
                continue
            self._register(found)
            self.known.append(found)
            return found
        raise AssertionError("the crowd is used up: raise CROWD")

    def _register(self, person: InventedPerson) -> None:
        # Registries number their rows by the resident's place in the list: hers is a new one.
        before = [
            replace(person, family_card=f"{number:016d}")
            for number in range(PLACES + len(self.known))
        ]
        for shapes in SHAPES.values():
            for shape in shapes:
                old = shape.tables(before, self.today.date())
                new = shape.tables([*before, person], self.today.date())
                connection = sqlite3.connect(self.registries / shape.file, timeout=30)
                with connection:
                    for table, rows in new.items():
                        for row in rows[len(old[table]) :]:
                            marks = ", ".join("?" * len(row))
                            connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)
                connection.close()


@dataclass
class Demo:
    """A running `izin demo`. ready: what its ready file says. output: what it wrote."""

    process: subprocess.Popen[bytes]
    ready: Mapping[str, Any]
    output: Path
    restarted: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return Path(self.ready["home"])

    @classmethod
    def start(cls, folder: Path) -> Demo:
        """Start a demo and return when its first applicant has been through everything."""
        import json

        ready, output = folder / "ready.json", folder / "out"
        arguments = ["demo", "--port", "0", "--applicants", "1", "--home", str(folder / "home")]
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*IZIN, *arguments, "--ready-file", str(ready)], cwd=ROOT, stdout=file, stderr=file
            )
        ends = time.monotonic() + START_SECONDS
        while b"Ctrl-C ends" not in output.read_bytes():
            if process.poll() is not None or time.monotonic() > ends:
                process.kill()
                raise AssertionError(output.read_text("utf-8"))
            time.sleep(0.1)
        return cls(process, json.loads(ready.read_text("utf-8")), output)

    def stop(self) -> None:
        """End the demo and every process of it."""
        for each in self.restarted:
            each.terminate()
        for each in self.restarted:
            each.wait(20)
        self.process.terminate()
        self.process.wait(30)


class DemoStage:
    """The demo's processes, and its broker's home opened by the attacker."""

    clock = staticmethod(now)

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.home = demo.home
        tap = Tap()
        self.carried = tap.carried
        self.http = httpx2.Client(transport=tap, timeout=30)
        settings = load_settings({"IZIN_HOME": str(self.home / "broker")})
        self.broker = build(settings, http=httpx2.Client(transport=tap, timeout=30))
        self.gateways = demo.ready["gateways"]
        self.identities = read_identities(self.home)
        self.crowd = Crowd(self.broker, self.home / "registries", now())
        self._colluders = Colluders(self.home, now)

    def collude(self, note: str) -> str:
        return self._colluders.cosigned(note, at=int(now().timestamp()))

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def restart_gateway(self, agency: str) -> None:
        url, config = self.gateways[agency], self.home / "agencies" / agency / "gateway.toml"
        # The main process ends its workers; it was started by the demo, and the demo by us.
        os.kill(self.demo.ready["pids"][agency], signal.SIGTERM)
        _wait_until(lambda: not _answers(url))
        with (self.home / "output" / f"{agency}-again.log").open("wb") as output:
            process = subprocess.Popen(
                [*IZIN, "gateway", "serve", "--config", str(config)],
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )
        self.demo.restarted.append(process)
        _wait_until(lambda: _answers(url))

    def close(self) -> None:
        self.broker.close()
        self.http.close()


class WorldStage:
    """All of Izin in this process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.home = world.plan.home
        self.http = httpx2.Client(transport=world.network)
        self.carried = world.network.carried
        self.gateways = world.plan.gateways
        self.identities: Mapping[str, ProgrammeIdentity] = world.identities
        self.crowd = Crowd(world.broker, self.home / "registries", world.clock())

    @property
    def broker(self) -> Broker:
        return self.world.broker

    @property
    def clock(self) -> Any:
        return self.world.clock

    def collude(self, note: str) -> str:
        return note

    def wait(self, seconds: float) -> None:
        self.world.clock.forward(seconds=seconds)

    def restart_gateway(self, agency: str) -> None:
        from broker.gateway.app import build_app
        from broker.gateway.settings import load_settings as load_gateway
        from broker.gateway.wiring import open_gateway

        self.world.gateways[agency].close()
        settings = load_gateway(self.home / "agencies" / agency / "gateway.toml")
        client = httpx2.Client(transport=self.world.network)
        gateway = open_gateway(settings, clock=self.world.clock, client=client)
        self.world.gateways[agency] = gateway
        self.world.network.put(self.gateways[agency], build_app(gateway))


def read_identities(home: Path) -> Mapping[str, ProgrammeIdentity]:
    """Open the programmes' keys: for what a programme does, never for what the broker can."""
    files = load_files(home / "portal")
    engine = open_engine(files.database_url)
    try:
        return open_identities(engine, FileKek.open(files.kek_path), clock=now)
    finally:
        engine.dispose()


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/healthz", timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False


def _wait_until(true: Any) -> None:
    ends = time.monotonic() + START_SECONDS
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.05)
