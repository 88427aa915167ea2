"""The log's key changes at one origin: both sign for a while, then the old one ends by size."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from audit.checkpoint import open_checkpoint
from audit.entry import Entry, parse_entry
from audit.errors import NoteError
from audit.log import Log
from audit.note import open_note, parse_vkey
from audit.verify import verify
from broker.cli import main
from broker.errors import BrokerError
from broker.log_keys import trusted_log
from broker.papers import trust_lines
from broker.rotation import earlier_log_keys, retire_log, rotate_log
from broker.wiring import build
from keys import base64url, trust
from keys.errors import KeysError
from keys.signing import VerifyKey
from tests.world import World


def entries(log: Log, kind: str) -> list[Entry]:
    found = [parse_entry(log.entry(index)) for index in range(log.size)]
    return [entry for entry in found if entry.kind == kind and entry.members["use"] == "log"]


def thumbprint(vkey: str) -> str:
    return base64url.decode(VerifyKey(parse_vkey(vkey).key).thumbprint).hex()


def reopen(world: World) -> Log:
    """Open the broker as after a restart, and return its log."""
    world.broker.close()
    world.broker = build(world.prepared.settings, clock=world.clock)
    return world.broker.log


def test_both_keys_sign_after_a_rotation(world: World) -> None:
    old = world.broker.log.vkey
    new, beside = rotate_log(world.prepared.settings, clock=world.clock)
    log = reopen(world)
    assert (new, old) == log.vkeys == (new, beside)
    opened = open_note(log.checkpoint(), [parse_vkey(new), parse_vkey(old)])
    assert 2 == len(opened.signatures)
    for vkey in log.vkeys:
        assert log.size == verify(log, parse_vkey(vkey)).size


def test_the_new_key_stands_in_the_log_once(world: World) -> None:
    assert [] == entries(world.broker.log, "key.added")
    new, _ = rotate_log(world.prepared.settings, clock=world.clock)
    reopen(world)
    (added,) = entries(reopen(world), "key.added")
    assert (world.broker.log.origin, thumbprint(new)) == (
        added.members["owner"],
        added.members["thumbprint"],
    )


def test_a_third_key_waits_for_the_first_to_end(world: World) -> None:
    rotate_log(world.prepared.settings, clock=world.clock)
    with pytest.raises(KeysError, match="retire it first"):
        rotate_log(world.prepared.settings, clock=world.clock)
    retire_log(world.prepared.settings, clock=world.clock)
    rotate_log(world.prepared.settings, clock=world.clock)
    assert 2 == len(reopen(world).vkeys)
    assert 2 == len(earlier_log_keys(world.broker))


def test_nothing_is_retired_while_one_key_signs(world: World) -> None:
    with pytest.raises(BrokerError, match="only one key"):
        retire_log(world.prepared.settings, clock=world.clock)


def test_a_retired_key_signs_no_more_and_its_end_is_logged(world: World) -> None:
    old = world.broker.log.vkey
    rotate_log(world.prepared.settings, clock=world.clock)
    ended = retire_log(world.prepared.settings, clock=world.clock)
    log = reopen(world)
    assert (old, log.size) == ended
    assert 1 == len(log.vkeys)
    assert thumbprint(old) == entries(log, "key.retired")[0].members["thumbprint"]
    with pytest.raises(NoteError, match="no signature of a known key"):
        open_checkpoint(log.checkpoint(), parse_vkey(old))


def test_a_trust_file_names_both_keys_and_when_the_old_one_ended(world: World) -> None:
    given = trust.parse((world.plan.portal_home / "trust.toml").read_text("utf-8"))
    old = world.broker.log.vkey
    before = world.broker.log.checkpoint()
    new, _ = rotate_log(world.prepared.settings, clock=world.clock)
    reopen(world)
    assert (trust.EarlierLogKey(old),) == earlier_log_keys(world.broker)
    _, last_size = retire_log(world.prepared.settings, clock=world.clock)
    log = reopen(world)
    assert (trust.EarlierLogKey(old, last_size),) == earlier_log_keys(world.broker)
    renewed = _renewed(given, new, earlier_log_keys(world.broker))
    assert renewed == trust.parse(trust.format(renewed))
    assert f"up to {last_size} entries" in "\n".join(trust_lines(renewed))
    verifier = trusted_log(renewed.broker)
    assert log.size == verify(log, verifier, since=open_checkpoint(before, verifier)).size


def renew(world: World) -> None:
    """Put trust files as `izin trust make` prints them now into every gateway's folder."""
    newest, earlier = world.broker.log.vkey, earlier_log_keys(world.broker)
    for home in (world.plan.portal_home, *map(world.plan.gateway_home, world.gateways)):
        given = trust.parse((home / "trust.toml").read_text("utf-8"))
        text = trust.format(_renewed(given, newest, earlier))
        (home / "trust.toml").write_text(text, "utf-8")


def said(world: World, kind: str) -> set[tuple[str, str | None]]:
    """Return status and reason of every agency's answer about a person."""
    found = world.ask(world.consent(world.person(kind)), request_id=f"request-{kind:_<20}")
    return {(item["status"], item.get("reason")) for item in found.items}


def test_the_commands_say_what_to_do(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IZIN_HOME", str(world.plan.broker_home))
    old = world.broker.log.vkey
    assert 2 == CliRunner().invoke(main, ["keys", "retire", "log"]).exit_code
    rotated = CliRunner().invoke(main, ["keys", "rotate", "log"])
    assert (0, True) == (rotated.exit_code, f"Signs beside it: {old}" in rotated.output)
    assert 3 == len(CliRunner().invoke(main, ["keys", "vkeys"]).output.split())
    made = CliRunner().invoke(main, ["trust", "make"]).output
    assert (trust.EarlierLogKey(old),) == trust.parse(made).broker.earlier_log_keys
    retired = CliRunner().invoke(main, ["keys", "retire", "log"])
    assert (0, True) == (
        retired.exit_code,
        f"--earlier {world.broker.log.size}:{old}" in retired.output,
    )
    assert 2 == len(CliRunner().invoke(main, ["keys", "vkeys"]).output.split())


def test_questions_are_answered_before_during_and_after(world: World) -> None:
    answered: set[tuple[str, str | None]] = {("answered", None)}
    assert answered == said(world, "eligible")
    rotate_log(world.prepared.settings, clock=world.clock)
    world.restart()  # the gateways know the old key only
    assert answered == said(world, "not_eligible")
    renew(world)
    retire_log(world.prepared.settings, clock=world.clock)
    world.restart()
    assert answered == said(world, "needs_review")
    renew(world)
    world.restart()
    assert answered == said(world, "not_found")


def test_a_gateway_that_was_not_told_refuses(world: World) -> None:
    """And does so for good: nothing that arrives over the wire makes it trust the new key."""
    rotate_log(world.prepared.settings, clock=world.clock)
    retire_log(world.prepared.settings, clock=world.clock)
    world.restart()
    assert {("refused", "no_proof")} == said(world, "eligible")


def _renewed(
    given: trust.TrustFile, vkey: str, earlier: tuple[trust.EarlierLogKey, ...]
) -> trust.TrustFile:
    return replace(given, broker=replace(given.broker, log_vkey=vkey, earlier_log_keys=earlier))
