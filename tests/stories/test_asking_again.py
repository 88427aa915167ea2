"""A programme asks every month with one consent: code, token, a month, refresh, and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from audit.entry import parse_entry
from broker.app import web_app
from broker.demo.prepare import CLIENTS
from broker.programme.client import IzinClient, Token
from broker.programme.errors import IzinRefusedError
from broker.programme.oauth_keys import ClientKeys
from broker.programme.returning import Pending
from consent.codes import LIFE_SECONDS, Code, Codes
from consent.dpop import check
from consent.grants import GrantRecord
from tests.world import World

BACK = "http://127.0.0.1:8001/return"


@dataclass
class Asking:
    """A programme that was just given a grant, and its client at the broker's own endpoints."""

    world: World
    grant: GrantRecord
    client: IzinClient
    keys: ClientKeys
    asked: int = 0

    def first_token(self) -> Token:
        """Exchange the code that she brings back."""
        pending = Pending.new(self.world.broker.random)
        at = int(self.world.clock().timestamp())
        proof = self.keys.proof(method="GET", url="http://x.example/", jti="only-to-know", at=at)
        jkt = check([proof], method="GET", url="http://x.example/", at=at).jkt
        codes = Codes(self.world.broker.engine, random=self.world.broker.random)
        code = Code(
            client_id=self.client.client_id,
            request={"redirect_uri": BACK, "dpop_jkt": jkt},
            grant_id=self.grant.grant_id,
            person_id=self.grant.person_id,
            code_challenge=pending.challenge,
            expires=at + LIFE_SECONDS,
        )
        returned = {"code": codes.issue(code), "state": pending.state, "iss": self.client.issuer}
        return self.client.exchange(returned, pending, redirect_uri=BACK)

    def ask(self, token: Token) -> str:
        """Ask all agencies and return what came of it."""
        self.asked += 1
        identity = self.world.identities[self.grant.programme]
        body: dict[str, Any] = {
            "grant_id": self.grant.grant_id,
            "answer_key": identity.answer.public.jwk(),
            "answer_key_statement": identity.answer_statement,
            "request_id": f"request-of-month-{self.asked:04}",
        }
        return self.client.verify(token, body).status

    def accesses(self) -> int:
        log = self.world.broker.log
        kinds = [parse_entry(log.entry(index)).kind for index in range(log.size)]
        return kinds.count("access.sent")


@pytest.fixture
def asking(world: World) -> Asking:
    world.network.put(world.plan.broker, web_app(world.broker))
    grant = world.consent(world.person("eligible"))
    keys = world.identities[grant.programme].client_keys
    client = IzinClient(
        httpx2.Client(transport=world.network),
        issuer=world.plan.broker,
        client_id=CLIENTS[grant.programme],
        keys=keys,
        clock=world.clock,
        random=world.broker.random,
    )
    return Asking(world, grant, client, keys)


def test_next_month_the_same_consent_is_enough(asking: Asking) -> None:
    token = asking.first_token()
    assert asking.ask(token) == "complete"
    each = asking.accesses()
    asking.world.clock.forward(days=31)
    with pytest.raises(IzinRefusedError) as caught:
        asking.ask(token)
    assert caught.value.problem == "invalid-token"

    again = asking.client.refresh(token.refresh_token, grant_id=token.grant_id)
    assert asking.ask(again) == "complete"
    assert asking.accesses() == 2 * each


def test_a_refresh_token_does_not_lift_how_often_she_allowed(asking: Asking) -> None:
    token = asking.first_token()
    asking.ask(token)
    again = asking.client.refresh(token.refresh_token, grant_id=token.grant_id)
    with pytest.raises(IzinRefusedError) as caught:
        asking.ask(again)

    assert caught.value.problem == "not-permitted"


def test_it_survives_a_restart_and_ends_with_her_withdrawal(asking: Asking) -> None:
    token = asking.first_token()
    asking.world.restart()
    asking.world.network.put(asking.world.plan.broker, web_app(asking.world.broker))
    again = asking.client.refresh(token.refresh_token, grant_id=token.grant_id)
    assert again.access_token != token.access_token
    asking.world.broker.grants.withdraw(asking.grant.grant_id, asking.grant.person_id)

    with pytest.raises(IzinRefusedError) as caught:
        asking.client.refresh(token.refresh_token, grant_id=token.grant_id)
    assert caught.value.problem == "invalid_grant"
