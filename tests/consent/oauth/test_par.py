"""Pushed requests: judged while no person is there, and the only way in."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.consent.oauth_fixtures import BACK, DETAILS, ISSUER, Programme, Site, s256, site

__all__ = ["site"]


def details_with(change: Any) -> Any:
    """Return good details after `change` was made to their one object."""
    made = copy.deepcopy(DETAILS)
    change(made[0])
    return made


def refusal(programme: Programme, **changed: Any) -> tuple[int, str]:
    response = programme.push(**changed)
    return response.status_code, response.get_json().get("error", "")


def test_a_good_request_is_kept(site: Site) -> None:
    response = site.programme().push()

    assert response.status_code == 201
    assert response.get_json()["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "v" * 44}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": BACK + "/"}, "invalid_request"),
        ({"redirect_uri": BACK + "?x=1"}, "invalid_request"),
        ({"redirect_uri": "https://attacker.example/back"}, "invalid_request"),
        ({"redirect_uri": 'https://"\u00e9'}, "invalid_request"),
        ({"request_uri": "urn:x"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"state": "x" * 513}, "invalid_request"),
        ({"state": "line\nbreak"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": 'code" id'}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"authorization_details": None}, "invalid_authorization_details"),
        ({"authorization_details": "{"}, "invalid_authorization_details"),
        ({"authorization_details": "[]"}, "invalid_authorization_details"),
    ],
)
def test_what_is_wrong_is_told_to_the_client_and_no_browser_is_sent_anywhere(
    site: Site, changed: dict[str, Any], error: str
) -> None:
    response = site.programme().push(**changed)

    assert (response.status_code, response.get_json()["error"]) == (400, error)
    assert "Location" not in response.headers


def test_pkce_plain_under_the_name_of_the_verifier_is_refused(site: Site) -> None:
    """The downgrade: a challenge that is the verifier itself."""
    found = refusal(site.programme(), code_challenge="v" * 43, code_challenge_method="plain")

    assert found == (400, "invalid_request")


@pytest.mark.parametrize(
    ("change", "member"),
    [
        (lambda one: one.update(type="another"), "type"),
        (lambda one: one.update(programme="bpnt"), "programme"),
        (lambda one: one.update(programme="none"), "programme"),
        (lambda one: one.update(purpose="curiosity"), "purpose"),
        (lambda one: one.update(valid_until="2030-01-01"), "valid_until"),
        (lambda one: one.update(valid_until="2026-11-23"), "valid_until"),
        (lambda one: one.update(frequency={"per": "day", "max": 9}), "frequency"),
        (lambda one: one.update(retention_days=91), "retention_days"),
        (lambda one: one.update(extra=1), "extra"),
        (
            lambda one: one["questions"].append({"agency": "polri", "question": "name"}),
            "questions[3]",
        ),
        (
            lambda one: one["questions"][1].update(params={"rupiah": 1}),
            "questions[1].params.rupiah",
        ),
        (lambda one: one["questions"][0].update(optional="no"), "questions[0].optional"),
    ],
)
def test_details_over_a_ceiling_name_the_member(site: Site, change: Any, member: str) -> None:
    response = site.programme().push(details_with(change))

    assert response.status_code == 400
    assert response.get_json()["error"] == "invalid_authorization_details"
    assert member in response.get_json()["error_description"]


def test_a_member_is_named_and_its_value_is_not_repeated(site: Site) -> None:
    """Somebody will push a NIK where it does not belong."""
    wrong = details_with(lambda one: one["questions"][0].update(question="3510994107900001"))

    assert "3510994107900001" not in site.programme().push(wrong).text


def test_several_details_are_refused(site: Site) -> None:
    found = refusal(site.programme(), details=[*DETAILS, *DETAILS])

    assert found == (400, "invalid_authorization_details")


def test_without_a_dpop_key_nothing_is_kept(site: Site) -> None:
    assert refusal(site.programme(), dpop="") == (400, "invalid_dpop_proof")


def test_dpop_jkt_alone_binds_too(site: Site) -> None:
    programme = site.programme()

    assert refusal(programme, dpop="", dpop_jkt=programme.jkt) == (201, "")
    assert refusal(programme, dpop="", dpop_jkt="x") == (400, "invalid_request")


def test_dpop_jkt_of_another_key_is_refused(site: Site) -> None:
    other = str(ECKey.generate_key("P-256").thumbprint())

    assert refusal(site.programme(), dpop_jkt=other) == (400, "invalid_dpop_proof")


def test_a_proof_is_used_once(site: Site) -> None:
    programme = site.programme()
    proof = programme.proof("/oauth/par")

    assert refusal(programme, dpop=proof) == (201, "")
    assert refusal(programme, dpop=proof) == (400, "invalid_dpop_proof")


def test_a_proof_for_another_address_is_refused(site: Site) -> None:
    programme = site.programme()

    found = refusal(programme, dpop=programme.proof("/oauth/token"))
    assert found == (400, "invalid_dpop_proof")


def test_a_repeated_parameter_is_refused(site: Site) -> None:
    """Two readers could each take another of the two."""
    programme = site.programme()
    data = {
        "response_type": "code",
        "redirect_uri": [BACK, "https://attacker.example/"],
        "code_challenge": s256("v" * 43),
        "code_challenge_method": "S256",
        "authorization_details": json.dumps(DETAILS),
        **programme.authentication(),
    }
    response = site.machine.post("/oauth/par", data=data)

    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request")


def test_parameters_in_the_query_are_not_read(site: Site) -> None:
    """They would stand in the logs of every proxy."""
    programme = site.programme()
    response = site.machine.post("/oauth/par", query_string=programme.authentication())

    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")


def test_an_authorization_request_that_was_not_pushed_is_refused(site: Site) -> None:
    site.programme()
    browser = site.browser()
    browser.sign_in()
    query = {
        "client_id": "pkh-client",
        "response_type": "code",
        "redirect_uri": BACK,
        "code_challenge": s256("v" * 43),
        "code_challenge_method": "S256",
        "authorization_details": json.dumps(DETAILS),
    }
    response = browser.get("/oauth/authorize", query_string=query)

    assert response.status_code == 400
    assert site.world.log.size == 0


def test_parameters_beside_the_request_uri_change_nothing(site: Site) -> None:
    """Only what was pushed counts; the rest came through the browser."""
    browser = site.browser()
    browser.sign_in()
    query = {
        "client_id": "pkh-client",
        "request_uri": site.programme().pushed(),
        "redirect_uri": "https://attacker.example/",
        "state": "attacker",
    }
    browser.get("/oauth/authorize", query_string=query)
    browser.answer()
    location = browser.get("/oauth/continue/1").headers["Location"]

    assert location.startswith(BACK)
    assert "attacker" not in location


def test_another_clients_request_uri_looks_unknown(site: Site) -> None:
    uri = site.programme().pushed()
    site.programme("bpnt-client", "bpnt")
    browser = site.browser()
    browser.sign_in()

    assert browser.ask(uri, "bpnt-client").status_code == 410
    assert site.world.log.size == 0


def test_nothing_is_logged_at_par(site: Site) -> None:
    programme = site.programme()
    programme.push()
    programme.push(scope="openid")

    assert site.world.log.size == 0


def test_an_error_found_at_the_page_goes_back_with_state_and_iss(site: Site) -> None:
    """A day later the period asked for is no longer open: RFC 9207 covers errors too."""
    day = details_with(lambda one: one.update(valid_until="2026-11-24"))
    browser = site.browser()
    browser.sign_in()
    site.world.clock.now = site.world.clock.now.replace(hour=23, minute=58)
    browser.sign_in()
    uri = site.programme().pushed(day)
    site.world.clock.forward(minutes=4)
    location = browser.ask(uri).headers["Location"]

    assert location.startswith(f"{BACK}?error=invalid_authorization_details")
    assert "state=a-state-of-the-programme" in location
    assert location.endswith("iss=https%3A%2F%2Fizin.example")
    assert ISSUER not in location
    assert site.world.log.size == 0
