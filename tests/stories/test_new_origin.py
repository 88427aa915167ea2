"""A log that lost entries goes on under a new origin, and everybody can follow it there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import orjson
import pytest
from click.testing import CliRunner
from sqlmodel import Session

from audit.cli import audit
from audit.entry import parse_entry
from audit.export import export_folder
from audit.source import open_source
from audit.tiles import read_entries
from audit.trace import format_trace_key
from broker.commands.continuing import spoken
from broker.continuing import Renewed, Wanted, new_origin
from broker.errors import BrokerError
from broker.highwater import BehindError
from broker.log_keys import continued_log
from broker.settings import load_settings
from consent.carrying import SKIPPED_NUMBERS
from consent.evidence import ID_TOKEN
from consent.store import GrantRow
from keys import trust
from tests import databases
from tests.world import World

NEW = "2.izin.demo"


def put_back(world: World, backup: Path, *names: str) -> None:
    """Put older copies of files back under a closed broker."""
    for name in names or ("log.db",):
        for journal in (f"{name}-wal", f"{name}-shm"):
            (world.plan.broker_home / journal).unlink(missing_ok=True)
        shutil.copy(backup / name, world.plan.broker_home / name)


def snapshot(world: World, to: Path) -> None:
    world.close()
    to.mkdir()
    for name in ("log.db", "izin.db", "izin.toml"):
        shutil.copy(world.plan.broker_home / name, to / name)
    world.open()


def go_on(world: World, **asked: object) -> Renewed:
    """Run the command's work on a stopped broker, and read its settings anew."""
    with httpx2.Client(transport=world.network) as http:
        renewed = new_origin(
            world.prepared.settings,
            Wanted(**{"origin": NEW, **asked}),  # type: ignore[arg-type]
            clock=world.clock,
            http=http,
            is_stopped=lambda _host, _port: None,
        )
    settings = load_settings({"IZIN_HOME": str(world.plan.broker_home)})
    settings = replace(settings, database=world.prepared.settings.database)
    world.prepared = replace(world.prepared, settings=settings, vkey=renewed.vkey)
    return renewed


def reissue(world: World, renewed: Renewed) -> None:
    """Give everybody the trust file of the new origin, as `izin trust make` would."""
    log = open_source(str(world.prepared.settings.log_place))
    log.checkpoint()
    first = next(iter(read_entries(log.read, 1)))
    homes = [world.plan.portal_home, *map(world.plan.gateway_home, world.plan.gateways)]
    for home in homes:
        path = home / "trust.toml"
        known = trust.parse(path.read_text("utf-8"))
        new = replace(
            known.broker,
            origin=renewed.origin,
            log_vkey=renewed.vkey,
            continues=continued_log(first),
        )
        path.write_text(trust.format(replace(known, broker=new)), "utf-8")


def lose(world: World, backup: Path) -> int:
    """Have somebody consent and be asked about, then lose these entries; return how many stay."""
    snapshot(world, backup)
    held = world.broker.log.size
    assert "complete" == world.ask(world.consent(world.person("eligible"))).status
    world.close()
    put_back(world, backup)
    return held


def given(world: World) -> list[str]:
    log = world.broker.log
    entries = [parse_entry(log.entry(index)) for index in range(log.size)]
    return [str(each.members["g"]) for each in entries if each.kind == "grant.given"]


def test_a_restored_log_goes_on_under_a_new_name(world: World, tmp_path: Path) -> None:
    before = world.consent(world.person("not_eligible"))
    backup = tmp_path / "backup"
    held = lose(world, backup)
    with pytest.raises(BehindError, match="new-origin"):
        world.open()
    old_vkey = world.prepared.vkey
    renewed = go_on(world)
    assert renewed.lost is not None
    assert renewed.carried is not None
    assert renewed.promised is not None
    assert held == renewed.lost[0]
    assert old_vkey == renewed.old_vkey
    # No grant is proven any more: the one from before the backup ends too.
    assert before.grant_id in renewed.carried.unproven
    assert {} == renewed.carried.indexes
    assert "must consent anew" in " ".join(spoken(renewed, "izin.demo"))
    reissue(world, renewed)
    world.open()
    again = world.consent(world.person("not_eligible"))
    found = world.ask(again, request_id="request-after-the-loss")
    assert "complete" == found.status
    assert () == world.read(again, found, request_id="request-after-the-loss").faults

    export_folder(world.broker.log, tmp_path / "new")
    arguments = ["verify", str(tmp_path / "new"), "--vkey", renewed.vkey, "--continues", old_vkey]
    result = CliRunner().invoke(audit, [*arguments, "--earlier-log", str(backup / "log.db")])
    assert 0 == result.exit_code, result.output
    size, (first, last) = renewed.promised.checkpoint.size, renewed.lost
    assert f"continues izin.demo from {size} entries" in result.output
    assert f"entries {first} to {last} of izin.demo are lost" in result.output


