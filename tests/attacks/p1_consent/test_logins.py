"""P1: ID tokens that are not this person's, this consent's, or the provider's.

In process: the agreement of the demo names no provider, so it is written into the gateway's rules.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from consent.evidence import login_evidence, nonce_of
from tests.attacks.rogue import AGENCY, Held, Rogue, Victim, is_answered, reason
from tests.attacks.stages import WorldStage
from tests.provider_keys import Provider, macced, unsigned


@pytest.fixture
def provider() -> Provider:
    return Provider(alg="RS256")


@pytest.fixture
def strict(local: Rogue, provider: Provider) -> Rogue:
    """Return a rogue broker at whose agency a login is the least that does."""
    stage = local.stage
    assert isinstance(stage, WorldStage)
    desk: Any = stage.world.gateways[AGENCY].desk
    rules = desk._rules
    desk._rules = replace(
        rules,
        trust=replace(rules.trust, logins=provider.trusted),
        settings=replace(rules.settings, least_evidence={"has_account": "id-token"}),
    )
    return local


def give(rogue: Rogue, victim: Victim, make: Callable[[str], str]) -> Held:
    """Give a grant with the token that `make` makes for its nonce."""
    return rogue.give(victim, confirm=lambda over: login_evidence(make(nonce_of(over))))


def test_the_honest_twin_is_answered(strict: Rogue, provider: Provider) -> None:
    victim = strict.victim()
    held = give(strict, victim, lambda nonce: provider.token(victim.nik, nonce, strict.at))
    assert is_answered(strict.ask(held))


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "A" * 43},
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"azp": "another-client"},
        {"aud": ["izin", "another-client"]},
        {"exp": 1_700_000_000},
        {"iat": 1_900_000_000, "exp": 1_900_000_600, "auth_time": 1_900_000_000},
        {"auth_time": 1_700_000_000},
        {"auth_time": None},
        {"nik": "3510990101809999"},
        {"nik": None},
    ],
)
def test_a_genuine_token_of_something_else(
    strict: Rogue, provider: Provider, changed: dict[str, Any]
) -> None:
    """Would work where a provider's signature is enough: the broker, too, is one of its users."""
    victim = strict.victim()
    held = give(
        strict, victim, lambda nonce: provider.token(victim.nik, nonce, strict.at, **changed)
    )
    assert reason(strict.ask(held)) == "evidence_too_weak"


def test_a_token_that_confirmed_another_grant(strict: Rogue, provider: Provider) -> None:
    """Would work where the nonce is not the grant's challenge."""
    victim = strict.victim()
    genuine = give(strict, victim, lambda nonce: provider.token(victim.nik, nonce, strict.at))
    again = strict.give(victim, confirm=lambda _: dict(genuine.evidence))
    assert reason(strict.ask(again)) == "evidence_too_weak"


def test_a_token_that_the_broker_signed(strict: Rogue) -> None:
    """Would work where keys come from the token, or from an address that it names."""
    victim = strict.victim()
    own = Provider(alg="RS256")
    held = give(strict, victim, lambda nonce: own.token(victim.nik, nonce, strict.at))
    assert reason(strict.ask(held)) == "evidence_too_weak"


def test_a_token_without_a_signature(strict: Rogue, provider: Provider) -> None:
    """Would work where the header's `alg` is obeyed."""
    victim = strict.victim()

    def make(nonce: str) -> str:
        return unsigned(provider.claims(victim.nik, nonce, strict.at))

    assert reason(strict.ask(give(strict, victim, make))) == "evidence_too_weak"


@pytest.mark.parametrize("form", ["pem", "jwk", "modulus"])
def test_a_token_macced_with_the_public_key(strict: Rogue, provider: Provider, form: str) -> None:
    """Would work where one key serves every algorithm: everybody has the public one."""
    victim = strict.victim()
    secret = {
        "pem": provider.key.as_pem(private=False),
        "jwk": json.dumps(provider.jwk).encode(),
        "modulus": provider.jwk["n"].encode(),
    }[form]

    def make(nonce: str) -> str:
        return macced(provider.claims(victim.nik, nonce, strict.at), secret)

    assert reason(strict.ask(give(strict, victim, make))) == "evidence_too_weak"


def test_a_provider_that_no_agreement_names(local: Rogue, provider: Provider) -> None:
    """Would work where the broker says which providers there are."""
    victim = local.victim()
    held = give(local, victim, lambda nonce: provider.token(victim.nik, nonce, local.at))
    assert reason(local.ask(held)) == "evidence_too_weak"
