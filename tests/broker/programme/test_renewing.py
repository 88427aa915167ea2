"""Asking again when the first access token is long over; and nonces, which the broker wants."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from broker.programme.errors import IzinContradictionError, IzinRefusedError
from broker.programme.oauth_keys import ClientKeys
from consent.dpop import DpopProof, check
from tests.broker.programme.asking_world import AT
from tests.broker.programme.fake_broker import FakeBroker
from tests.broker.programme.test_client import ISSUER, METADATA, RIGHT, TOKEN, client
from tests.broker.programme.test_portal import Browser, asking, broker, browser

__all__ = ["asking", "broker", "browser"]

RENEWED = {
    "access_token": "token-2",
    "token_type": "DPoP",
    "expires_in": 300,
    "grant_id": "g" * 22,
    "authorization_details": [],
}


def short_lived(body: dict[str, Any]) -> dict[str, Any]:
    """Return a token response whose token is over before it can be used a second time."""
    return {**body, "expires_in": 1, "refresh_token": "refresh-1"}


def test_a_token_that_is_over_is_renewed_before_asking(
    browser: Browser, broker: FakeBroker
) -> None:
    broker.change_token = short_lived
    where = browser.come_back(browser.apply())
    browser.again(where)

    assert browser.outcome(where)[0] == "eligible"
    assert broker.token == "token-3"  # one renewal for each question
    assert len(broker.requests) == 2


def test_a_token_that_lasts_is_kept(browser: Browser, broker: FakeBroker) -> None:
    broker.change_token = lambda body: {**body, "refresh_token": "refresh-1"}
    browser.again(browser.come_back(browser.apply()))

    assert broker.token == "token-1"


def test_a_permission_that_ended_meanwhile_is_told_in_plain_words(
    browser: Browser, broker: FakeBroker
) -> None:
    broker.change_token = short_lived
    where = browser.come_back(browser.apply())
    broker.withdrawn = True
    browser.again(where)
    result, reasons, text = browser.outcome(where)

    assert (result, reasons) == ("refused", ["grant-not-live"])
    assert "Izin Anda tidak berlaku lagi" in text
    assert len(broker.requests) == 1


def test_a_renewed_token_is_for_the_same_grant() -> None:
    found = client(httpx2.Response(200, json=METADATA), httpx2.Response(200, json=RENEWED))
    token = found.refresh("refresh-1", grant_id="g" * 22)
    assert (token.access_token, token.refresh_token) == ("token-2", "refresh-1")

    other = client(httpx2.Response(200, json=METADATA), httpx2.Response(200, json=RENEWED))
    with pytest.raises(IzinContradictionError):
        other.refresh("refresh-1", grant_id="h" * 22)


class Wanting:
    """A broker that wants one nonce in every proof."""

    def __init__(self, nonce: str = "nonce-1", *, tells: bool = True) -> None:
        self.nonce = nonce
        self.tells = tells
        self.proofs: list[DpopProof] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.startswith("/.well-known"):
            return httpx2.Response(200, json=METADATA)
        is_api = request.url.path.startswith("/v1")
        proof = check(
            [request.headers["DPoP"]],
            method=request.method,
            url=str(request.url),
            at=AT,
            token="token-1" if is_api else None,
        )
        self.proofs.append(proof)
        headers = {"DPoP-Nonce": self.nonce} if self.tells else {}
        if proof.nonce == self.nonce:
            return httpx2.Response(200, json=RIGHT if is_api else RENEWED, headers=headers)
        if is_api:
            headers["WWW-Authenticate"] = 'DPoP error="use_dpop_nonce"'
            return httpx2.Response(401, json={"type": "/problems/invalid-token"}, headers=headers)
        return httpx2.Response(400, json={"error": "use_dpop_nonce"}, headers=headers)


def wanting(place: Wanting) -> Any:
    made = client()
    made._http = httpx2.Client(transport=httpx2.MockTransport(place))
    return made


def test_the_nonce_is_learnt_once_and_kept_up_to_date() -> None:
    place = Wanting()
    asking_client = wanting(place)
    asking_client.refresh("refresh-1", grant_id="g" * 22)
    asking_client.verify(TOKEN, {})
    assert [proof.nonce for proof in place.proofs] == [None, "nonce-1", "nonce-1"]

    place.nonce = "nonce-2"
    asking_client.verify(TOKEN, {})
    assert [proof.nonce for proof in place.proofs[3:]] == ["nonce-1", "nonce-2"]
    assert len({proof.jti for proof in place.proofs}) == len(place.proofs)


def test_a_broker_that_wants_a_nonce_and_gives_none_is_not_asked_for_ever() -> None:
    place = Wanting(tells=False)
    with pytest.raises(IzinRefusedError):
        wanting(place).verify(TOKEN, {})
    assert len(place.proofs) == 1


def test_a_proof_without_a_nonce_has_none() -> None:
    keys = ClientKeys.from_secret(b"s" * 32)
    proof = keys.proof(method="POST", url=f"{ISSUER}/x", jti="a-unique-id", at=AT)
    assert check([proof], method="POST", url=f"{ISSUER}/x", at=AT).nonce is None
