"""She replaces her trace key: her permission goes on, and both papers find what is theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from audit.trace import find, parse_trace_key, share, share_pin
from broker.gateway.about import about, lines
from tests.world import World

SECOND, THIRD = "request-second-0002", "request-third-00003"


def _found(world: World, key: bytes) -> list[str]:
    log = world.broker.log
    entries = [log.entry(index) for index in range(log.size)]
    found = find(entries, key, tuple(world.broker.policy.catalogue.agencies))
    return [each.entry.kind for each in found]


def test_a_permission_goes_on_under_a_new_key(world: World) -> None:
    """Agencies that know her old share are shown its closing, and answer under the new one."""
    person = world.person("eligible")
    grant = world.consent(person)
    first = world.ask(grant)
    assert {item["status"] for item in first.items} == {"answered"}
    trace_keys = world.broker.asking.trace_keys
    old = world.broker.persons.open(grant.person_id)

    world.clock.forward(days=40)  # the permission is for one question a month
    trace_keys.replace(grant.person_id)
    new = world.broker.persons.open(grant.person_id)
    agencies = sorted(item["agency"] for item in first.items)
    assert sorted(trace_keys.old_shares(new, agencies)) == agencies
    second = world.ask(grant, request_id=SECOND)
    assert {item["status"] for item in second.items} == {"answered"}

    # What is settled is not shown again; the gateway lists what it had before.
    assert trace_keys.old_shares(new, agencies) == {}
    gateway = world.gateways["himbara"]
    said = about(gateway.ledger.person(person.nik), gateway.engine, gateway.log)
    assert said.pin == share_pin(share(new.trace_key, "himbara")).hex()
    replaced = share_pin(share(old.trace_key, "himbara")).hex()
    assert [pin for pin, _ in said.replaced] == [replaced]
    assert any(replaced in line for line in lines(said))

    # Each paper finds its own: the old one up to the closing, the new one from there.
    assert _found(world, old.trace_key)[-1] == "grant.withdrawn"
    assert "trace.closed" in _found(world, old.trace_key)
    assert _found(world, new.trace_key)[0] == "grant.given"
    assert "access.answered" in _found(world, new.trace_key)


def test_agencies_follow_a_key_that_was_replaced_three_times(world: World) -> None:
    """Nobody was asked in between: the question brings every closing, and has room for them."""
    grant = world.consent(world.person("eligible"))
    world.ask(grant)
    world.clock.forward(days=40)
    for _ in range(3):
        world.broker.asking.trace_keys.replace(grant.person_id)
    found = world.ask(grant, request_id=THIRD)
    assert {item["status"] for item in found.items} == {"answered"}


def test_the_desk_replaces_a_key_and_she_is_asked_to_do_it_again(world: World) -> None:
    """Whoever runs the command sees the key; the running broker goes on with the new one."""
    person = world.person("eligible")
    grant = world.consent(person)
    told = _izin(world, "replace-key", person.nik)
    assert told.returncode == 0, told.stderr
    key = world.broker.persons.open(grant.person_id).trace_key
    assert parse_trace_key(told.stdout.strip())[1] == key
    assert world.broker.asking.trace_keys.was_printed(grant.person_id)
    assert person.nik not in told.stdout + told.stderr
    world.clock.now = datetime.now(UTC)  # as the command's own
    assert {item["status"] for item in world.ask(grant).items} == {"answered"}


def test_the_desk_notes_that_an_agent_printed_a_receipt(world: World) -> None:
    person = world.person("eligible")
    told = _izin(world, "printed", person.nik)
    assert told.returncode == 0, told.stderr
    assert world.broker.asking.trace_keys.was_printed(world.person_id(person))
    unknown = _izin(world, "printed", "3510990000000000")
    assert (unknown.returncode, "nobody with this NIK" in unknown.stderr) == (2, True)


def _izin(world: World, command: str, nik: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "broker.cli", "person", command],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "IZIN_HOME": str(world.plan.broker_home)},
        input=nik + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