def test_with_a_whole_copy_grants_go_on_and_a_withdrawn_one_stays_withdrawn(
    world: World, tmp_path: Path
) -> None:
    """Database and log are put back from before a withdrawal; an auditor has an export."""
    live = world.consent(world.person("not_eligible"))
    ended = world.consent(world.person("needs_review"))
    backup = tmp_path / "backup"
    snapshot(world, backup)
    world.broker.grants.withdraw(ended.grant_id, ended.person_id)
    asked = world.person("eligible")
    assert "complete" == world.ask(world.consent(asked)).status
    export_folder(world.broker.log, tmp_path / "whole")
    world.close()
    put_back(world, backup, "log.db", "izin.db")
    renewed = go_on(world, copy=str(tmp_path / "whole"))
    assert renewed.carried is not None
    assert {live.grant_id} == set(renewed.carried.indexes)
    assert (ended.grant_id,) == renewed.carried.ended
    reissue(world, renewed)
    world.clock.forward(days=1)
    world.open()
    assert [live.g] == given(world)
    record = world.broker.grants.find(live.grant_id)
    assert record is not None
    found = world.ask(record, request_id="request-after-the-loss")
    assert "complete" == found.status
    assert () == world.read(record, found, request_id="request-after-the-loss").faults
    revived = world.broker.grants.find(ended.grant_id)
    assert revived is not None
    assert "withdrawn" == revived.state
    assert world.broker.log.find_mark(bytes.fromhex(ended.w)) is not None
    # Part B names the old log, and finds her entries in the new one.
    key = format_trace_key("izin.demo", world.broker.persons.open(record.person_id).trace_key)
    export_folder(world.broker.log, tmp_path / "new")
    arguments = ["trace", str(tmp_path / "new"), "--trace-key", "-", "--vkey", renewed.vkey]
    traced = CliRunner().invoke(audit, [*arguments, "--json"], input=key)
    assert 0 == traced.exit_code, traced.output
    kinds = [each["kind"] for each in json.loads(traced.stdout)["entries"]]
    assert ["grant.given", "access.sent"] == kinds[:2]
    assert 2 == CliRunner().invoke(audit, arguments, input=key.replace("izin.", "my.")).exit_code
    # The broker's database forgot that she was asked about; the agencies did not.
    again = world.ask(world.consent(asked), request_id="request-once-too-often")
    assert {"frequency_spent"} == {item["reason"] for item in again.items}


def test_a_run_that_was_cut_short_is_taken_up_and_writes_nothing_twice(
    world: World, tmp_path: Path
) -> None:
    grant = world.consent(world.person("not_eligible"))
    before, after = tmp_path / "before", tmp_path / "after"
    snapshot(world, before)
    world.close()
    go_on(world, anyway=True)
    home = world.plan.broker_home
    after.mkdir()
    shutil.copy(home / "izin.toml", after / "izin.toml")
    size = open_source(str(home / f"log-{NEW}.db")).checkpoint().splitlines()[1]

    # Between 5 and 6: the keys are the new origin's, the settings name the old one.
    put_back(world, before, "izin.toml")
    old = load_settings({"IZIN_HOME": str(home)})
    world.prepared = replace(world.prepared, settings=old)
    assert go_on(world, anyway=True).promised is None
    assert (after / "izin.toml").read_text() == (home / "izin.toml").read_text()

    # Between 4 and 5: the new log is written, nothing else has changed.
    put_back(world, before, "izin.toml", "izin.db")
    world.prepared = replace(world.prepared, settings=old)
    renewed = go_on(world, anyway=True)
    assert renewed.carried is not None
    assert {grant.grant_id} == set(renewed.carried.indexes)
    reissue(world, renewed)
    world.open()
    assert [grant.g] == given(world)
    assert int(size) <= world.broker.log.size
    record = world.broker.grants.find(grant.grant_id)
    assert record is not None
    assert "complete" == world.ask(record).status


