"""What a client learns about its tokens, and how it gives them up (RFC 7662, RFC 7009)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.consent.oauth_fixtures import DETAILS, ISSUER, Programme, Site, site

__all__ = ["site"]

INACTIVE = {"active": False}


def given(site: Site, programme: Programme) -> dict[str, Any]:
    code, _ = site.code(programme)
    body: dict[str, Any] = programme.redeem(code).get_json()
    return body


def told(programme: Programme, token: str) -> Any:
    response = programme.post("/oauth/introspect", token=token)
    assert response.status_code == 200, response.text
    assert response.headers["Cache-Control"] == "no-store"
    return response.get_json()


def revoke(programme: Programme, token: str) -> int:
    return programme.post("/oauth/revoke", token=token).status_code


def test_an_access_token_is_told_with_what_was_granted(site: Site) -> None:
    programme = site.programme()
    body = given(site, programme)
    found = told(programme, body["access_token"])

    assert found["active"] is True
    assert found["authorization_details"] == DETAILS
    assert found["grant_id"] == body["grant_id"]
    assert found["cnf"] == {"jkt": programme.jkt}
    assert (found["iss"], found["aud"], found["client_id"]) == (ISSUER, ISSUER, "pkh-client")
    assert found["exp"] - found["iat"] == 300
    assert found["token_type"] == "DPoP"


def test_a_refresh_token_is_told_until_the_grants_last_day(site: Site) -> None:
    programme = site.programme()
    body = given(site, programme)
    found = told(programme, body["refresh_token"])

    assert found["active"] is True
    assert found["grant_id"] == body["grant_id"]
    assert found["exp"] == 1_803_859_200  # 2027-03-01T00:00Z
    assert "sub" not in found


def test_a_management_token_is_told_with_its_scope(site: Site) -> None:
    programme = site.programme()
    found = told(programme, programme.managing("grant_management_query"))
    assert (found["active"], found["scope"]) == (True, "grant_management_query")


def test_tokens_of_others_and_made_up_ones_are_inactive(site: Site) -> None:
    body = given(site, site.programme())
    other = site.programme("bpnt-client", "bpnt")
    for token in (body["access_token"], body["refresh_token"], "x", "a.b.c", "\u00e9" * 43):
        assert told(other, token) == INACTIVE


def test_all_tokens_are_inactive_once_she_withdrew(site: Site) -> None:
    programme = site.programme()
    body = given(site, programme)
    site.world.grants.withdraw(body["grant_id"], site.person_id)

    assert told(programme, body["access_token"]) == INACTIVE
    assert told(programme, body["refresh_token"]) == INACTIVE


def test_a_revoked_access_token_takes_nothing_along(site: Site) -> None:
    programme = site.programme()
    body = given(site, programme)
    assert revoke(programme, body["access_token"]) == 200

    assert told(programme, body["access_token"]) == INACTIVE
    assert programme.refresh(body["refresh_token"]).status_code == 200


def test_a_revoked_refresh_token_takes_its_access_tokens_along(site: Site) -> None:
    programme = site.programme()
    body = given(site, programme)
    later = programme.refresh(body["refresh_token"]).get_json()["access_token"]
    assert revoke(programme, body["refresh_token"]) == 200

    for token in (body["refresh_token"], body["access_token"], later):
        assert told(programme, token) == INACTIVE
    assert programme.refresh(body["refresh_token"]).get_json()["error"] == "invalid_grant"
    (record,) = site.world.grants.of_person(site.person_id)
    assert record.is_live(at=site.world.clock())  # the grant is hers to end


def test_nobody_revokes_anothers_token_and_all_answers_are_alike(site: Site) -> None:
    programme = site.programme()
    body = given(site, programme)
    other = site.programme("bpnt-client", "bpnt")
    for token in (body["access_token"], body["refresh_token"], "x", "a.b.c"):
        assert revoke(other, token) == 200

    assert told(programme, body["access_token"])["active"] is True
    assert told(programme, body["refresh_token"])["active"] is True


@pytest.mark.parametrize("path", ["/oauth/introspect", "/oauth/revoke"])
def test_both_need_the_client_itself_and_a_token(site: Site, path: str) -> None:
    programme = site.programme()
    anybody = programme.post(path, token="x", client_assertion=None)
    assert (anybody.status_code, anybody.get_json()["error"]) == (401, "invalid_client")
    assert programme.post(path).get_json()["error"] == "invalid_request"

    assertion = programme.assertion()
    assert programme.post(path, token="x", client_assertion=assertion).status_code == 200
    again = programme.post(path, token="x", client_assertion=assertion)
    assert again.get_json()["error"] == "invalid_client"
