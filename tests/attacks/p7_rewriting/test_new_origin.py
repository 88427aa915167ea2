"""P7, P8: a new origin is no way to forget what the old one promised, nor to revive a grant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlmodel import Session, select

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.cli import audit
from audit.continued import continue_from
from audit.entry import draft, parse_entry
from audit.export import export_folder
from audit.log import Log
from audit.note import parse_vkey
from broker.gateway.errors import GatewaySettingsError
from broker.gateway.store import CheckpointRow, EarlierLogRow, PinRow
from keys.signing import NamedSigner
from keys.trust import BrokerTrust, ContinuedLog
from tests.broker.gateway.parties import BROKER_ROOT, CONSENT, LOG, ORIGIN, Person
from tests.broker.gateway.world import World, reason

NEW = f"second.{ORIGIN}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    home = tmp_path / "one-gateway"
    home.mkdir()
    opened = World(home)
    yield opened
    opened.gateway.close()
    opened.log.close()


def largest(world: World) -> CheckpointRow:
    with Session(world.gateway.engine) as session:
        return max(session.exec(select(CheckpointRow)).all(), key=lambda row: row.size)


def begin(world: World, path: Path, note: str) -> tuple[Log, Checkpoint]:
    """Begin the new log, that continues from the checkpoint in `note`."""
    vkey = parse_vkey(world.log.vkey)
    log = Log(path, NamedSigner(NEW, LOG), clock=world.clock)
    log.append([continue_from(note, vkey)])
    return log, open_checkpoint(note, vkey)


def trusting(log: Log, old: Checkpoint) -> BrokerTrust:
    return BrokerTrust(
        NEW,
        log.vkey,
        "https://log.test/log",
        (CONSENT.public,),
        BROKER_ROOT.public,
        continues=ContinuedLog(old.origin, old.size, old.root.hex()),
    )


def test_a_gateway_refuses_a_trust_file_that_forgets_what_it_was_shown(
    world: World, tmp_path: Path
) -> None:
    """The broker's operator has everybody sign a paper that begins before the entries to lose.

    Would succeed against gateways that begin their memory anew with each trust file.
    """
    world.pad_log(3)
    early = world.log.checkpoint()
    assert "message" in world.ask(world.give(Person()))
    log, old = begin(world, tmp_path / "new.db", early)
    assert old.size < largest(world).size
    world.gateway.close()
    world.write_trust(broker=trusting(log, old))
    with pytest.raises(GatewaySettingsError, match="entries that were promised would be gone"):
        world.open()
    # Nothing of its memory went: with the old file it goes on, and still holds the proof.
    world.write_trust()
    world.open()
    assert old.size < largest(world).size
    log.close()


def test_a_gateway_refuses_another_history_of_the_same_size(world: World, tmp_path: Path) -> None:
    assert "message" in world.ask(world.give(Person()))
    seen = largest(world)
    fork = world.new_log(tmp_path / "fork.db")
    world.pad_log(seen.size, fork)
    log, old = begin(world, tmp_path / "new.db", fork.checkpoint())
    assert old.size == seen.size
    world.gateway.close()
    world.write_trust(broker=trusting(log, old))
    with pytest.raises(GatewaySettingsError, match="keeps the signed checkpoint"):
        world.open()
    world.write_trust()
    world.open()
    log.close()
    fork.close()


def test_a_gateway_refuses_a_log_that_does_not_say_what_it_continues(
    world: World, tmp_path: Path
) -> None:
    """Would succeed against gateways for which another name is another deployment."""
    assert "message" in world.ask(world.give(Person()))
    log, old = begin(world, tmp_path / "new.db", world.log.checkpoint())
    world.gateway.close()
    world.write_trust(broker=replace(trusting(log, old), continues=None))
    with pytest.raises(GatewaySettingsError):
        world.open()
    world.write_trust()
    world.open()
    log.close()


def test_whoever_kept_a_larger_checkpoint_convicts_the_new_log(
    world: World, tmp_path: Path
) -> None:
    """Would succeed against auditors who follow the link and believe it."""
    world.pad_log(3)
    early = world.log.checkpoint()
    world.pad_log(4)
    kept = tmp_path / "kept"
    kept.write_text(world.log.checkpoint())
    log, _ = begin(world, tmp_path / "new.db", early)
    export_folder(log, tmp_path / "new")
    export_folder(world.log, tmp_path / "old")
    common = ["verify", str(tmp_path / "new"), "--vkey", log.vkey, "--continues", world.log.vkey]
    result = CliRunner().invoke(audit, common)
    assert 0 == result.exit_code, result.output  # to who holds nothing else it looks true
    for more in (["--since", str(kept)], ["--earlier-log", str(tmp_path / "old")]):
        result = CliRunner().invoke(audit, [*common, *more])
        assert 1 == result.exit_code, result.output
        assert f"continues {ORIGIN} from 3 entries, but {ORIGIN} had signed 7" in result.output
        assert "those from entry 3 on were promised and are gone" in result.output
    log.close()


def move(world: World, path: Path) -> None:
    """Go on under the new origin, honestly as far as the gateway can see."""
    log, old = begin(world, path, world.log.checkpoint())
    world.gateway.close()
    world.write_trust(broker=trusting(log, old))
    world.log = world.served = log
    world.open()


def test_a_withdrawn_grant_is_not_revived_where_its_end_was_seen(
    world: World, tmp_path: Path
) -> None:
    """The broker writes the grant's entry once more into the new log, and not its withdrawal.

    Would succeed against gateways that keep withdrawals for one log only.
    """
    person = Person()
    grant, other = world.give(person), world.give(person)
    assert "message" in world.ask(grant)
    world.withdraw(grant)
    world.clock.advance(seconds=60)
    assert "grant_withdrawn" == reason(world.ask(grant))
    given = [parse_entry(world.log.entry(each.index)) for each in (grant, other)]
    move(world, tmp_path / "new.db")
    again = [draft("grant.given", each.members) for each in given]
    entries = world.log.append(again).entries
    revived, kept = (
        replace(each, index=logged.index)
        for each, logged in zip((grant, other), entries, strict=True)
    )
    assert "grant_withdrawn" == reason(world.ask(revived))
    # The honest one, whose entry was carried over alike, is answered.
    assert "message" in world.ask(kept)


def test_pins_stay_and_passkeys_count_for_every_grant_of_the_new_log(
    world: World, tmp_path: Path
) -> None:
    """A small index in the new log must not pass for a grant from before the passkey."""
    person = Person()
    assert "message" in world.ask(world.give(person))
    with Session(world.gateway.engine) as session:
        pin = session.exec(select(PinRow)).one()
        pin.passkey, pin.passkey_index, pin.passkey_seen = b"\x01" * 32, 900, 1
        session.add(pin)
        session.commit()
    move(world, tmp_path / "new.db")
    with Session(world.gateway.engine) as session:
        assert ORIGIN == session.exec(select(EarlierLogRow)).one().origin
        assert [] == list(session.exec(select(CheckpointRow)))
    assert "passkey_changed" == reason(world.ask(world.give(person)))
    stranger = Person(trace_key=b"\x41" * 32)
    assert "trace_changed" == reason(world.ask(world.give(stranger)))


def test_the_old_trust_file_is_no_way_back(world: World, tmp_path: Path) -> None:
    """Two logs that go on at once would be two histories, each with half of the withdrawals."""
    assert "message" in world.ask(world.give(Person()))
    old = world.log
    move(world, tmp_path / "new.db")
    new, seen = world.log, old.newest()[0]
    world.gateway.close()
    world.log = old
    world.write_trust()
    with pytest.raises(GatewaySettingsError, match="which another continues"):
        world.open()
    # Nor to begin the new log once more, from less, while nothing of it was verified yet.
    less = replace(seen, size=1)
    world.write_trust(broker=trusting(new, less))
    with pytest.raises(GatewaySettingsError, match="would be gone"):
        world.open()
    world.write_trust(broker=trusting(new, seen))
    world.log = world.served = new
    world.open()
    old.close()
