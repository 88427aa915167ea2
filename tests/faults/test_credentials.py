"""Tokens and proofs that are too old, too young, used before or somebody else's.

Whoever does not prove who calls is told so, asks nobody and leaves no entry: nothing is logged
before the client is authenticated.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from joserfc.jwk import ECKey

from broker.demo.population import InventedPerson
from consent import dpop, tokens
from consent.tokens import AccessToken, TokenKey
from tests.faults.parties import VERIFICATIONS, Caller, assert_problem, assert_silent
from tests.world import World

Headers = Callable[[Caller], dict[str, str]]


def _with(token: str, proof: str) -> dict[str, str]:
    return {"Authorization": f"DPoP {token}", "DPoP": proof}


def _expired(caller: Caller) -> dict[str, str]:
    token = caller.token(iat=caller.at - 300, exp=caller.at)
    return _with(token, caller.proof(token))


def _of_another_key(caller: Caller) -> dict[str, str]:
    token = caller.token(jkt=str(ECKey.generate_key("P-256").thumbprint()))
    return _with(token, caller.proof(token))


def _of_a_stranger(caller: Caller) -> dict[str, str]:
    at = caller.at
    grant = caller.grant
    claims = AccessToken(
        grant.subject, grant.client_id, grant.grant_id, (), str(caller.key.thumbprint()), "x" * 12,
        at, at + 300,
    )  # fmt: skip
    issuer = caller.world.broker.settings.issuer
    token = tokens.issue(claims, TokenKey.from_secret(b"\x66" * 32), issuer=issuer)
    return _with(token, caller.proof(token))


def _of_another_issuer(caller: Caller) -> dict[str, str]:
    at = caller.at
    grant = caller.grant
    claims = AccessToken(
        grant.subject, grant.client_id, grant.grant_id, (), str(caller.key.thumbprint()), "x" * 12,
        at, at + 300,
    )  # fmt: skip
    key = caller.world.broker.keys.token
    token = tokens.issue(claims, key, issuer="https://izin.elsewhere.example")
    return _with(token, caller.proof(token))


def _as_bearer(caller: Caller) -> dict[str, str]:
    token = caller.token()
    return {"Authorization": f"Bearer {token}", "DPoP": caller.proof(token)}


def _without_proof(caller: Caller) -> dict[str, str]:
    return {"Authorization": f"DPoP {caller.token()}"}


def _two_proofs(caller: Caller) -> dict[str, str]:
    token = caller.token()
    return _with(token, f"{caller.proof(token)}, {caller.proof(token)}")


def _proof(**changed: object) -> Headers:
    def make(caller: Caller) -> dict[str, str]:
        token = caller.token()
        moved = {
            name: caller.at + value if name == "iat" and isinstance(value, int) else value
            for name, value in changed.items()
        }
        return _with(token, caller.proof(token, **moved))

    return make


REFUSED: dict[str, Headers] = {
    "nothing": lambda _: {},
    "no scheme": lambda caller: {"Authorization": caller.token()},
    "an empty token": lambda caller: _with("", caller.proof("")),
    "no token": lambda caller: _with("a.b.c", caller.proof("a.b.c")),
    "a name": lambda caller: _with("3510991234567890", caller.proof("3510991234567890")),
    "an expired token": _expired,
    "a token of another key": _of_another_key,
    "a token of a stranger": _of_a_stranger,
    "a token of another issuer": _of_another_issuer,
    "a token sent as Bearer": _as_bearer,
    "no proof": _without_proof,
    "two proofs": _two_proofs,
    "an old proof": _proof(iat=-(dpop.PAST_SECONDS + 1)),
    "a proof from the future": _proof(iat=dpop.FUTURE_SECONDS + 1),
    "a proof without a time": _proof(iat=None),
    "a proof without a nonce": _proof(nonce=None),
    "a proof with a nonce of somebody else": _proof(nonce="1c9c380.AAAAAAAAAAAAAAAAAAAAAA"),
    "a proof of another address": _proof(htu="http://localhost:8000/v1/formulas"),
    "a proof of another host": _proof(htu="http://izin.elsewhere.example/v1/verifications"),
    "a proof of another method": _proof(htm="GET"),
    "a proof of another token": _proof(ath=dpop.encode_ath("another")),
    "a proof of no token": _proof(ath=None),
    "a proof without an id": _proof(jti=None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_prove_who_calls_asks_nobody_and_logs_nothing(
    world: World, caller: Caller, person: InventedPerson, lines: list[str], name: str
) -> None:
    size = world.broker.log.size
    world.network.carried.clear()
    response = caller.ask(REFUSED[name](caller))
    assert_problem(response, 401, "invalid-token")
    assert response.headers["WWW-Authenticate"].startswith("DPoP error=")
    assert size == world.broker.log.size
    assert [] == world.network.carried
    assert "3510991234567890" not in response.text
    assert_silent(world, person, [response.text, *lines])


def test_a_proof_is_used_once(world: World, caller: Caller) -> None:
    headers = caller.headers()
    assert 200 == caller.ask(headers).status_code
    size = world.broker.log.size
    told = assert_problem(caller.ask(headers), 401, "invalid-token")
    assert "used before" in told["detail"]
    assert size == world.broker.log.size


def test_a_proof_is_used_once_though_the_broker_restarts(world: World, caller: Caller) -> None:
    headers = caller.headers()
    assert 200 == caller.ask(headers).status_code
    world.restart()
    again = Caller(world, caller.grant, caller.key)
    assert_problem(again.ask(headers), 401, "invalid-token")


def test_a_replayed_proof_is_refused_before_the_body_is_read(caller: Caller) -> None:
    headers = caller.headers()
    assert_problem(caller.client.post(VERIFICATIONS, data=b"{", headers=headers), 400, "malformed")
    assert_problem(
        caller.client.post(VERIFICATIONS, data=b"{", headers=headers), 401, "invalid-token"
    )


def test_a_token_is_good_until_its_last_second(world: World, caller: Caller) -> None:
    token = caller.token()
    world.clock.forward(seconds=299)
    assert 200 == caller.ask(_with(token, caller.proof(token))).status_code
    world.clock.forward(seconds=1)
    assert_problem(caller.ask(_with(token, caller.proof(token))), 401, "invalid-token")


def test_a_token_from_the_future_is_refused(world: World, caller: Caller) -> None:
    """A clock put back would otherwise lengthen the life of every token."""
    token = caller.token(iat=caller.at + 3_600, exp=caller.at + 3_900)
    response = caller.ask(_with(token, caller.proof(token)))
    assert_problem(response, 401, "invalid-token")


def test_a_token_outlives_its_grant_and_then_helps_nobody(world: World, caller: Caller) -> None:
    headers = caller.headers()
    world.broker.grants.withdraw(caller.grant.grant_id, caller.grant.person_id)
    world.network.carried.clear()
    assert_problem(caller.ask(headers), 403, "grant-not-live")
    assert [] == world.network.carried