def test_a_closed_trace_key_is_followed_by_agencies_that_had_not_yet(world: World) -> None:
    """The closing stands in the old log, and the agencies have her old key pinned."""
    person = world.person("not_eligible")
    first = world.consent(person)
    assert "complete" == world.ask(first).status
    world.clock.forward(days=32)
    world.broker.asking.trace_keys.replace(first.person_id)
    world.close()
    renewed = go_on(world, anyway=True)
    assert renewed.carried is not None
    assert {first.grant_id} == set(renewed.carried.indexes)
    reissue(world, renewed)
    world.open()
    record = world.broker.grants.find(first.grant_id)
    assert record is not None
    found = world.ask(record, request_id="request-under-the-new")
    assert "complete" == found.status, found.items


def test_a_grant_on_a_login_ends_and_its_number_is_not_used_again(world: World) -> None:
    """A login's token shows a consent of its own hour, which the new entry cannot have."""
    person = world.person("not_eligible")
    grant = world.consent(person)
    with Session(world.broker.engine) as session:
        row = session.get_one(GrantRow, grant.grant_id)
        row.evidence = json.dumps({"kind": ID_TOKEN, "sealed": "as it was"})
        session.add(row)
        session.commit()
    world.close()
    renewed = go_on(world, anyway=True)
    assert renewed.carried is not None
    assert (grant.grant_id,) == renewed.carried.by_login
    reissue(world, renewed)
    world.open()
    ended = world.broker.grants.find(grant.grant_id)
    assert ended is not None
    assert "withdrawn" == ended.state
    assert grant.n + SKIPPED_NUMBERS < world.consent(person).n


def test_what_the_command_refuses(world: World, tmp_path: Path) -> None:
    world.consent(world.person("not_eligible"))
    early = tmp_path / "early"
    snapshot(world, early)
    assert "complete" == world.ask(world.consent(world.person("eligible"))).status
    mark = world.prepared.settings.high_water_path
    world.close()
    with pytest.raises(BrokerError, match="nothing is lost"):
        go_on(world)
    with pytest.raises(BrokerError, match="one that it never had"):
        go_on(world, origin="izin.demo", anyway=True)
    with pytest.raises(BrokerError, match="the demo's keys stay"):
        go_on(world, origin="izin.example", anyway=True)
    with pytest.raises(BrokerError, match="a place of its own"):
        go_on(world, place="log.db", anyway=True)
    with pytest.raises(BrokerError, match="no checkpoint that this log signed"):
        go_on(world, checkpoints=["something else"], anyway=True)

    put_back(world, early)
    with pytest.raises(BrokerError, match="a copy that is not whole proves no grant"):
        go_on(world, copy=str(early / "log.db"))
    # An older version's mark has no signature; what gateways saw is then the best there is.
    told = orjson.loads(mark.read_bytes())
    mark.write_bytes(orjson.dumps({**told, "size": told["size"] + 1, "note": None}))
    with pytest.raises(BrokerError, match="give it with --checkpoint"):
        go_on(world)
    assert not (world.plan.broker_home / f"log-{NEW}.db").exists()
    mark.unlink()
    renewed = go_on(world)
    assert renewed.promised is not None
    assert told["size"] == renewed.promised.checkpoint.size  # from the gateways
    reissue(world, renewed)
    world.open()


@pytest.fixture
def place() -> Iterator[str]:
    """Return another schema of the server, for the new log."""
    with databases.schema() as url:
        yield url


@pytest.mark.parametrize("world", ["postgres"], indirect=True)
def test_on_a_server_the_new_log_is_put_where_the_operator_says(place: str, world: World) -> None:
    grant = world.consent(world.person("not_eligible"))
    world.close()
    with pytest.raises(BrokerError, match="--log"):
        go_on(world, anyway=True)
    renewed = go_on(world, anyway=True, place=place)
    reissue(world, renewed)
    world.open()
    assert [grant.g] == given(world)
    record = world.broker.grants.find(grant.grant_id)
    assert record is not None
    assert "complete" == world.ask(record).status
