"""P2: a gateway that asks for witnesses takes nobody's word for theirs."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit.cosignature import format_cosigner_vkey
from audit.note import parse_vkey
from tests.broker.gateway.parties import STRANGER, Person
from tests.broker.gateway.world import World, reason

VKEY = format_cosigner_vkey("witness.example", STRANGER.public.raw)


@pytest.fixture
def gateway_world(tmp_path: Path) -> Iterator[World]:
    """Return a gateway whose trust file asks for one witness."""
    home = tmp_path / "one-gateway"
    home.mkdir()
    world = World(home)
    world.write_trust(quorum=f"witness w1 {VKEY}\nquorum w1\n")
    world.open()
    yield world
    world.gateway.close()
    world.log.close()


@pytest.mark.parametrize("signature", [bytes(64), b"\x01" * 64], ids=["zeros", "ones"])
def test_a_cosignature_that_the_broker_makes_up(gateway_world: World, signature: bytes) -> None:
    """Would succeed where a line of the right name, key id and time counts as the witness's."""
    payload = gateway_world.access(gateway_world.give(Person()))
    now = int(gateway_world.clock().timestamp()).to_bytes(8, "big")
    blob = parse_vkey(VKEY).key_id + now + signature
    line = f"— witness.example {base64.b64encode(blob).decode()}\n"
    forged = replace(payload, access_proof=payload.access_proof + line)
    item = gateway_world.send(forged)
    assert "not_witnessed" == reason(item)
