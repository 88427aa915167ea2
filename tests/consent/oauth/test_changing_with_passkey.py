"""Merging and replacing confirmed with a passkey: the old grant ends all the same."""

from __future__ import annotations

import pytest

from tests.authenticator import Passkey
from tests.consent.oauth.test_grant_management import LAND, QUESTIONS, asking, given
from tests.consent.oauth_fixtures import Browser, Programme, Site, query_of, site
from tests.consent.test_passkey_pages import challenge, enrol

__all__ = ["site"]


def confirm(browser: Browser, passkey: Passkey, location: str) -> str:
    """Confirm a proposal with the passkey; return where that leads."""
    browser.get(location)
    answer = passkey.answer_json(challenge(browser))
    response = browser.post(location, {"credential": answer})
    assert response.status_code == 303, response.text
    return response.headers["Location"]


def proposed(programme: Programme, browser: Browser, action: str, grant_id: str) -> str:
    """Ask for a change, answer yes to all of it, and return the page that confirms."""
    details = asking(LAND)
    parameters = {"grant_management_action": action, "grant_id": grant_id}
    pushed = programme.push(details, **parameters).get_json()
    page = browser.ask(pushed["request_uri"]).text
    items = {name: "yes" for name in ("item-0", "item-1", "item-2") if f'"{name}"' in page}
    location = browser.answer(items).headers["Location"]
    assert location.startswith("/confirm/")
    return location


@pytest.mark.parametrize(
    ("action", "questions"), [("replace", [LAND]), ("merge", [*QUESTIONS[:2], LAND])]
)
def test_the_old_grant_ends_before_the_new_one_is_given(
    site: Site, action: str, questions: list[object]
) -> None:
    programme = site.programme()
    first = given(site, programme)
    browser, passkey = enrol(site)
    receipt = confirm(browser, passkey, proposed(programme, browser, action, first["grant_id"]))

    assert site.world.kinds()[-2:] == ["grant.withdrawn", "grant.given"]
    back = browser.get(receipt.replace("/grants/", "/oauth/continue/"))
    second = programme.redeem(query_of(back)["code"]).get_json()
    assert second["authorization_details"][0]["questions"] == questions
    assert programme.refresh(first["refresh_token"]).get_json()["error"] == "invalid_grant"
    live = [
        each
        for each in site.world.grants.of_person(site.person_id)
        if each.is_live(at=site.world.clock())
    ]
    assert len(live) == 1


def test_a_proposal_that_is_not_confirmed_ends_nothing(site: Site) -> None:
    programme = site.programme()
    first = given(site, programme)
    browser, _ = enrol(site)
    proposed(programme, browser, "replace", first["grant_id"])

    assert "grant.withdrawn" not in site.world.kinds()
    assert programme.refresh(first["refresh_token"]).status_code == 200


def test_a_no_in_another_tab_ends_what_was_only_proposed(site: Site) -> None:
    programme = site.programme()
    first = given(site, programme)
    browser, passkey = enrol(site)
    location = proposed(programme, browser, "replace", first["grant_id"])
    browser.ask(programme.pushed())
    browser.post("/oauth/authorize", {"everything": "no"})
    browser.get(location)
    answer = passkey.answer_json(challenge(browser))

    assert browser.post(location, {"credential": answer}).status_code == 410
    assert "grant.withdrawn" not in site.world.kinds()
