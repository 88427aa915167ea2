"""The demo from beginning to end: prepare, start, let people live it, verify, keep serving."""

from __future__ import annotations

import hashlib
import json
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import click
import httpx2

from audit.errors import AuditError
from audit.examine import Place, Trust, examine
from audit.note import parse_vkey
from audit.source import HttpSource
from audit.verify import open_newest
from broker.app import serve as serve_broker
from broker.demo.applicant import Story, live_through
from broker.demo.closing import addresses, story_lines, table
from broker.demo.population import KINDS, InventedPerson, background, people
from broker.demo.prepare import Plan, Prepared, prepare, register_agencies
from broker.demo.processes import DemoError, Processes
from broker.demo.registries.seed import AGENCIES
from broker.demo.witnesses import WITNESSES
from broker.gateway.app import serve as serve_gateway
from broker.programme.cli import serve as serve_portal
from broker.serving import check_port_free, free_ports
from broker.wiring import now, open_broker
from broker.witness.app import serve as serve_witness
from broker.witness.settings import SETTINGS_NAME as WITNESS_SETTINGS
from policies.load import PILOT, load

HOST: Final = "127.0.0.1"
SPARE: Final = 12
"""People who apply for nothing by themselves: for whoever opens the pages."""

BACKGROUND: Final = 200
AT_ONCE: Final = 4


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    applicants: int
    once: bool
    port: int
    home: Path | None
    ready_file: Path | None
    seed: int


def run(wish: Wish) -> bool:
    """Tell the whole story; return whether every decision was right and the log verified."""
    if wish.home is not None and wish.home.exists() and any(wish.home.iterdir()):
        raise DemoError(f"{wish.home} is not empty; name another folder with --home")
    if wish.home is not None:
        return _run_in(wish.home, wish)
    with tempfile.TemporaryDirectory(prefix="izin-demo-", ignore_cleanup_errors=True) as folder:
        return _run_in(Path(folder), wish)


def _run_in(home: Path, wish: Wish) -> bool:
    began = time.monotonic()
    plan = _plan(home.resolve(), wish.port)
    # Spare people come last in the seeded list, so that the first applicants are always the same.
    everybody = people(wish.applicants + SPARE, wish.seed)
    applicants = everybody[: wish.applicants]
    spare = sorted(everybody[wish.applicants :], key=lambda person: KINDS.index(person.kind))
    click.echo(f"Making keys, registries and {len(everybody)} invented people ...")
    reader_token = secrets.token_urlsafe(32)
    prepared = prepare(
        plan,
        everybody,
        background(BACKGROUND, wish.seed),
        clock=now,
        reader_token_sha256=hashlib.sha256(reader_token.encode()).hexdigest(),
    )
    processes = Processes(home / "output")
    try:
        _start(processes, plan, prepared)
        click.echo(f"Everything answers after {time.monotonic() - began:.0f} s.")
        if wish.ready_file is not None:
            ready = _ready(plan, prepared, spare + applicants, reader_token, processes)
            _write_whole(wish.ready_file, json.dumps(ready, indent=2))
        stories = _live(applicants, plan)
        verified = _verify(plan, prepared)
        right = all(story.is_as_expected for story in stories)
        click.echo(f"Done in {time.monotonic() - began:.0f} s.")
        if not wish.once:
            _serve(plan, prepared, spare)
        return right and verified
    finally:
        processes.stop()


def _plan(home: Path, port: int) -> Plan:
    count = 2 + len(AGENCIES) + len(WITNESSES)
    ports = free_ports(HOST, count) if port == 0 else list(range(port, port + count))
    for each in ports:
        check_port_free(HOST, each)
    # Two names for one machine: a browser keeps the broker's and the portal's cookies apart.
    return Plan(
        home,
        broker=f"http://localhost:{ports[0]}",
        portal=f"http://{HOST}:{ports[1]}",
        gateways={
            agency: f"http://{HOST}:{each}"
            for agency, each in zip(AGENCIES, ports[2:], strict=False)
        },
        witnesses={
            name: f"http://{HOST}:{each}"
            for name, each in zip(WITNESSES, ports[-len(WITNESSES) :], strict=True)
        },
    )


