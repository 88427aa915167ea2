"""She withdraws while agencies are answering: nothing that they say reaches the programme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx2

from audit.entry import parse_entry
from tests.world import World


@dataclass
class Late(httpx2.BaseTransport):
    """An agency that answers, and before whose answer arrives something else happens."""

    agency: httpx2.BaseTransport
    meanwhile: Callable[[], object]

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self.agency.handle_request(request)
        self.meanwhile()
        return response


def test_nothing_is_answered_or_delivered_after_the_withdrawal_s_entry(world: World) -> None:
    grant = world.consent(world.person("eligible"))
    apps, url = world.network.apps, world.plan.gateways["polri"]

    def withdraw() -> None:
        world.broker.grants.withdraw(grant.grant_id, grant.person_id)

    apps[url] = Late(apps[url], withdraw)
    found = world.ask(grant)

    assert {("refused", "grant_withdrawn")} == {
        (item["status"], item["reason"]) for item in found.items
    }
    assert not any("answer" in item for item in found.items)
    log = world.broker.log
    kinds = [parse_entry(log.entry(index)).kind for index in range(log.size)]
    after = kinds[kinds.index("grant.withdrawn") :]
    assert {"grant.withdrawn", "access.failed"} == set(after)
    assert "access.answered" not in kinds
