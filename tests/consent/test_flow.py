"""The whole way: pushed, asked, answered, sent back, token; and what the log says of it."""

from __future__ import annotations

from urllib.parse import urlsplit

from consent import tokens
from tests.consent.oauth_fixtures import (
    ALL_YES,
    BACK,
    DETAILS,
    ISSUER,
    STATE,
    Site,
    query_of,
    site,
)
from tests.consent.world import NAME, NIK

__all__ = ["site"]


def test_from_push_to_token(site: Site) -> None:
    programme = site.programme()
    pushed = programme.push()
    assert pushed.status_code == 201
    assert pushed.get_json()["expires_in"] == 540
    assert site.world.log.size == 0  # nobody has been asked anything yet

    browser = site.browser()
    uri = pushed.get_json()["request_uri"]
    to_login = browser.ask(uri)
    assert to_login.status_code == 303
    login = to_login.headers["Location"]
    assert urlsplit(login).path == "/login"
    browser.get(login)
    signed_in = browser.post("/login", {"nik": NIK, "pin": "246813"})
    assert signed_in.status_code == 303

    page = browser.get(signed_in.headers["Location"])
    assert page.status_code == 200
    assert site.world.kinds() == ["grant.requested"]
    answered = browser.answer({"item-0": "yes", "item-1": "no", "item-2": "yes"})
    assert answered.status_code == 303
    assert answered.headers["Location"] == "/grants/1"
    assert site.world.kinds() == ["grant.requested", "grant.given"]

    receipt = browser.get("/grants/1")
    assert "izin-trace:1:" in receipt.text
    assert "/oauth/continue/1" in receipt.text
    back = browser.get("/oauth/continue/1")
    assert back.status_code == 302
    assert back.headers["Location"].startswith(BACK + "?")
    query = query_of(back)
    assert (query["state"], query["iss"]) == (STATE, ISSUER)

    redeemed = programme.redeem(query["code"])
    assert redeemed.status_code == 200, redeemed.text
    body = redeemed.get_json()
    (record,) = site.world.grants.of_person(site.person_id)
    assert body["token_type"] == "DPoP"
    assert body["expires_in"] == 300
    assert body["grant_id"] == record.grant_id
    asked = DETAILS[0]["questions"]
    assert body["authorization_details"] == [{**DETAILS[0], "questions": [asked[0], asked[2]]}]
    assert redeemed.headers["Cache-Control"] == "no-store"

    token = tokens.check(
        body["access_token"], [site.deps.token_key.public], issuer=ISSUER, at=site.at
    )
    assert token.subject == site.world.persons.subject(site.person_id, "pkh")
    assert token.jkt == programme.jkt
    assert token.grant_id == record.grant_id