def _start(processes: Processes, plan: Plan, prepared: Prepared) -> None:
    """Start every program, and tell the broker of the agencies."""
    for agency in plan.gateways:
        config = plan.gateway_home(agency) / "gateway.toml"
        processes.start(agency, partial(serve_gateway, config))
    for name in plan.witnesses:
        config = plan.witness_home(name) / WITNESS_SETTINGS
        processes.start(f"witness-{name}", partial(serve_witness, config))
    processes.start("portal", partial(serve_portal, plan.portal_home / "programme.toml"))
    processes.start("broker", partial(serve_broker, prepared.settings))
    http = httpx2.Client(timeout=2)
    processes.wait_ready(
        {
            **{agency: f"{url}/healthz" for agency, url in plan.gateways.items()},
            **{f"witness-{name}": f"{url}/healthz" for name, url in plan.witnesses.items()},
            "portal": f"{plan.portal}/healthz",
            "broker": f"{plan.broker}/readyz",
        },
        http=http,
    )
    http.close()
    with open_broker(prepared.settings) as broker:
        register_agencies(broker, prepared, plan)


def _live(applicants: Sequence[InventedPerson], plan: Plan) -> list[Story]:
    policy = load(PILOT)
    live = partial(live_through, portal=plan.portal, broker=plan.broker, policy=policy)
    stories = _with_progress(applicants, live)
    click.echo("")
    if len(stories) <= SPARE:
        for story in stories:
            click.echo("\n".join(story_lines(story)))
    click.echo("\n".join(table(stories)))
    return stories


def _with_progress(
    applicants: Sequence[InventedPerson], live: Callable[[InventedPerson], Story]
) -> list[Story]:
    stories: dict[str, Story] = {}
    with (
        ThreadPoolExecutor(AT_ONCE) as pool,
        click.progressbar(length=len(applicants), label="Applicants") as bar,
    ):
        running = [pool.submit(live, person) for person in applicants]
        try:
            for each in as_completed(running):
                story = each.result()
                stories[story.person.nik] = story
                bar.update(1)
        except BaseException:
            # One story that cannot go on ends the demo; nobody waits for the rest of them.
            for each in running:
                each.cancel()
            raise
    return [stories[person.nik] for person in applicants]


def _verify(plan: Plan, prepared: Prepared) -> bool:
    url = f"{plan.broker}/log"
    source = HttpSource(url)
    witnesses = [parse_vkey(vkey) for vkey in prepared.witnesses.values()]
    trust = Trust(parse_vkey(prepared.vkey), witnesses)
    try:
        # As `izin audit verify` does: the lists of withdrawals too.
        report = examine(
            Place(source, url), trust, open_newest(source, trust.verifier, trust.witnesses)
        )
    except AuditError as error:
        click.echo(f"The log does NOT verify: {error}")
        return False
    click.echo(f"\nverified: {report.size} entries of the log, with nothing but its public key")
    click.echo(f"          and those of {len(witnesses)} witnesses, who cosigned it")
    return True


def _serve(plan: Plan, prepared: Prepared, spare: Sequence[InventedPerson]) -> None:
    lines = addresses(
        portal=plan.portal,
        broker=plan.broker,
        vkey=prepared.vkey,
        witnesses=list(prepared.witnesses.values()),
        people=spare,
        home=str(plan.home),
    )
    click.echo("\n".join(lines))
    click.echo("\nCtrl-C ends everything.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        click.echo("\nEnding ...")


def _ready(
    plan: Plan,
    prepared: Prepared,
    everybody: Sequence[InventedPerson],
    reader_token: str,
    processes: Processes,
) -> Mapping[str, object]:
    return {
        "broker": plan.broker,
        "log": f"{plan.broker}/log",
        "vkey": prepared.vkey,
        "entries_token": reader_token,
        "portal": plan.portal,
        "gateways": dict(plan.gateways),
        "witnesses": dict(prepared.witnesses),
        "people": [
            {
                "nik": person.nik,
                "pin": person.pin,
                "name": person.name,
                "village": person.village,
                "village_code": person.village_code,
                "programme": person.programme,
                "story": person.kind,
            }
            for person in everybody
        ],
        "home": str(plan.home),
        "pids": processes.pids,
    }


def _write_whole(path: Path, text: str) -> None:
    """Write so that a reader sees nothing or everything."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, "utf-8")
    beside.replace(path)
