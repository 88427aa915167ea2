"""Two people of one family card on one telephone: neither ever sees anything of the other."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.consent.oauth_fixtures import ALL_YES, ISSUER, Browser, Site, query_of, site
from tests.consent.test_passkey_pages import enrol
from tests.consent.world import NAME, NIK, PIN, VILLAGE

__all__ = ["site"]

# The same family card: the same village, and NIKs that differ in their last digits only.
HIS_NIK, HIS_PIN, HIS_NAME = "3510994107900002", "135791", "Wagiman Invented"
OWN_PAGES = ("/grants", "/trace", "/passkey", "/trace/key", "/grants/1", "/grants/1/withdraw",
             "/grants/1/extend", "/grants/1/proof.txt", "/grants/1/proof.svg",
             "/oauth/continue/1", "/oauth/declined", "/confirm/1", "/trace/key/new")  # fmt: skip
COOKIE = "__Host-izin"


@dataclass
class Telephone:
    """One browser that two people use one after the other."""

    site: Site
    browser: Browser
    his_id: str

    def cookie(self) -> str | None:
        found = self.browser.client.get_cookie(COOKIE, domain="izin.example")
        return None if found is None else found.value

    def sign_out(self) -> None:
        page = self.browser.get("/").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None
        sent = self.browser.client.post("/logout", base_url=ISSUER, data={"csrf_token": token[1]})
        assert sent.headers["Clear-Site-Data"] == '"cache", "storage"'


@pytest.fixture
def telephone(site: Site) -> Telephone:
    """Return a telephone on which she has given a grant; she is still signed in."""
    his_id = site.world.persons.enrol(HIS_NIK, HIS_PIN, HIS_NAME, VILLAGE)
    browser = site.browser()
    browser.sign_in()
    browser.ask(site.programme().pushed())
    browser.answer()
    return Telephone(site, browser, his_id)


def test_every_page_of_hers_is_kept_by_no_browser(telephone: Telephone) -> None:
    for path in ("/", *OWN_PAGES):
        assert telephone.browser.get(path).headers["Cache-Control"] == "no-store"


def test_signing_out_leaves_nothing_behind(telephone: Telephone) -> None:
    hers = telephone.cookie()
    telephone.sign_out()
    assert telephone.cookie() is None
    for path in OWN_PAGES:
        found = telephone.browser.get(path)
        assert (303, True) == (
            found.status_code,
            found.headers["Location"].startswith("/login"),
        )
    # Nor is the old cookie worth anything to whoever wrote it down.
    telephone.browser.client.set_cookie(COOKIE, hers or "", domain="izin.example")
    assert telephone.browser.get("/grants").status_code == 303


def test_the_sign_in_page_offers_nobody_s_nik_or_name(telephone: Telephone) -> None:
    telephone.sign_out()
    page = telephone.browser.get("/login").text
    assert NIK not in page
    assert NAME not in page
    assert 'name="nik" inputmode="numeric" autocomplete="off"' in page


def test_who_signs_in_next_finds_none_of_hers_at_any_address(telephone: Telephone) -> None:
    telephone.sign_out()
    telephone.browser.sign_in(HIS_NIK, HIS_PIN)
    for path in OWN_PAGES:
        page = telephone.browser.get(path)
        assert NAME not in page.text
        if "/1" in path:
            assert page.status_code in (404, 410)
    assert "belum memberi izin" in telephone.browser.get("/grants").text
    assert "Belum ada" in telephone.browser.get("/trace").text


def test_guessed_numbers_find_his_own_grants_only(site: Site, telephone: Telephone) -> None:
    telephone.sign_out()
    telephone.browser.sign_in(HIS_NIK, HIS_PIN)
    programme = site.programme()
    programme.made = 100
    telephone.browser.ask(programme.pushed())
    telephone.browser.answer({**ALL_YES, "item-0": "no"})
    hers = telephone.site.world.grants.of_person(site.person_id)[0]
    for n in range(100):
        page = telephone.browser.get(f"/grants/{n}")
        assert (page.status_code == 200) == (n == 1)
        assert f"Nomor catatan</dt><dd>{hers.index}</dd>" not in page.text
    assert telephone.browser.post("/grants/2/withdraw", {}).status_code in (403, 404)
    assert telephone.site.world.kinds().count("grant.withdrawn") == 0


def test_a_cookie_that_was_planted_before_she_signed_in_is_worth_nothing_after(
    site: Site, telephone: Telephone
) -> None:
    """Session fixation: he opens the page first and hands her the telephone."""
    telephone.sign_out()
    telephone.browser.get("/login")
    planted = telephone.cookie()
    assert planted is not None
    telephone.browser.sign_in(NIK, PIN)
    assert telephone.cookie() != planted

    his = site.browser()
    his.client.set_cookie(COOKIE, planted, domain="izin.example")
    assert his.get("/grants").status_code == 303


def test_the_link_of_a_request_that_she_answered_shows_him_nothing(
    site: Site, telephone: Telephone
) -> None:
    programme = site.programme()
    programme.made = 100
    uri = programme.pushed()
    telephone.browser.ask(uri)
    telephone.browser.answer()
    telephone.sign_out()
    telephone.browser.sign_in(HIS_NIK, HIS_PIN)

    assert telephone.browser.ask(uri).status_code == 410
    assert telephone.browser.get("/oauth/continue/2").status_code == 410


def test_what_she_was_answering_is_not_filled_in_for_him(site: Site, telephone: Telephone) -> None:
    programme = site.programme()
    programme.made = 100
    uri = programme.pushed()
    telephone.browser.ask(uri)
    telephone.browser.post("/oauth/authorize", {"item-0": "yes", "go": "one"})
    telephone.sign_out()
    telephone.browser.sign_in(HIS_NIK, HIS_PIN)

    page = telephone.browser.ask(uri).text
    assert HIS_NAME in page
    assert NAME not in page
    assert not re.search(r'type="radio"[^>]* checked', page)


def test_her_passkey_and_its_day_are_not_shown_to_him(site: Site, telephone: Telephone) -> None:
    enrol(site, telephone.browser)
    telephone.sign_out()
    telephone.browser.sign_in(HIS_NIK, HIS_PIN)
    assert "sejak" not in telephone.browser.get("/passkey").text
    assert telephone.browser.get("/passkey/new").headers["Location"] == "/passkey"


def test_one_application_gives_two_people_two_pseudonyms_and_two_grants(
    site: Site, telephone: Telephone
) -> None:
    """The programme sends both through the same link; neither's code brings the other's grant."""
    programme = site.programme()
    programme.made = 100
    telephone.browser.ask(programme.pushed())
    telephone.browser.answer()
    hers = programme.redeem(query_of(telephone.browser.get("/oauth/continue/2"))["code"])
    telephone.sign_out()
    telephone.browser.sign_in(HIS_NIK, HIS_PIN)
    telephone.browser.ask(programme.pushed())
    telephone.browser.answer()
    his = programme.redeem(query_of(telephone.browser.get("/oauth/continue/1"))["code"])

    assert hers.get_json()["grant_id"] != his.get_json()["grant_id"]
    found = site.world.grants
    assert {found.of_person(site.person_id)[0].subject} != {
        found.of_person(telephone.his_id)[0].subject
    }