def test_declining_everything_makes_no_grant_and_leads_back(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    browser.ask(site.programme().pushed())
    answered = browser.post("/oauth/authorize", {"everything": "no"})
    page = browser.get(answered.headers["Location"])

    assert page.status_code == 200
    link = f"{BACK}?error=access_denied&amp;state={STATE}&amp;iss=https%3A%2F%2Fizin.example"
    assert f'href="{link}"' in page.text
    assert "Tidak ada yang hilang" in page.text
    assert site.world.kinds() == ["grant.requested"]
    assert site.world.grants.of_person(site.person_id) == []


def test_no_to_everything_wins_over_a_yes_in_the_form(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    browser.ask(site.programme().pushed())
    browser.post("/oauth/authorize", {"item-0": "yes", "everything": "no"})

    assert site.world.kinds() == ["grant.requested"]


def test_no_on_each_item_is_the_same_as_no_to_everything(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    browser.ask(site.programme().pushed())
    answered = browser.answer({"item-0": "no", "item-1": "no", "item-2": "no"})

    assert answered.headers["Location"] == "/oauth/declined"


def test_an_item_without_an_answer_is_asked_again(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    browser.ask(site.programme().pushed())
    again = browser.answer({"item-0": "yes"})

    assert again.status_code == 400
    assert again.text.count(">Pertanyaan ") == 2
    assert 'name="item-0" value="yes" required checked' in again.text
    assert site.world.kinds() == ["grant.requested"]
    assert browser.answer().status_code == 303  # the request was not used up


def test_nothing_is_preselected(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()

    assert "checked" not in browser.ask(site.programme().pushed()).text


def test_reloading_the_page_uses_nothing_up_and_is_logged_once(site: Site) -> None:
    """One-time use of a request_uri counts at authorization, not at the first visit."""
    browser = site.browser()
    browser.sign_in()
    uri = site.programme().pushed()
    for _ in range(3):
        assert browser.ask(uri).status_code == 200

    assert site.world.kinds() == ["grant.requested"]
    assert browser.answer().status_code == 303


def test_a_request_is_answered_once(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    uri = site.programme().pushed()
    browser.ask(uri)
    form = browser.hidden()
    browser.answer()
    again = browser.client.post(
        "/oauth/authorize",
        base_url=ISSUER,
        data={**form, **ALL_YES},
    )

    assert (303, "/grants/1") == (again.status_code, again.headers["Location"])
    elsewhere = site.browser()
    elsewhere.sign_in()
    assert elsewhere.ask(uri).status_code == 410
    assert site.world.kinds() == ["grant.requested", "grant.given"]


def test_reading_slowly_does_not_cost_a_consent(site: Site) -> None:
    """Whoever came in time may take longer to answer than the request_uri lives."""
    browser = site.browser()
    browser.sign_in()
    browser.ask(site.programme().pushed())
    site.world.clock.forward(minutes=20)

    assert browser.answer().status_code == 303


def test_a_first_visit_too_late_is_refused(site: Site) -> None:
    browser = site.browser()
    uri = site.programme().pushed()
    site.world.clock.forward(seconds=541)
    browser.sign_in()

    assert browser.ask(uri).status_code == 410
    assert site.world.log.size == 0


def test_a_redirect_lost_on_the_way_can_be_had_again(site: Site) -> None:
    """Each code works for 60 seconds; going back again gives a new one, for ten minutes."""
    programme = site.programme()
    code, browser = site.code(programme)
    site.world.clock.forward(seconds=61)
    assert programme.redeem(code).get_json()["error"] == "invalid_grant"
    again = query_of(browser.get("/oauth/continue/1"))["code"]
    assert programme.redeem(again).status_code == 200

    site.world.clock.forward(minutes=11)
    assert browser.get("/oauth/continue/1").status_code == 410


def test_a_withdrawn_grant_gives_no_token(site: Site) -> None:
    programme = site.programme()
    code, browser = site.code(programme)
    browser.get("/grants/1/withdraw")
    browser.post("/grants/1/withdraw", {})

    assert programme.redeem(code).get_json()["error"] == "invalid_grant"
    assert browser.get("/oauth/continue/1").status_code == 410


def test_another_person_is_asked_for_herself(site: Site) -> None:
    """A shared telephone: the second person's sight of the request is logged as hers."""
    site.world.persons.enrol("3510994107900002", "135791", "Wagiman Invented", "35.10.15.2004")
    uri = site.programme().pushed()
    for nik, pin in ((NIK, "246813"), ("3510994107900002", "135791")):
        browser = site.browser()
        browser.sign_in(nik, pin)
        browser.ask(uri)

    entries = site.world.entries()
    assert [entry.kind for entry in entries] == ["grant.requested"] * 2
    assert entries[0].members["tag"] != entries[1].members["tag"]


def test_no_address_title_or_header_names_the_person(site: Site) -> None:
    programme = site.programme()
    browser = site.browser()
    seen = [browser.sign_in(next_="/grants")]
    seen.append(browser.ask(programme.pushed()))
    seen.append(browser.answer())
    seen += [browser.get(path) for path in ("/grants", "/grants/1", "/trace", "/oauth/continue/1")]

    for response in seen:
        title = response.text.partition("<title>")[2].partition("</title>")[0]
        for text in (str(response.headers), title, response.request.url):
            assert NIK not in text
            assert NAME not in text
        assert NIK not in response.text
