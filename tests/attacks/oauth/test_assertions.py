"""Client assertions that prove nothing: stale, long-lived, for others, of others, shown again."""

from __future__ import annotations

import time
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.attacks.oauth.conftest import NewWire
from tests.attacks.oauth.test_proofs import hs256, pem
from tests.attacks.oauth.thief import Wire, unique, unsigned

TEN_YEARS = 10 * 365 * 86_400


def refused(wire: Wire, assertion: str | None, **changed: Any) -> None:
    for response in (
        wire.push(client_assertion=assertion, **changed),
        wire.refresh("whatever", client_assertion=assertion, **changed),
        wire.post("/oauth/introspect", {"token": "x"}, client_assertion=assertion, **changed),
        wire.post("/oauth/revoke", {"token": "x"}, client_assertion=assertion, **changed),
    ):
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "times",
    [
        {"exp": TEN_YEARS},
        {"exp": 3_600},
        {"exp": -1},
        {"iat": 600, "exp": 650},
        {"nbf": 600},
    ],
    ids=str,
)
def test_an_assertion_that_is_not_of_now(wire: Wire, times: dict[str, int]) -> None:
    at = int(time.time())
    refused(wire, wire.assertion(**{name: at + seconds for name, seconds in times.items()}))


def test_an_assertion_for_somebody_else(wire: Wire) -> None:
    """One that was first shown to another server, which may be the thief."""
    for audience in (
        "https://another.example",
        f"{wire.issuer}/oauth/token",
        f"{wire.issuer}/",
        [wire.issuer, "https://another.example"],
        None,
    ):
        refused(wire, wire.assertion(aud=audience))


def test_an_assertion_that_the_client_did_not_sign(new_wire: NewWire) -> None:
    wire, other = new_wire(), new_wire()
    refused(wire, wire.assertion(key=other.key))
    refused(wire, wire.assertion(key=ECKey.generate_key("P-256")))
    claims = wire.assertion_claims()
    refused(wire, unsigned(claims, alg="none", typ="JWT"))
    refused(wire, hs256(claims, pem(wire.key), typ="JWT"))
    refused(wire, None)


def test_an_assertion_in_another_clients_name(new_wire: NewWire) -> None:
    wire, other = new_wire(), new_wire()
    refused(wire, wire.assertion(sub=other.client_id))
    refused(wire, wire.assertion(iss=other.client_id, sub=other.client_id))
    refused(wire, wire.assertion(), client_id=other.client_id)


def test_a_proof_of_possession_is_no_assertion(wire: Wire) -> None:
    refused(wire, wire.proof("POST", "/oauth/token", key=wire.key))


def test_an_assertion_shown_again_also_at_another_broker(wire: Wire, twin: str) -> None:
    assertion = wire.assertion(jti=unique())
    assert wire.push(client_assertion=assertion).status_code == 201
    for base in (wire.issuer, twin):
        again = wire.push(client_assertion=assertion, base=base)
        assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


def test_unknown_clients_and_wrong_keys_look_alike(wire: Wire) -> None:
    unknown = wire.assertion(iss="nobody", sub="nobody")
    wrong = wire.assertion(key=ECKey.generate_key("P-256"))
    answers = [wire.push(client_assertion=each, client_id=None).text for each in (unknown, wrong)]
    assert answers[0] == answers[1]
