"""`izin audit prune` on a log that the whole program made, and what everybody sees of it after."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner, Result

from audit import workers
from audit.entry import parse_entry
from audit.tag_index import TagIndex
from audit.trace import format_trace_key
from broker.app import web_app
from broker.cli import main
from broker.commands.pruning import prune
from consent.grants import GrantRecord
from consent.tracing import find_and_check
from tests.audit.logs import access
from tests.audits import audited, faults, judged, serving
from tests.world import World

YEAR = timedelta(days=367)
MONTH = timedelta(days=31)


@pytest.fixture
def grant(world: World, monkeypatch: pytest.MonkeyPatch) -> GrantRecord:
    """Return a grant under which everybody was asked once, a year and some hundred entries ago."""
    monkeypatch.setenv("IZIN_HOME", str(world.plan.broker_home))
    audited(world)
    given = world.consent(world.person("eligible"))
    assert "complete" == world.ask(given).status
    world.broker.log.append([access() for _ in range(900)])
    world.clock.now += YEAR
    return given


@pytest.fixture
def pruned(world: World, grant: GrantRecord) -> GrantRecord:
    day = (world.clock() - timedelta(days=366)).date()
    prune(day, None, clock=world.clock)
    world.clock.now += MONTH
    prune(day, None, clock=world.clock)
    return grant


@pytest.fixture
def url(world: World, pruned: GrantRecord) -> Iterator[str]:
    with serving(web_app(world.broker)) as found:
        yield f"{found}/log"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["audit", *arguments], catch_exceptions=False)


def verified(world: World, source: str, *more: str) -> dict[str, Any]:
    done = run("verify", source, "--vkey", world.prepared.vkey, "--json", *more)
    assert 0 == done.exit_code, done.output
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_it_announces_waits_and_removes(
    world: World, grant: GrantRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    day = (world.clock() - timedelta(days=366)).date()
    size = world.broker.log.size
    prune(day, None, dry_run=True, clock=world.clock)
    assert "this was a dry run" in capsys.readouterr().out
    assert size == world.broker.log.size
    prune(day, None, clock=world.clock)
    assert f"Announced in entry {size}" in capsys.readouterr().out
    entry = parse_entry(world.broker.log.entry(size))
    assert ("log.pruned", 512) == (entry.kind, entry.members["below"])
    world.clock.now += timedelta(days=29)
    prune(day, None, clock=world.clock)
    assert "nothing else is announced until then" in capsys.readouterr().out
    assert b"access" in world.broker.log.entry(300)
    world.clock.now += timedelta(days=2)
    prune(day, None, dry_run=True, clock=world.clock)
    assert "Nothing was removed" in capsys.readouterr().out
    prune(day, None, clock=world.clock)
    said = capsys.readouterr().out
    assert "bodies; the log's minimum index is 512" in said
    assert "no whole bundle of entries is old enough" in said


def test_without_a_day_or_a_setting_everything_stays(world: World, grant: GrantRecord) -> None:
    done = run("prune")
    assert (0, True) == (done.exit_code, "all bodies stay" in done.output)


def test_a_day_within_the_last_year_is_refused(world: World, grant: GrantRecord) -> None:
    done = run("prune", "--before", world.clock().date().isoformat())
    assert 2 == done.exit_code


def test_the_setting_says_how_long(
    world: World,
    grant: GrantRecord,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("IZIN_LOG_BODIES_DAYS", "400")
    prune(None, None, clock=world.clock)
    assert "old enough" in capsys.readouterr().out
    monkeypatch.setenv("IZIN_LOG_BODIES_DAYS", "366")
    prune(None, None, clock=world.clock)
    assert "Announced in entry" in capsys.readouterr().out


def test_a_minimum_index_is_not_exceeded(
    world: World, grant: GrantRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    prune(None, 300, clock=world.clock)
    said = capsys.readouterr().out
    assert "Entries from 256 on stay" in said
    assert "entries 0 to 255" in said


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_anybody_verifies_it_over_http(
    world: World, url: str, jobs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "SMALL", 10)
    said = verified(world, url, "--jobs", jobs)
    assert [[0, 512]] == said["pruned"]["not_seen"]
    assert {"skipped"} == {each["outcome"] for each in said["steps"] if each["step"] in _APART}
    assert "passed" == next(e["outcome"] for e in said["steps"] if e["step"] == "withdrawn")


_APART = {"since", "files"}


def test_anybody_verifies_a_copy_of_it(world: World, url: str, tmp_path: Path) -> None:
    copy = str(tmp_path / "copy")
    assert 0 == run("export", url, "--out", copy).exit_code
    assert [[0, 512]] == verified(world, copy)["pruned"]["not_seen"]
    (tmp_path / "copy/tile/remains/002").write_bytes(b"")
    done = run("verify", copy, "--vkey", world.prepared.vkey)
    assert (1, True) == (done.exit_code, "does not consist of" in done.output)


def test_anybody_verifies_an_archive_of_it(world: World, url: str, tmp_path: Path) -> None:
    out = str(tmp_path / "copy.tar")
    assert 0 == run("export", url, "--out", out).exit_code
    assert [[0, 512]] == verified(world, out)["pruned"]["not_seen"]


def test_a_copy_made_before_still_verifies_and_a_later_one_extends_it(
    world: World, grant: GrantRecord, tmp_path: Path
) -> None:
    old, state = tmp_path / "old", str(tmp_path / "state")
    with serving(web_app(world.broker)) as found:
        assert 0 == run("export", f"{found}/log", "--out", str(old)).exit_code
        verified(world, f"{found}/log", "--state", state)
    day = (world.clock() - timedelta(days=366)).date()
    prune(day, None, clock=world.clock)
    world.clock.now += MONTH
    prune(day, None, clock=world.clock)
    assert verified(world, str(old))["pruned"] is None
    with serving(web_app(world.broker)) as found:
        _wait_for(f"{found}/log/checkpoint", world.broker.log.size)
        since = str(old / "checkpoint")
        assert verified(world, f"{found}/log", "--since", since)["pruned"] is not None
        assert verified(world, f"{found}/log", "--state", state)["pruned"] is None


def _wait_for(checkpoint: str, size: int) -> None:
    """Wait for a checkpoint of `size`: one that was cosigned is served for a second."""
    ends = time.monotonic() + 10
    while int(httpx2.get(checkpoint).text.splitlines()[1]) < size:
        assert time.monotonic() < ends
        time.sleep(0.1)


def test_what_is_gone_is_answered_so(world: World, url: str) -> None:
    day = (world.clock() - YEAR - MONTH).date()
    for path in ("tile/entries/000", "tile/entries/001", f"tags/{day}"):
        gone = httpx2.get(f"{url}/{path}")
        assert (410, "/problems/pruned") == (gone.status_code, gone.json()["type"])
    for path in ("tile/0/000", "tile/remains/000", "proof/300", "tile/1/000.p/2"):
        assert 200 == httpx2.get(f"{url}/{path}").status_code
    assert 404 == httpx2.get(f"{url}/tile/remains/002").status_code


def test_her_list_says_from_where_on_it_is_complete(
    world: World, url: str, pruned: GrantRecord
) -> None:
    """Her accesses are gone, her permission is not."""
    person = world.broker.persons.open(pruned.person_id)
    key = format_trace_key(world.broker.log.origin, person.trace_key)
    done = run("trace", url, "--trace-key", key, "--vkey", world.prepared.vkey, "--lang", "en")
    assert 0 == done.exit_code
    assert "complete from entry 512 on" in done.stdout
    assert "Complete from entry 512 to before" in done.stdout
    said = json.loads(run("trace", url, "--trace-key", key, "--json").stdout)
    assert ["grant.given"] == [each["kind"] for each in said["entries"]]
    agencies = tuple(world.broker.policy.catalogue.agencies)
    log = world.broker.log
    checked = find_and_check(log, TagIndex(log.read), [person.trace_key], agencies, since=date.min)
    assert (512, None, True) == (checked.complete_from, checked.failed_step, checked.whole)


def test_an_audit_draws_from_what_can_be_read(
    world: World, pruned: GrantRecord, tmp_path: Path
) -> None:
    """Those that were only padding are not opened; of what is gone, nothing is asked for."""
    log = world.broker.log
    said = judged(world, tmp_path)[1]
    left = sum(b'"access.sent"' in log.entry(index) for index in range(512, log.size))
    assert (left, 300) == (said["population"], said["sampled"])
    assert 512 <= min(index for index, _ in faults(said))


def test_an_entry_that_stays_is_bundled_and_one_that_is_gone_is_not(
    world: World, url: str, pruned: GrantRecord, tmp_path: Path
) -> None:
    vkey = ("--vkey", world.prepared.vkey)
    out = str(tmp_path / "one")
    made = run("bundle", url, "--entry", str(pruned.index), *vkey, "--out", out)
    assert 0 == made.exit_code
    assert 0 == run("check-bundle", out, *vkey).exit_code
    gone = run("bundle", url, "--entry", "300", *vkey, "--out", str(tmp_path / "two"))
    assert 2 == gone.exit_code


def test_a_broker_starts_and_goes_on_with_a_pruned_log(world: World, pruned: GrantRecord) -> None:
    world.restart()
    size = world.broker.log.size
    given = world.consent(world.person("eligible"))
    assert given.index == size
    assert pruned.index is not None
    assert pruned.index < 512
    assert b"grant.given" in world.broker.asking.witnessing.prove(pruned.index).logged.entry
