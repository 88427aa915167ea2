"""P7: a key that the log has retired, in the hands of whoever stole it, signs nothing new.

The thief holds the whole file of the log and the old key; the gateway's trust file names the new
key, and the old one up to the size at which it ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit.errors import TamperedError
from audit.log import Log
from audit.note import format_vkey, parse_vkey, with_earlier
from audit.verify import verify
from keys.signing import NamedSigner, SigningKey
from keys.trust import EarlierLogKey
from tests.audit.logs import Clock, access
from tests.broker.gateway.parties import LOG as OLD_KEY
from tests.broker.gateway.parties import ORIGIN, Person
from tests.broker.gateway.world import World, reason

OLD = NamedSigner(ORIGIN, OLD_KEY)
NEW = NamedSigner(ORIGIN, SigningKey.from_seed(b"\x77" * 32))
OLD_VKEY, NEW_VKEY = (format_vkey(ORIGIN, one.public_key) for one in (OLD, NEW))


@pytest.fixture
def gateway_world(tmp_path: Path) -> Iterator[World]:
    home = tmp_path / "one-gateway"
    home.mkdir()
    world = World(home)
    yield world
    world.gateway.close()
    world.log.close()


def trust_new(world: World, last_size: int) -> None:
    """Have the gateway trust the new key, and the old one up to `last_size`."""
    given = world.write_trust()
    earlier = (EarlierLogKey(OLD_VKEY, last_size),)
    world.write_trust(broker=replace(given.broker, log_vkey=NEW_VKEY, earlier_log_keys=earlier))
    world.open()


def reopen(world: World, *signers: NamedSigner) -> None:
    """Have the broker's log signed by these keys from now on."""
    world.log.close()
    world.log = Log(
        world.log.folder / "broker-log.db", signers[0], clock=world.clock, also=signers[1:]
    )
    world.served = world.log


def test_a_question_under_a_retired_key_is_refused(gateway_world: World) -> None:
    """Would succeed where a known key counts for ever."""
    grant = gateway_world.give(Person())
    trust_new(gateway_world, gateway_world.log.size)
    assert "no_proof" == reason(gateway_world.ask(grant))


def test_the_same_question_is_answered_as_long_as_the_key_counts(gateway_world: World) -> None:
    grant = gateway_world.give(Person())
    trust_new(gateway_world, gateway_world.log.size + 1)
    assert "message" in gateway_world.ask(grant)


def test_an_old_proof_of_the_grant_still_serves(gateway_world: World) -> None:
    """The grant's proof is from before the change, the access's from after it."""
    grant = gateway_world.give(Person())
    before = gateway_world.access(grant)
    last_size = gateway_world.log.size
    reopen(gateway_world, NEW)
    trust_new(gateway_world, last_size)
    payload = replace(gateway_world.access(grant), grant_proof=before.grant_proof)
    assert "message" in gateway_world.send(payload)


def test_a_history_that_goes_on_under_a_retired_key_does_not_verify(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.db", OLD, clock=Clock())
    log.append([access()])
    verifier = with_earlier(parse_vkey(NEW_VKEY), [(OLD_VKEY, log.size)])
    assert 1 == verify(log, verifier).size
    log.append([access()])
    with pytest.raises(TamperedError, match="not signed by"):
        verify(log, verifier)
    log.close()


def test_the_thief_s_signature_beside_a_strangers_does_not_count(gateway_world: World) -> None:
    stranger = NamedSigner(ORIGIN, SigningKey.from_seed(b"\x78" * 32))
    reopen(gateway_world, OLD, stranger)
    grant = gateway_world.give(Person())
    trust_new(gateway_world, gateway_world.log.size)
    assert "no_proof" == reason(gateway_world.ask(grant))
