"""A passkey's way through the pages: made after the PIN, good for signing in and for consent."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest

from consent.passkeys import Passkeys
from consent.protection import CSP, SCRIPT_CSP
from keys import base64url
from keys.sign_in_trust import PasskeySite
from tests.authenticator import PRESENT, Passkey
from tests.consent.oauth_fixtures import ISSUER, Browser, Site, open_site, site
from tests.consent.world import NIK, PIN, World

__all__ = ["site"]

HERE = PasskeySite("izin.example", ISSUER)


def options(browser: Browser) -> dict[str, Any]:
    """Return what the page's script would ask the browser for."""
    found = re.search(r'data-options="([^"]*)"', browser.page)
    assert found is not None
    read: dict[str, Any] = json.loads(unescape(found[1]))
    return read


def challenge(browser: Browser) -> bytes:
    return base64url.decode(options(browser)["challenge"])


def enrol(site: Site, browser: Browser | None = None) -> tuple[Browser, Passkey]:
    """Make a passkey as a signed-in person does."""
    if browser is None:
        browser = site.browser()
        browser.sign_in()
    browser.get("/passkey")
    assert browser.post("/passkey", {"pin": PIN}).headers["Location"] == "/passkey/new"
    browser.get("/passkey/new")
    passkey = Passkey(HERE)
    made = passkey.enrolment_json(challenge(browser))
    assert browser.post("/passkey/new", {"credential": made}).status_code == 303
    return browser, passkey


def sign_in(browser: Browser, passkey: Passkey, **changed: Any) -> int:
    """Sign in with a passkey; return the answer's status: 303 in, 400 not."""
    browser.get("/login/passkey", query_string={"next": "/grants"})
    answer = passkey.answer_json(challenge(browser), **changed)
    return browser.post("/login/passkey", {"credential": answer}).status_code


def proposed(site: Site, browser: Browser) -> str:
    """Answer a request; return the address of the page that confirms."""
    browser.ask(site.programme().pushed())
    location: str = browser.answer().headers["Location"]
    browser.get(location)
    return location


# Making one


def test_it_is_made_once_and_shown(site: Site) -> None:
    browser, passkey = enrol(site)
    assert "sejak 24 November 2026" in browser.get("/passkey").text
    found = Passkeys(site.world.engine).of_person(site.person_id)
    assert found is not None
    assert passkey.public_key == found.public_key


