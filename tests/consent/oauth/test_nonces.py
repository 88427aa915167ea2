"""Nonces of the server (RFC 9449, section 8): asked for, handed out, and over after minutes."""

from __future__ import annotations

import pytest

from consent.errors import TokenError
from consent.nonces import STEP_SECONDS, STEPS, Nonces
from tests.consent.oauth_fixtures import Site, site

__all__ = ["site"]

NOW = 1_800_000_000
NONCES = Nonces.from_secret(b"s" * 32)


def test_a_nonce_is_good_for_minutes_and_in_every_process() -> None:
    nonce = NONCES.current(at=NOW)
    elsewhere = Nonces.from_secret(b"s" * 32)

    assert elsewhere.knows(nonce, at=NOW)
    assert elsewhere.knows(nonce, at=NOW + (STEPS - 1) * STEP_SECONDS)
    assert not elsewhere.knows(nonce, at=NOW + STEPS * STEP_SECONDS)
    assert elsewhere.knows(nonce, at=NOW - STEP_SECONDS)  # a clock that lags behind
    assert not elsewhere.knows(nonce, at=NOW - 2 * STEP_SECONDS)


def test_nobody_else_makes_our_nonces() -> None:
    step = f"{NOW // STEP_SECONDS:x}"
    guesses = [None, "", "x", step, f"{step}.", f"{step}.{'A' * 22}", NONCES.current(at=NOW)[1:]]
    other = Nonces.from_secret(b"t" * 32)

    assert not any(NONCES.knows(guess, at=NOW) for guess in guesses)
    assert not other.knows(NONCES.current(at=NOW), at=NOW)
    with pytest.raises(TokenError):
        Nonces.from_secret(b"short")


def test_a_proof_without_our_nonce_is_sent_back_with_one(site: Site) -> None:
    programme = site.programme()
    code, _ = site.code(programme)
    response = programme.redeem(code, dpop=programme.proof("/oauth/token", nonce=None))

    assert (response.status_code, response.get_json()["error"]) == (400, "use_dpop_nonce")
    nonce = response.headers["DPoP-Nonce"]
    again = programme.redeem(code, dpop=programme.proof("/oauth/token", nonce=nonce))
    assert again.status_code == 200
    assert again.headers["DPoP-Nonce"] == nonce


def test_the_same_assertion_may_come_back_with_the_nonce_and_never_after(site: Site) -> None:
    """Some clients send the very form again, with a new proof only."""
    programme = site.programme()
    code, _ = site.code(programme)
    assertion = programme.assertion()
    form = {"client_assertion": assertion}
    first = programme.redeem(code, dpop=programme.proof("/oauth/token", nonce=None), **form)
    assert first.get_json()["error"] == "use_dpop_nonce"
    assert programme.redeem(code, **form).status_code == 200

    assert programme.redeem(code, **form).get_json()["error"] == "invalid_client"


def test_a_refused_request_has_used_up_its_assertion_and_proof(site: Site) -> None:
    programme = site.programme()
    assertion, proof = programme.assertion(), programme.proof("/oauth/token")
    refused = programme.refresh("unknown", client_assertion=assertion, dpop=proof)
    assert refused.get_json()["error"] == "invalid_grant"

    again = programme.refresh("unknown", client_assertion=assertion)
    assert again.get_json()["error"] == "invalid_client"
    assert programme.refresh("unknown", dpop=proof).get_json()["error"] == "invalid_dpop_proof"


def test_par_asks_for_a_nonce_too(site: Site) -> None:
    programme = site.programme()
    old = site.deps.nonces.current(at=site.at - STEPS * STEP_SECONDS)
    response = programme.push(dpop=programme.proof("/oauth/par", nonce=old))

    assert (response.status_code, response.get_json()["error"]) == (400, "use_dpop_nonce")
    assert site.deps.nonces.knows(response.headers["DPoP-Nonce"], at=site.at)
