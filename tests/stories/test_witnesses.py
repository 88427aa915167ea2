"""With a quorum in the trust files, nothing is answered that witnesses have not seen lately."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from audit.checkpoint import open_checkpoint
from audit.note import format_vkey, open_note
from audit.proof import parse_proof
from audit.quorum import WitnessPolicy, parse_policy
from broker.highwater import BehindError
from broker.witness.app import build_app
from broker.witness.desk import WitnessDesk
from broker.witness.settings import parse_settings
from broker.witness.setup import open_witness, prepare_witness
from broker.witnessing import Witnessing
from keys import trust
from tests.world import World

URLS = {"w1": "http://127.0.0.1:8301", "w2": "http://127.0.0.1:8302"}


class Witnessed:
    """A world whose gateways ask for both of two witnesses."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.desks: dict[str, WitnessDesk] = {}
        lines = []
        for name, url in URLS.items():
            home = folder / name
            home.mkdir()
            table = {"witness": {"name": f"{name}.example", "logs": [world.prepared.vkey]}}
            settings = parse_settings(table, home=home)
            vkey = prepare_witness(settings, clock=world.clock)
            self.desks[name] = open_witness(settings, clock=world.clock)
            world.network.put(url, build_app(self.desks[name]))
            lines.append(f"witness {name} {vkey} {url}")
        self.quorum = "\n".join([*lines, "group both all w1 w2", "quorum both", ""])
        self.policy: WitnessPolicy = parse_policy(self.quorum)
        self._write_trust()
        world.restart()
        self.ask_witnesses(self.policy)

    def ask_witnesses(self, policy: WitnessPolicy) -> None:
        broker = self.world.broker
        http = httpx2.Client(transport=self.world.network)
        witnessing = Witnessing(
            policy, broker.log, http, broker.asking.witnessing.high_water, clock=self.world.clock
        )
        asking = replace(broker.asking, witnessing=witnessing)
        self.world.broker = replace(broker, asking=asking)

    def _write_trust(self) -> None:
        for agency in self.world.plan.gateways:
            path = self.world.plan.gateway_home(agency) / "trust.toml"
            known = trust.parse(path.read_text("utf-8"))
            path.write_text(trust.format(replace(known, quorum=self.quorum)), "utf-8")


@pytest.fixture
def witnessed(world: World, tmp_path: Path) -> Witnessed:
    return Witnessed(world, tmp_path)


def test_a_log_that_both_witnesses_cosigned_is_answered(witnessed: Witnessed) -> None:
    world = witnessed.world
    found = world.ask(world.consent(world.person("eligible")))
    assert "complete" == found.status
    size = open_checkpoint(world.broker.log.checkpoint(), world.log_verifier).size
    for desk in witnessed.desks.values():
        last = desk.last(world.log_verifier.name)
        assert last is not None
        # The outcomes came after the last round.
        assert 0 < open_checkpoint(last, world.log_verifier).size < size


def test_one_round_serves_a_whole_verification(witnessed: Witnessed) -> None:
    world = witnessed.world
    world.ask(world.consent(world.person("eligible")))
    rounds = [url for url, _, _ in world.network.carried if url.endswith("/add-checkpoint")]
    # One each, and one more each to be told the size of a log that it sees for the first time.
    assert len(rounds) <= 2 * len(URLS)


def test_without_the_quorum_nothing_leaves_the_broker(witnessed: Witnessed) -> None:
    world = witnessed.world
    del world.network.apps[URLS["w2"]]
    grant = world.consent(world.person("eligible"))
    world.network.carried.clear()
    found = world.ask(grant)
    assert {"unavailable"} == {item["status"] for item in found.items}
    assert {"log_unavailable"} == {item["reason"] for item in found.items}
    assert [] == [url for url, _, _ in world.network.carried if url.endswith("/v1/questions")]


def test_a_broker_that_skips_its_witnesses_is_refused(witnessed: Witnessed) -> None:
    """Naive gateways would take the log's word for its own freshness."""
    world = witnessed.world
    witnessed.ask_witnesses(WitnessPolicy())
    found = world.ask(world.consent(world.person("eligible")))
    assert {"refused"} == {item["status"] for item in found.items}
    assert {"not_witnessed"} == {item["reason"] for item in found.items}


def test_a_cosigned_checkpoint_is_asked_for_anew_before_it_is_old(witnessed: Witnessed) -> None:
    world = witnessed.world
    grant = world.consent(world.person("eligible"))
    witnessing = world.broker.asking.witnessing
    assert grant.index is not None
    first = witnessing.prove(grant.index)
    assert first == witnessing.prove(grant.index)
    world.clock.forward(seconds=241)
    later = parse_proof(witnessing.prove(grant.index).logged.proof).checkpoint
    keys = [world.log_verifier, *witnessed.policy.verifiers]
    times = [each.at for each in open_note(later, keys).signatures if each.at is not None]
    assert [int(world.clock().timestamp())] * 2 == times


def test_a_log_put_back_is_not_cosigned_again(witnessed: Witnessed) -> None:
    """Yesterday's copy of the log would fork: the witnesses have seen more than it holds.

    The broker's own mark was in the same backup, and so says nothing.
    """
    world = witnessed.world
    grant = world.consent(world.person("eligible"))
    copy = (world.plan.broker_home / "log.db").read_bytes()
    assert grant.index is not None
    world.broker.asking.witnessing.prove(grant.index)
    world.broker.grants.withdraw(grant.grant_id, grant.person_id)
    other = world.consent(world.person("declines"))
    assert other.index is not None
    world.broker.asking.witnessing.prove(other.index)
    world.close()
    for leftover in ("log.db-wal", "log.db-shm"):
        (world.plan.broker_home / leftover).unlink(missing_ok=True)
    (world.plan.broker_home / "log.db").write_bytes(copy)
    with pytest.raises(BehindError, match="older copy"):
        world.open()
    world.prepared.settings.high_water_path.unlink()
    world.open()
    witnessed.ask_witnesses(witnessed.policy)
    with pytest.raises(BehindError, match="a witness has cosigned"):
        world.broker.asking.witnessing.check_not_behind()
    again = world.consent(world.person("not_eligible"))
    found = world.ask(again)
    assert {"log_unavailable"} == {item["reason"] for item in found.items}


def test_the_log_s_own_key_is_no_witness(witnessed: Witnessed) -> None:
    world = witnessed.world
    own = format_vkey(world.log_verifier.name, world.log_verifier.key)
    note = world.broker.log.checkpoint()
    assert own == world.prepared.vkey
    signatures = open_note(note, [world.log_verifier, *witnessed.policy.verifiers]).signatures
    assert not witnessed.policy.is_met(signatures, at=int(world.clock().timestamp()))
