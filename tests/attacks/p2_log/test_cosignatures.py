"""P2: a gateway that asks for witnesses takes nobody's word for theirs."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit.cosignature import cosign, format_cosigner_vkey
from audit.mldsa import ML_DSA_44
from audit.note import parse_vkey
from audit.proof import parse_proof
from broker.gateway.errors import GatewaySettingsError
from tests.audit.test_mldsa import Cosigner
from tests.broker.gateway.parties import ORIGIN, STRANGER, Person
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


def test_the_log_as_its_own_witness(gateway_world: World) -> None:
    """Would succeed where the log's own ML-DSA-44 cosignature fills the quorum."""
    own = Cosigner(ORIGIN)
    gateway_world.write_trust(quorum=f"witness w1 {own.vkey}\nquorum w1\n")
    with pytest.raises(GatewaySettingsError, match="no witness of itself"):
        gateway_world.open()
    # Under another's name the same key does not hold: ML-DSA signs the name as well.
    renamed = Cosigner("witness.example")
    gateway_world.write_trust(quorum=f"witness w1 {renamed.vkey}\nquorum w1\n")
    gateway_world.open()
    payload = gateway_world.access(gateway_world.give(Person()))
    text = parse_proof(payload.access_proof).checkpoint.rpartition("\n\n")[0] + "\n"
    now = int(gateway_world.clock().timestamp())
    lines = {signer: cosign(text, signer, at=now, algorithm=ML_DSA_44) for signer in (own, renamed)}
    raw = base64.b64decode(lines[own].split(" ")[2])
    blob = base64.b64encode(renamed.verifier.key_id + raw[4:]).decode()
    forged = replace(payload, access_proof=f"{payload.access_proof}— {renamed.name} {blob}\n")
    assert "not_witnessed" == reason(gateway_world.send(forged))
    honest = replace(payload, access_proof=payload.access_proof + lines[renamed])
    assert "message" in gateway_world.send(honest)


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
