"""P1: a broker that makes a passkey's evidence itself, or bends one that she made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from keys.sign_in_trust import PasskeySite, site_of
from tests.attacks.rogue import Rogue, Victim, is_answered, reason
from tests.authenticator import PRESENT, VERIFIED, Passkey


@pytest.fixture
def site(rogue: Rogue) -> PasskeySite:
    """Return the site that the agreement names: the demo's own broker."""
    found = site_of(rogue.broker.settings.issuer)
    assert found is not None
    return found


@pytest.fixture
def hers(rogue: Rogue, victim: Victim, site: PasskeySite) -> Passkey:
    """Return her passkey, with which she allowed something that an agency was asked about."""
    passkey = Passkey(site)
    assert is_answered(rogue.ask(rogue.give(victim, confirm=passkey.evidence)))
    return passkey


def test_the_honest_twin_is_answered(rogue: Rogue, victim: Victim, hers: Passkey) -> None:
    """So that the refusals below are not for want of something else."""
    assert is_answered(rogue.ask(rogue.give(victim, confirm=hers.evidence)))


def test_a_passkey_of_the_broker_s_own(
    rogue: Rogue, victim: Victim, hers: Passkey, site: PasskeySite
) -> None:
    """Would work where any valid assertion is enough."""
    forged = rogue.give(victim, confirm=Passkey(site).evidence)
    assert reason(rogue.ask(forged)) == "passkey_changed"


def test_her_passkey_s_key_on_an_assertion_of_the_broker_s(
    rogue: Rogue, victim: Victim, hers: Passkey, site: PasskeySite
) -> None:
    """Would work where the pinned key is compared and the signature believed."""
    own = Passkey(site)

    def confirm(over: bytes) -> dict[str, str]:
        return {**own.evidence(over), "public_key": hers.evidence(over)["public_key"]}

    assert reason(rogue.ask(rogue.give(victim, confirm=confirm))) == "evidence_too_weak"


def test_the_broker_s_word_where_her_passkey_is_known(
    rogue: Rogue, victim: Victim, hers: Passkey
) -> None:
    """Would work where each grant is judged by its own evidence alone."""
    assert reason(rogue.ask(rogue.give(victim))) == "passkey_changed"


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://izin.example.evil"},
        {"origin": "http://localhost"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
        {"kind": "webauthn.create"},
        {"crossOrigin": True},
    ],
)
def test_an_assertion_that_was_made_elsewhere_or_without_her(
    rogue: Rogue, victim: Victim, hers: Passkey, changed: dict[str, Any]
) -> None:
    """Would work where only signature and challenge are checked: phished on another site."""
    held = rogue.give(victim, confirm=lambda over: hers.evidence(over, **changed))
    assert reason(rogue.ask(held)) == "evidence_too_weak"


def test_an_assertion_that_answers_another_challenge(
    rogue: Rogue, victim: Victim, hers: Passkey
) -> None:
    """Would work where a sign-in counts as consent: she only signed in."""
    held = rogue.give(victim, confirm=lambda _: hers.evidence(b"\x55" * 32))
    assert reason(rogue.ask(held)) == "evidence_too_weak"


def test_an_assertion_that_confirmed_another_grant(
    rogue: Rogue, victim: Victim, hers: Passkey
) -> None:
    """Would work where evidence is not bound to the grant's entry."""
    genuine = rogue.give(victim, confirm=hers.evidence)
    wider = rogue.give(victim, confirm=lambda _: dict(genuine.evidence))
    assert reason(rogue.ask(wider)) == "evidence_too_weak"
    assert is_answered(rogue.ask(genuine))


def test_an_assertion_of_another_person(rogue: Rogue, victim: Victim, hers: Passkey) -> None:
    """Would work where the passkey is pinned to the agency and not to the person."""
    other = rogue.victim()
    assert is_answered(rogue.ask(rogue.give(other, confirm=Passkey(hers.site).evidence)))
    assert reason(rogue.ask(rogue.give(other, confirm=hers.evidence))) == "passkey_changed"


def test_members_that_do_not_belong(rogue: Rogue, victim: Victim, hers: Passkey) -> None:
    """Would work where what is not understood is passed over."""
    held = rogue.give(victim, confirm=hers.evidence)
    more = replace(held, evidence={**held.evidence, "kind": "passkey", "challenge": "00" * 32})
    assert reason(rogue.ask(more)) == "evidence_too_weak"
