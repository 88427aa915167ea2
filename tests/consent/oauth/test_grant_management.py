"""Grants by their grant_id: looked at, ended, merged and replaced; each change is in the log."""

from __future__ import annotations

from typing import Any

import pytest

from audit.trace import gid, withdrawn_commitment
from tests.consent.oauth_fixtures import (
    DETAILS,
    Browser,
    Programme,
    Site,
    query_of,
    site,
)
from tests.consent.world import NAME, VILLAGE

__all__ = ["site"]

QUESTIONS: list[dict[str, Any]] = DETAILS[0]["questions"]
LAND = {"agency": "atr_bpn", "question": "land_area_above", "params": {"square_metres": 500}}


def given(site: Site, programme: Programme) -> dict[str, Any]:
    """Return a token response after a person's consent to everything but has_account."""
    code, _ = site.code(programme, {"item-0": "yes", "item-1": "yes", "item-2": "no"})
    body: dict[str, Any] = programme.redeem(code).get_json()
    return body


def asking(*questions: dict[str, Any], **changed: Any) -> list[dict[str, Any]]:
    return [{**DETAILS[0], "questions": list(questions), **changed}]


def change(
    site: Site, programme: Programme, action: str, grant_id: str, details: Any
) -> tuple[Browser, str]:
    """Push a change and have the person look at it; return her browser and the page."""
    pushed = programme.push(details, grant_management_action=action, grant_id=grant_id)
    assert pushed.status_code == 201, pushed.text
    browser = site.browser()
    browser.sign_in()
    return browser, browser.ask(pushed.get_json()["request_uri"]).text


def redeemed(programme: Programme, browser: Browser, n: int) -> dict[str, Any]:
    back = browser.get(f"/oauth/continue/{n}")
    body: dict[str, Any] = programme.redeem(query_of(back)["code"]).get_json()
    return body


def test_a_client_sees_what_it_was_granted(site: Site) -> None:
    programme = site.programme()
    grant_id = given(site, programme)["grant_id"]
    response = programme.grant("GET", grant_id, programme.managing())

    assert response.status_code == 200
    assert response.get_json() == {"authorization_details": asking(*QUESTIONS[:2])}
    assert response.headers["Cache-Control"] == "no-store"


def test_ending_a_grant_is_a_withdrawal_in_the_log(site: Site) -> None:
    programme = site.programme()
    first = given(site, programme)
    token = programme.managing()
    assert programme.grant("DELETE", first["grant_id"], token).status_code == 204

    assert site.world.kinds()[-1] == "grant.withdrawn"
    person = site.world.persons.open(site.person_id)
    mark = withdrawn_commitment(gid(person.trace_key, 1))
    assert site.world.log.find_mark(mark) == site.world.log.size - 1
    assert programme.refresh(first["refresh_token"]).status_code == 400
    for method in ("GET", "DELETE"):
        gone = programme.grant(method, first["grant_id"], token)
        assert (gone.status_code, gone.get_json()) == (404, {"error": "invalid_grant_id"})


def test_another_clients_grant_looks_like_none(site: Site) -> None:
    grant_id = given(site, site.programme())["grant_id"]
    other = site.programme("bpnt-client", "bpnt")
    token = other.managing()
    answers = [other.grant("GET", each, token) for each in (grant_id, "A" * 22)]
    answers += [other.grant("DELETE", each, token) for each in (grant_id, "A" * 22)]

    assert {(each.status_code, each.text) for each in answers} == {
        (404, '{"error":"invalid_grant_id"}\n')
    }
    assert "grant.withdrawn" not in site.world.kinds()


def test_each_scope_opens_its_own_method(site: Site) -> None:
    programme = site.programme()
    grant_id = given(site, programme)["grant_id"]
    for scope, method in (
        ("grant_management_revoke", "GET"),
        ("grant_management_query", "DELETE"),
    ):
        response = programme.grant(method, grant_id, programme.managing(scope))
        assert response.status_code == 403
        assert 'error="insufficient_scope"' in response.headers["WWW-Authenticate"]


def test_a_grants_own_token_does_not_manage_grants(site: Site) -> None:
    programme = site.programme()
    first = given(site, programme)
    response = programme.grant("DELETE", first["grant_id"], first["access_token"])

    assert response.status_code == 401
    challenge = response.headers["WWW-Authenticate"]
    assert challenge.startswith('DPoP error="invalid_token"')
    assert 'resource_metadata="https://izin.example/.well-known/oauth-protected-' in challenge


def test_a_proof_without_nonce_is_sent_back_with_401(site: Site) -> None:
    programme = site.programme()
    token = programme.managing()
    response = programme.grant("GET", "A" * 22, token, nonce=None)

    assert response.status_code == 401
    assert 'error="use_dpop_nonce"' in response.headers["WWW-Authenticate"]
    assert site.deps.nonces.knows(response.headers["DPoP-Nonce"], at=site.at)


@pytest.mark.parametrize("scope", ["", "everything", "grant_management_query everything"])
def test_client_credentials_are_for_grant_management_only(site: Site, scope: str) -> None:
    response = site.programme().token(grant_type="client_credentials", scope=scope)
    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_scope")


def test_client_credentials_give_no_questions(site: Site) -> None:
    form = {"scope": "grant_management_query", "authorization_details": "[]"}
    response = site.programme().token(grant_type="client_credentials", **form)
    assert response.get_json()["error"] == "invalid_authorization_details"