def test_a_wrong_pin_makes_none(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    browser.get("/passkey")
    assert browser.post("/passkey", {"pin": "000000"}).status_code == 400
    assert browser.get("/passkey/new").headers["Location"] == "/passkey"


def test_the_pin_s_proof_lasts_five_minutes(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    browser.get("/passkey")
    browser.post("/passkey", {"pin": PIN})
    site.world.clock.forward(minutes=6)
    assert browser.get("/passkey/new").headers["Location"] == "/passkey"


@pytest.mark.parametrize("changed", [{"origin": "https://evil.example"}, {"flags": PRESENT}])
def test_a_tampered_new_passkey_is_not_kept(site: Site, changed: dict[str, Any]) -> None:
    browser = site.browser()
    browser.sign_in()
    browser.get("/passkey")
    browser.post("/passkey", {"pin": PIN})
    browser.get("/passkey/new")
    made = Passkey(HERE).enrolment_json(challenge(browser), **changed)
    assert browser.post("/passkey/new", {"credential": made}).status_code == 400
    assert Passkeys(site.world.engine).of_person(site.person_id) is None


def test_a_second_one_needs_the_first_removed(site: Site) -> None:
    browser, _ = enrol(site)
    browser.get("/passkey")
    assert browser.post("/passkey", {"pin": PIN}).headers["Location"] == "/passkey"
    browser.get("/passkey")
    browser.post("/passkey/remove", {})
    _, second = enrol(site, browser)
    assert 303 == sign_in(site.browser(), second)


def test_the_device_learns_no_id_of_ours(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    browser.get("/passkey")
    browser.post("/passkey", {"pin": PIN})
    page = browser.get("/passkey/new").text
    assert site.person_id not in page
    assert NIK not in page


# Signing in


def test_it_signs_in_and_leads_on(site: Site) -> None:
    _, passkey = enrol(site)
    browser = site.browser()
    assert 303 == sign_in(browser, passkey)
    assert browser.get("/grants").status_code == 200


@pytest.mark.parametrize("changed", [{"origin": "https://evil.example"}, {"flags": PRESENT}])
def test_a_tampered_twin_signs_nobody_in(site: Site, changed: dict[str, Any]) -> None:
    _, passkey = enrol(site)
    browser = site.browser()
    assert 400 == sign_in(browser, passkey, **changed)
    assert browser.get("/grants").status_code == 303


def test_one_that_was_removed_or_is_a_stranger_s_signs_nobody_in(site: Site) -> None:
    browser, passkey = enrol(site)
    assert 400 == sign_in(site.browser(), Passkey(HERE, credential_id=b"\x34" * 16))
    browser.get("/passkey")
    browser.post("/passkey/remove", {})
    assert 400 == sign_in(site.browser(), passkey)


def test_a_copied_authenticator_is_noticed(site: Site) -> None:
    """The copy counts from where it was copied."""
    _, passkey = enrol(site)
    copy = Passkey(HERE, passkey.secret, passkey.credential_id, passkey.used)
    assert 303 == sign_in(site.browser(), passkey)
    assert 400 == sign_in(site.browser(), copy)


def test_an_answer_is_good_once(site: Site) -> None:
    _, passkey = enrol(site)
    browser = site.browser()
    browser.get("/login/passkey")
    answer = {"credential": passkey.answer_json(challenge(browser)), **browser.hidden()}
    other = site.browser()
    other.get("/login/passkey")
    token = other.hidden()
    assert other.post("/login/passkey", {**answer, **token}).status_code == 400
    assert browser.post("/login/passkey", answer).status_code == 303


def test_many_strangers_passkeys_from_one_place_are_slowed_down(site: Site) -> None:
    browser = site.browser()
    found = [sign_in(browser, Passkey(HERE)) for _ in range(61)]
    assert found == [400] * 60 + [303]
    assert site.browser().sign_in().status_code == 429


# Confirming


def test_her_answers_are_confirmed_by_the_passkey(site: Site) -> None:
    browser, passkey = enrol(site)
    location = proposed(site, browser)
    assert location == "/confirm/1"
    assert site.world.kinds() == ["grant.requested"]
    answer = passkey.answer_json(challenge(browser))
    assert browser.post(location, {"credential": answer}).headers["Location"] == "/grants/1"
    assert site.world.kinds() == ["grant.requested", "grant.given"]
    (record,) = site.world.grants.of_person(site.person_id)
    assert record.evidence["kind"] == "passkey"
    assert site.world.entries()[1].members["challenge"] == challenge_of(record.evidence)
    assert "Kunci HP Anda" in browser.get("/grants/1").text
    assert "Kunci HP Anda" in browser.get("/grants").text
    assert browser.get("/oauth/continue/1").status_code == 302


def challenge_of(evidence: Any) -> str:
    client_data = json.loads(base64url.decode(evidence["client_data"]))
    return base64url.decode(client_data["challenge"]).hex()


def test_without_script_the_pin_way_stays(site: Site) -> None:
    browser, _ = enrol(site)
    location = proposed(site, browser)
    assert browser.post(location, {"how": "pin"}).headers["Location"] == "/grants/1"
    (record,) = site.world.grants.of_person(site.person_id)
    assert record.evidence["kind"] == "broker-attested"


def test_who_has_no_passkey_gets_no_further_page(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    browser.ask(site.programme().pushed())
    assert browser.answer().headers["Location"] == "/grants/1"


@pytest.mark.parametrize("how", ["other", "elsewhere", "another challenge"])
def test_a_tampered_confirmation_gives_nothing(site: Site, how: str) -> None:
    browser, passkey = enrol(site)
    location = proposed(site, browser)
    asked = challenge(browser)
    answers = {
        "other": lambda: Passkey(HERE, credential_id=passkey.credential_id).answer_json(asked),
        "elsewhere": lambda: passkey.answer_json(asked, origin="https://evil.example"),
        "another challenge": lambda: passkey.answer_json(b"\x66" * 32),
    }
    assert browser.post(location, {"credential": answers[how]()}).status_code == 400
    assert site.world.kinds() == ["grant.requested"]
    # She may try again: the request is not used up.
    again = passkey.answer_json(challenge(browser))
    assert browser.post(location, {"credential": again}).status_code == 303


def test_changed_answers_are_another_proposal_and_one_of_them_holds(site: Site) -> None:
    browser, passkey = enrol(site)
    uri = site.programme().pushed()
    browser.ask(uri)
    first = browser.answer().headers["Location"]
    browser.ask(uri)
    second = browser.answer({"item-0": "no", "item-1": "yes", "item-2": "no"}).headers["Location"]
    browser.get(second)
    answer = passkey.answer_json(challenge(browser))
    assert browser.post(second, {"credential": answer}).status_code == 303
    browser.get(first)
    assert browser.post(first, {"how": "pin"}).status_code == 410
    (record,) = site.world.grants.of_person(site.person_id)
    assert ["balance_above"] == [item.question for item in record.granted]


def test_a_proposal_lapses(site: Site) -> None:
    browser, _ = enrol(site)
    location = proposed(site, browser)
    site.world.clock.forward(minutes=11)
    assert browser.post(location, {"how": "pin"}).status_code == 410
    assert site.world.grants.of_person(site.person_id) == []


def test_what_she_never_confirmed_does_not_pile_up(site: Site) -> None:
    browser, _ = enrol(site)
    programme = site.programme()
    for _ in range(3):
        browser.ask(programme.pushed())
        assert browser.answer().headers["Location"].startswith("/confirm/")
        site.world.clock.forward(minutes=11)
    with site.world.engine.connect() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM grant_record").scalar()
    assert 1 == count


def test_a_proposal_belongs_to_her_browser(site: Site) -> None:
    browser, _ = enrol(site)
    location = proposed(site, browser)
    other = site.browser()
    other.sign_in()
    assert other.get(location).status_code == 410


# The pages


def test_only_the_pages_that_need_it_let_our_script_run(site: Site) -> None:
    browser, _ = enrol(site)
    location = proposed(site, browser)
    assert browser.get(location).headers["Content-Security-Policy"] == SCRIPT_CSP
    for path in ("/", "/grants", "/passkey"):
        response = browser.get(path)
        assert response.headers["Content-Security-Policy"] == CSP
        assert "<script" not in response.text
    page = site.browser().get("/login/passkey")
    assert page.headers["Content-Security-Policy"] == SCRIPT_CSP
    assert page.text.count("<script") == 1
    assert "unsafe" not in SCRIPT_CSP


def test_at_an_address_that_is_a_number_there_are_no_passkeys(world: World, person_id: str) -> None:
    site = open_site(world, person_id, issuer="http://127.0.0.1:8000")
    client = site.app.test_client()
    assert client.get("/login/passkey", base_url="http://127.0.0.1:8000").status_code == 404
    assert "/login/passkey" not in client.get("/login", base_url="http://127.0.0.1:8000").text
