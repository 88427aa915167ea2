"""Refresh tokens: bound to client, key and grant, never rotated, and over with the grant."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.jwk import ECKey
from sqlmodel import Session, select

from consent import tokens
from consent.oauth.authorization_code import token_id
from consent.refresh import RefreshTokens
from consent.revocation import is_revoked
from consent.store import RefreshTokenRow
from tests.consent.oauth_fixtures import DETAILS, ISSUER, Programme, Site, site
from tests.consent.world import counted_random

__all__ = ["site"]


def given(site: Site, programme: Programme) -> dict[str, Any]:
    """Return a token response after a person's consent."""
    code, _ = site.code(programme)
    body: dict[str, Any] = programme.redeem(code).get_json()
    return body


def error(programme: Programme, token: str, **changed: Any) -> tuple[int, str]:
    response = programme.refresh(token, **changed)
    return response.status_code, response.get_json().get("error", "")


def test_a_month_later_the_programme_gets_a_new_access_token(site: Site) -> None:
    programme = site.programme()
    first = given(site, programme)
    site.world.clock.forward(days=31)
    second = programme.refresh(first["refresh_token"])

    assert second.status_code == 200, second.text
    body = second.get_json()
    assert body["authorization_details"] == DETAILS == first["authorization_details"]
    assert body["grant_id"] == first["grant_id"]
    found = tokens.check(
        body["access_token"], [site.deps.token_key.public], issuer=ISSUER, at=site.at
    )
    assert (found.jkt, found.grant_id) == (programme.jkt, first["grant_id"])


def test_it_is_not_rotated_and_a_lost_response_costs_nothing(site: Site) -> None:
    """FAPI 2.0, section 5.3.2.1: the same token works again and again."""
    programme = site.programme()
    token = given(site, programme)["refresh_token"]
    bodies = [programme.refresh(token).get_json() for _ in range(3)]

    assert {body["refresh_token"] for body in bodies} == {token}
    assert len({body["access_token"] for body in bodies}) == 3


def test_it_is_bound_to_the_key(site: Site) -> None:
    programme = site.programme()
    token = given(site, programme)["refresh_token"]
    proof = programme.proof("/oauth/token", key=ECKey.generate_key("P-256"))

    assert error(programme, token, dpop=proof) == (400, "invalid_grant")
    assert error(programme, token, dpop="") == (400, "invalid_dpop_proof")
    assert programme.refresh(token).status_code == 200


def test_it_is_bound_to_the_client(site: Site) -> None:
    programme = site.programme()
    token = given(site, programme)["refresh_token"]
    other = site.programme("bpnt-client", "bpnt")
    other.dpop_key = programme.dpop_key

    assert error(other, token) == (400, "invalid_grant")
    assert error(programme, token, client_assertion=None) == (401, "invalid_client")


def test_it_ends_with_a_withdrawal(site: Site) -> None:
    programme = site.programme()
    first = given(site, programme)
    site.world.grants.withdraw(first["grant_id"], site.person_id)

    assert error(programme, first["refresh_token"]) == (400, "invalid_grant")


def test_it_ends_with_the_last_day(site: Site) -> None:
    programme = site.programme()
    token = given(site, programme)["refresh_token"]
    site.world.clock.now = site.world.clock.now.replace(year=2027, month=2, day=28, hour=23)
    assert programme.refresh(token).status_code == 200
    site.world.clock.forward(hours=1)

    assert error(programme, token) == (400, "invalid_grant")
    assert site.deps.refresh_tokens.forget(at=site.at) == 1


def test_a_code_used_again_ends_its_refresh_token_and_all_it_gave(site: Site) -> None:
    programme = site.programme()
    code, _ = site.code(programme)
    token = programme.redeem(code).get_json()["refresh_token"]
    later = programme.refresh(token).get_json()["access_token"]
    programme.redeem(code)

    assert error(programme, token) == (400, "invalid_grant")
    found = tokens.check(later, [site.deps.token_key.public], issuer=ISSUER, at=site.at)
    assert found.jti.startswith(token_id(code))
    assert is_revoked(site.deps.replays, found.jti)


def test_a_refused_code_leaves_no_refresh_token(site: Site) -> None:
    programme = site.programme()
    code, _ = site.code(programme)
    assert programme.redeem(code, code_verifier="w" * 43).status_code == 400

    with Session(site.world.engine) as session:
        assert session.exec(select(RefreshTokenRow)).all() == []


def test_it_survives_a_restart_and_is_kept_as_a_hash(site: Site) -> None:
    programme = site.programme()
    token = given(site, programme)["refresh_token"]
    again = RefreshTokens(site.world.engine, random=counted_random(1))
    with site.world.engine.begin() as connection:
        found = again.find(connection, token, programme.client_id, at=site.at)
    with Session(site.world.engine) as session:
        row = session.exec(select(RefreshTokenRow)).one()

    assert found is not None
    assert found.jkt == programme.jkt
    assert token not in repr(row.model_dump())


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"scope": "everything"}, "invalid_scope"),
        ({"authorization_details": "[]"}, "invalid_authorization_details"),
        ({"refresh_token": None}, "invalid_request"),
    ],
)
def test_what_it_gives_cannot_be_argued_about(
    site: Site, more: dict[str, str | None], expected: str
) -> None:
    programme = site.programme()
    token = given(site, programme)["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token, **more}
    response = programme.token(**form)

    assert (response.status_code, response.get_json()["error"]) == (400, expected)
