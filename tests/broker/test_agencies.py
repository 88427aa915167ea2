"""The registered agencies: a running broker sees what a command in another process changed."""

from __future__ import annotations

import httpx2
import pytest

from broker.agencies import Agencies
from broker.errors import BrokerError
from tests.world import World


def _another_process(world: World) -> Agencies:
    return Agencies(world.broker.engine, httpx2.Client(transport=world.network))


def test_a_running_broker_sees_an_agency_that_was_moved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [0.0]
    monkeypatch.setattr("broker.agencies.time.monotonic", lambda: moment[0])
    running = _another_process(world)
    before = running.routes()["polri"]
    world.network.apps["http://127.0.0.1:9999"] = world.network.apps[before.url]
    at = int(world.clock().timestamp())
    _another_process(world).add("polri", url="http://127.0.0.1:9999", root=before.root, at=at)
    moment[0] += 1.1
    assert "http://127.0.0.1:9999" == running.routes()["polri"].url


@pytest.mark.parametrize(
    "url", ["http://polri.example", "ftp://polri.example", "polri.example", "https://:443"]
)
def test_an_agency_is_not_asked_in_clear_or_at_no_address(world: World, url: str) -> None:
    root = world.prepared.agencies["polri"].root.jwk()
    with pytest.raises(BrokerError, match="the setting url must be"):
        world.broker.add_agency("polri", url=url, root=root)


def test_a_programme_is_not_answered_in_clear(world: World) -> None:
    """A redirect carries a code."""
    key = {"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}
    with pytest.raises(BrokerError, match="must be https"):
        world.broker.add_client(
            "client",
            programme="pkh",
            jwks={"keys": [key]},
            redirect_uris=("https://p.example/return", "http://p.example/return"),
            root=None,
        )
    assert world.broker.clients.find("client") is None
