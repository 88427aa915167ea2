"""Evidence by passkey and by ID token: what the gateway checks, pins and shows (9 and 13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker.gateway.about import about, lines
from broker.gateway.errors import GatewaySettingsError
from consent.evidence import login_evidence, nonce_of
from policies.ask import Frequency
from tests.authenticator import PRESENT, Passkey
from tests.broker.gateway.parties import HAS_ACCOUNT, POOR, RICH, SITE, Grant, Person
from tests.broker.gateway.world import World, reason
from tests.provider_keys import Provider

STRICT = '[gateway.least_evidence]\nhas_account = "{}"\n'


@pytest.fixture
def passkey() -> Passkey:
    return Passkey(SITE)


def strict(tmp_path: Path, least: str, provider: Provider | None = None) -> World:
    world = World(tmp_path, more=STRICT.format(least))
    if provider is not None:
        world.write_trust(logins=provider.trusted)
        world.gateway.close()
        world.open()
    return world


def by_login(
    world: World, provider: Provider, nik: str = POOR, **changed: Any
) -> Callable[[bytes], Mapping[str, Any]]:
    at = int(world.clock().timestamp())
    return lambda over: login_evidence(provider.token(nik, nonce_of(over), at, **changed))


def test_a_passkey_opens_what_asks_for_one(tmp_path: Path, passkey: Passkey) -> None:
    world = strict(tmp_path, "passkey")
    person = Person()
    assert reason(world.ask(world.give(person))) == "evidence_too_weak"
    assert "message" in world.ask(world.give(person, confirm=passkey.evidence))


def test_a_login_opens_what_asks_for_one(tmp_path: Path) -> None:
    provider = Provider()
    world = strict(tmp_path, "id-token", provider)
    person = Person()
    assert reason(world.ask(world.give(person))) == "evidence_too_weak"
    assert "message" in world.ask(world.give(person, confirm=by_login(world, provider)))


def test_a_login_counts_long_after_its_token_has_expired(tmp_path: Path) -> None:
    provider = Provider()
    world = strict(tmp_path, "id-token", provider)
    grant = world.give(Person(), confirm=by_login(world, provider))
    world.clock.advance(days=20)
    assert "message" in world.ask(grant)


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": 1_700_000_100},
        {"auth_time": None},
        {"auth_time": 1_700_000_000},
        {"nik": RICH},
    ],
)
def test_a_login_that_was_not_for_this_consent_is_refused(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    provider = Provider()
    world = strict(tmp_path, "id-token", provider)
    grant = world.give(Person(), confirm=by_login(world, provider, **changed))
    assert reason(world.ask(grant)) == "evidence_too_weak"


def test_without_a_site_in_the_agreement_no_passkey_counts(world: World, passkey: Passkey) -> None:
    world.write_trust(passkeys=None)
    world.gateway.close()
    world.open()
    grant = world.give(Person(), confirm=passkey.evidence)
    assert reason(world.ask(grant)) == "evidence_too_weak"


def test_another_passkey_for_a_known_person_is_refused(world: World, passkey: Passkey) -> None:
    """P1: a broker that makes a passkey of its own consents in her place."""
    person = Person()
    world.ask(world.give(person, confirm=passkey.evidence))
    brokers_own = Passkey(SITE)
    assert reason(world.ask(world.give(person, confirm=brokers_own.evidence))) == "passkey_changed"
    assert "message" in world.ask(world.give(person, confirm=passkey.evidence))


def test_the_broker_s_word_does_not_do_where_a_passkey_is_known(
    world: World, passkey: Passkey
) -> None:
    person = Person()
    world.ask(world.give(person, confirm=passkey.evidence))
    assert reason(world.ask(world.give(person))) == "passkey_changed"


def test_what_she_allowed_before_she_had_a_passkey_stays_allowed(
    world: World, passkey: Passkey
) -> None:
    person = Person()
    older = world.give(person)
    world.ask(world.give(person, confirm=passkey.evidence))
    assert "message" in world.ask(older)


def test_an_older_grant_by_the_same_passkey_moves_the_line_back(
    world: World, passkey: Passkey
) -> None:
    person = Person()
    first = world.give(person, confirm=passkey.evidence)
    between = world.give(person)
    world.ask(world.give(person, confirm=passkey.evidence))
    assert "message" in world.ask(first)
    assert reason(world.ask(between)) == "passkey_changed"


def test_new_passkeys_a_day_are_capped(tmp_path: Path) -> None:
    """People known by PIN too: the first use of a passkey is where a broker could invent one."""
    world = World(tmp_path, more="[gateway.new_people_per_day]\npasskey = 1\n")
    poor = Person()
    rich = Person(RICH, b"\x41" * 32, "A" * 42 + "E")
    for person in (poor, rich):
        assert "message" in world.ask(world.give(person))
    assert "message" in world.ask(world.give(poor, confirm=Passkey(SITE).evidence))
    second = world.give(rich, confirm=Passkey(SITE).evidence)
    assert reason(world.ask(second)) == "too_many_new_people"
    world.clock.advance(days=1)
    assert "message" in world.ask(second)


def test_a_refused_question_pins_no_passkey(world: World, passkey: Passkey) -> None:
    person = Person()
    spent = world.give(person, frequency=Frequency("month", 1))
    world.ask(spent)
    own = world.give(person, frequency=Frequency("month", 1), confirm=Passkey(SITE).evidence)
    assert reason(world.ask(own)) == "frequency_spent"
    assert "message" in world.ask(world.give(person, confirm=passkey.evidence))


def test_a_lost_passkey_is_let_go_at_the_agency_and_shown(world: World, passkey: Passkey) -> None:
    person = Person()
    world.ask(world.give(person, confirm=passkey.evidence))
    at = int(world.clock().timestamp())
    assert world.gateway.ledger.forget_passkey(POOR, at=at)
    assert not world.gateway.ledger.forget_passkey(POOR, at=at)
    assert "message" in world.ask(world.give(person, confirm=Passkey(SITE).evidence))
    told = "\n".join(told_about(world))
    assert "Passkey let go at this agency on 2026-11-24" in told
    assert "Pinned passkey (SHA-256 of its public key): none" not in told


def test_the_person_sees_what_each_answer_rested_on(world: World, passkey: Passkey) -> None:
    person = Person()
    first = world.give(person)
    world.ask(first)
    world.ask(world.give(person, confirm=passkey.evidence))
    world.ask(replace(first, evidence={"kind": "none"}))
    kinds = [line.split("\t")[-1] for line in told_about(world) if "\t" in line]
    assert ["broker-attested", "passkey", "-"] == kinds


def test_without_verification_a_passkey_shows_nothing(world: World, passkey: Passkey) -> None:
    def unverified(over: bytes) -> dict[str, str]:
        return passkey.evidence(over, flags=PRESENT)

    grant: Grant = world.give(Person(), confirm=unverified)
    assert reason(world.ask(grant, [HAS_ACCOUNT])) == "evidence_too_weak"


def told_about(world: World) -> list[str]:
    gateway = world.gateway
    return list(lines(about(gateway.ledger.person(POOR), gateway.engine, gateway.log)))


def test_a_demand_that_no_evidence_could_meet_is_said_at_the_start(tmp_path: Path) -> None:
    world = World(tmp_path, more=STRICT.format("passkey"))
    world.write_trust(passkeys=None)
    world.gateway.close()
    with pytest.raises(GatewaySettingsError, match="add \\[passkeys\\]"):
        world.open()
