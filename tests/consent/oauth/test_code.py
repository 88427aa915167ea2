"""The code: bound to client, address, verifier and key; used once, whoever comes first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from joserfc.jwk import ECKey

from consent import tokens
from consent.oauth.authorization_code import CodeGrant, token_id
from consent.oauth.issuer import error_location, with_issuer
from consent.revocation import is_revoked
from tests.consent.oauth_fixtures import BACK, ISSUER, VERIFIER, Programme, Site, s256, site

__all__ = ["site"]


def refusal(programme: Programme, code: str, **changed: str | None) -> tuple[int, str]:
    response = programme.redeem(code, **changed)
    return response.status_code, response.get_json().get("error", "")


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": None},
        {"code_verifier": "w" * 43},
        {"code_verifier": "short"},
        {"code_verifier": "\u00e9" * 43},
        {"redirect_uri": None},
        {"redirect_uri": BACK + "/"},
    ],
)
def test_a_code_is_bound_to_verifier_and_address(
    site: Site, changed: dict[str, str | None]
) -> None:
    programme = site.programme()
    code, _ = site.code(programme)

    assert refusal(programme, code, **changed) == (400, "invalid_grant")
    # Used up: a code that could be tried again would let verifiers be guessed.
    assert refusal(programme, code) == (400, "invalid_grant")


def test_the_challenge_is_not_its_own_verifier(site: Site) -> None:
    """The downgrade to `plain` at the token endpoint."""
    programme = site.programme()
    code, _ = site.code(programme)

    assert refusal(programme, code, code_verifier=s256(VERIFIER)) == (400, "invalid_grant")


def test_a_code_is_bound_to_the_key_that_pushed(site: Site) -> None:
    """A client's stolen code and assertion are worth nothing without its DPoP key."""
    programme = site.programme()
    code, _ = site.code(programme)
    proof = programme.proof("/oauth/token", key=ECKey.generate_key("P-256"))

    assert refusal(programme, code, dpop=proof) == (400, "invalid_grant")


def test_a_missing_proof_says_so_and_does_not_burn_the_code(site: Site) -> None:
    programme = site.programme()
    code, _ = site.code(programme)

    assert refusal(programme, code, dpop="") == (400, "invalid_dpop_proof")
    assert refusal(programme, code, dpop=programme.proof("/oauth/par")) == (
        400,
        "invalid_dpop_proof",
    )
    assert programme.redeem(code).status_code == 200


def test_a_proof_is_not_used_at_two_endpoints_or_twice(site: Site) -> None:
    programme = site.programme()
    code, _ = site.code(programme)
    proof = programme.proof("/oauth/token")
    programme.redeem("unknown", dpop=proof)

    assert refusal(programme, code, dpop=proof) == (400, "invalid_dpop_proof")


def test_another_client_cannot_use_a_code_and_leaves_it_whole(site: Site) -> None:
    programme = site.programme()
    code, _ = site.code(programme)
    other = site.programme("bpnt-client", "bpnt")

    assert refusal(other, code) == (400, "invalid_grant")
    assert programme.redeem(code).status_code == 200


def test_a_code_lives_for_a_minute(site: Site) -> None:
    programme = site.programme()
    code, _ = site.code(programme)
    site.world.clock.forward(seconds=60)

    assert refusal(programme, code) == (400, "invalid_grant")


def test_a_code_that_is_used_again_revokes_what_it_gave(site: Site) -> None:
    programme = site.programme()
    code, _ = site.code(programme)
    token = programme.redeem(code).get_json()["access_token"]
    found = tokens.check(token, [site.deps.token_key.public], issuer=ISSUER, at=site.at)
    assert not is_revoked(site.deps.replays, found.jti)

    assert refusal(programme, code) == (400, "invalid_grant")
    assert is_revoked(site.deps.replays, found.jti)
    (record,) = site.world.grants.of_person(site.person_id)
    assert record.is_live(at=site.world.clock())  # her grant is hers to end


def test_a_late_second_use_revokes_too(site: Site) -> None:
    programme = site.programme()
    code, _ = site.code(programme)
    programme.redeem(code)
    site.world.clock.forward(seconds=200)

    programme.redeem(code)
    assert is_revoked(site.deps.replays, token_id(code))


def test_of_many_uses_at_once_at_most_one_gets_a_token(site: Site) -> None:
    """Authlib's order (save the token, then delete the code) would give one to each."""
    programme = site.programme()
    code, _ = site.code(programme)
    requests = [(programme.assertion(), programme.proof("/oauth/token")) for _ in range(8)]

    def use(request: tuple[str, str]) -> int:
        return programme.redeem(code, client_assertion=request[0], dpop=request[1]).status_code

    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(use, requests))

    assert found == [200] + [400] * 7
    assert is_revoked(site.deps.replays, token_id(code))


def test_a_token_needs_client_authentication(site: Site) -> None:
    programme = site.programme()
    code, _ = site.code(programme)

    assert refusal(programme, code, client_assertion=None) == (401, "invalid_client")
    assert refusal(programme, code, client_id="another") == (401, "invalid_client")
    assert programme.redeem(code).status_code == 200


@pytest.mark.parametrize(
    ("grant_type", "error"),
    [
        (None, "invalid_request"),
        ("password", "unsupported_grant_type"),
        ("implicit", "unsupported_grant_type"),
    ],
)
def test_no_other_grant_type_is_open(site: Site, grant_type: str | None, error: str) -> None:
    response = site.programme().redeem("code", grant_type=grant_type)

    assert (response.status_code, response.get_json()["error"]) == (400, error)
    assert str(grant_type) not in response.text.replace("grant_type", "")


def test_going_back_needs_the_session_that_answered(site: Site) -> None:
    """Another browser of the same person has no code to fetch."""
    programme = site.programme()
    site.code(programme)
    elsewhere = site.browser()
    elsewhere.sign_in()

    assert elsewhere.get("/oauth/continue/1").status_code == 410


def test_another_site_cannot_send_her_back(site: Site) -> None:
    _, browser = site.code(site.programme())
    response = browser.get("/oauth/continue/1", headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403


def test_a_client_that_lost_its_address_gets_no_code(site: Site) -> None:
    """Taken off the list between push and answer: nobody is sent there any more."""
    programme = site.programme()
    browser = site.browser()
    browser.sign_in()
    browser.ask(programme.pushed())
    browser.answer()
    site.programme(back="https://pkh.example/new")
    response = browser.get("/oauth/continue/1")

    assert response.status_code == 400
    assert "Location" not in response.headers


def test_iss_is_ours_whatever_the_address_says() -> None:
    location = with_issuer("https://a.example/?iss=https%3A%2F%2Fevil.example&x=1", ISSUER)
    assert location == "https://a.example/?x=1&iss=https%3A%2F%2Fizin.example"

    found = error_location("https://a.example/back?x=1", "access_denied", state=None, issuer=ISSUER)
    assert found == "https://a.example/back?x=1&error=access_denied&iss=https%3A%2F%2Fizin.example"


def test_no_check_hangs_on_a_hook(site: Site) -> None:
    """Authlib keeps hooks in a set: what they check depends on chance."""
    programme = site.programme()
    code, _ = site.code(programme)
    ran: list[str] = []
    real = CodeGrant.execute_hook

    def spy(self: CodeGrant, name: str, *args: object, **kwargs: object) -> None:
        ran.extend(f"{name}" for _ in self._hooks[name])
        real(self, name, *args, **kwargs)

    CodeGrant.execute_hook = spy
    try:
        assert programme.redeem(code).status_code == 200
        programme.pushed()
    finally:
        del CodeGrant.execute_hook

    assert ran == []