def test_replacing_ends_the_old_grant_and_gives_a_new_one(site: Site) -> None:
    """Narrowing is a withdrawal and a new grant, both in the log."""
    programme = site.programme()
    first = given(site, programme)
    browser, page = change(site, programme, "replace", first["grant_id"], asking(QUESTIONS[0]))
    assert "Himbara" not in page
    assert "izin nomor 1 berakhir" in page
    browser.answer({"item-0": "yes"})

    assert site.world.kinds()[-2:] == ["grant.withdrawn", "grant.given"]
    second = redeemed(programme, browser, 2)
    assert second["authorization_details"] == asking(QUESTIONS[0])
    assert second["grant_id"] != first["grant_id"]
    assert programme.refresh(first["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_merging_asks_for_all_that_the_new_grant_will_hold(site: Site) -> None:
    programme = site.programme()
    first = given(site, programme)
    browser, _ = change(site, programme, "merge", first["grant_id"], asking(LAND))
    browser.answer({"item-0": "yes", "item-1": "yes", "item-2": "yes"})

    assert site.world.kinds()[-2:] == ["grant.withdrawn", "grant.given"]
    second = redeemed(programme, browser, 2)
    assert second["authorization_details"] == asking(*QUESTIONS[:2], LAND)


def test_a_merge_brings_back_nothing_that_she_declined(site: Site) -> None:
    programme = site.programme()
    first = given(site, programme)
    browser, _ = change(site, programme, "merge", first["grant_id"], asking(LAND))
    browser.answer({"item-0": "yes", "item-1": "yes", "item-2": "no"})

    second = redeemed(programme, browser, 2)
    assert second["authorization_details"] == asking(*QUESTIONS[:2])


def test_declining_a_change_leaves_the_grant_as_it_is(site: Site) -> None:
    programme = site.programme()
    first = given(site, programme)
    browser, _ = change(site, programme, "replace", first["grant_id"], asking(LAND))
    browser.post("/oauth/authorize", {"everything": "no"})

    assert "grant.withdrawn" not in site.world.kinds()
    assert programme.refresh(first["refresh_token"]).status_code == 200


def test_nobody_changes_another_persons_grant(site: Site) -> None:
    """A second person on the same telephone is sent back, and nothing is ended."""
    programme = site.programme()
    first = given(site, programme)
    site.world.persons.enrol("3510994107900002", "135791", NAME, VILLAGE)
    pushed = programme.push(
        asking(LAND), grant_management_action="merge", grant_id=first["grant_id"]
    )
    browser = site.browser()
    browser.sign_in("3510994107900002", "135791")
    response = browser.ask(pushed.get_json()["request_uri"])

    assert response.status_code == 302
    assert query_of(response)["error"] == "invalid_grant_id"
    assert query_of(response)["iss"] == "https://izin.example"
    assert site.world.kinds().count("grant.requested") == 1


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"grant_management_action": "delete"}, "invalid_request"),
        ({"grant_management_action": "merge"}, "invalid_request"),
        ({"grant_management_action": "create", "grant_id": "A" * 22}, "invalid_request"),
        ({"grant_id": "A" * 22}, "invalid_request"),
        ({"grant_management_action": "replace", "grant_id": "A" * 22}, "invalid_grant_id"),
    ],
)
def test_what_makes_no_sense_is_refused_at_par(
    site: Site, parameters: dict[str, str], error: str
) -> None:
    response = site.programme().push(**parameters)
    assert (response.status_code, response.get_json()["error"]) == (400, error)


def test_a_change_of_another_clients_or_an_ended_grant_is_refused_at_par(site: Site) -> None:
    programme = site.programme()
    grant_id = given(site, programme)["grant_id"]
    parameters = {"grant_management_action": "replace", "grant_id": grant_id}
    other = site.programme("bpnt-client", "bpnt")
    theirs = [{**DETAILS[0], "programme": "bpnt"}]
    assert other.push(theirs, **parameters).get_json()["error"] == "invalid_grant_id"

    site.world.grants.withdraw(grant_id, site.person_id)
    assert programme.push(**parameters).get_json()["error"] == "invalid_grant_id"


def test_a_grant_cannot_be_changed_to_another_purpose(site: Site) -> None:
    programme = site.programme()
    grant_id = given(site, programme)["grant_id"]
    response = programme.push(
        asking(QUESTIONS[0], purpose="recertification"),
        grant_management_action="merge",
        grant_id=grant_id,
    )
    body = response.get_json()
    assert body["error"] == "invalid_authorization_details"
    assert body["error_description"].startswith("purpose ")


def test_of_two_windows_that_replace_a_grant_the_second_says_that_it_changed(site: Site) -> None:
    programme = site.programme()
    first = given(site, programme)
    one, _ = change(site, programme, "replace", first["grant_id"], asking(QUESTIONS[0]))
    other, _ = change(site, programme, "replace", first["grant_id"], asking(LAND))
    one.answer({"item-0": "yes"})
    response = other.answer({"item-0": "yes"})

    assert response.status_code == 409
    assert "Izin ini sudah diubah" in response.text
    assert 'href="/grants"' in response.text
    assert site.world.kinds().count("grant.given") == 2
