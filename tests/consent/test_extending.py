"""A grant that a person lets hold longer: within the ceiling, by her alone, and provably."""

from __future__ import annotations

import re
from datetime import date

import pytest

from audit.note import parse_vkey
from audit.receipt import check_receipt
from consent.grants import GrantState
from consent.passkeys import Passkeys
from tests.consent.oauth.test_grant_management import given
from tests.consent.oauth_fixtures import ISSUER, Browser, Programme, Site, site
from tests.consent.test_passkey_pages import challenge, enrol
from tests.consent.world import NAME, VILLAGE

__all__ = ["site"]

LONGEST = "2027-05-23"  # 180 days after the 24th of November, the ceiling of the purpose
OTHER = ("3510994107900002", "135791")


@pytest.fixture
def programme(site: Site) -> Programme:
    return site.programme()


@pytest.fixture
def browser(site: Site, programme: Programme) -> Browser:
    """Return the browser of a person who has given a grant until the 28th of February."""
    _, found = site.code(programme)
    return found


def offered(browser: Browser, n: int = 1) -> list[str]:
    page = browser.get(f"/grants/{n}/extend").text
    return re.findall(r'name="until" value="([^"]+)"', page)


def extend(browser: Browser, until: str, n: int = 1) -> str:
    """Choose a day; return the address of the page that confirms."""
    browser.get(f"/grants/{n}/extend")
    return str(browser.post(f"/grants/{n}/extend", {"until": until}).headers["Location"])


def confirmed(browser: Browser, location: str) -> str:
    browser.get(location)
    return str(browser.post(location, {"how": "pin"}).headers["Location"])


def test_the_days_are_plain_choices_within_the_ceiling_and_none_is_chosen(browser: Browser) -> None:
    assert ["2027-03-30", "2027-04-29", LONGEST] == offered(browser)
    assert " checked" not in browser.page
    assert "Sampai 23 Mei 2027 (paling lama)" in browser.page
    assert "Yang tetap sama: pertanyaannya" in browser.page
    assert browser.page.count('class="button"') == 2


def test_extending_ends_the_old_number_and_gives_a_new_one_in_one_batch(
    site: Site, browser: Browser
) -> None:
    location = extend(browser, LONGEST)
    assert "Perpanjang sampai 23 Mei 2027?" in browser.get(location).text
    assert "Jumlah, merek, tahun" in browser.page  # what is not shared is said again
    assert "grant.withdrawn" not in site.world.kinds()
    assert confirmed(browser, location) == "/grants/2"

    assert site.world.kinds()[-2:] == ["grant.withdrawn", "grant.given"]
    new, old = site.world.grants.of_person(site.person_id)
    assert (date(2027, 5, 23), GrantState.LIVE) == (new.valid_until, new.state)
    assert (1, GrantState.WITHDRAWN) == (old.n, old.state)
    assert (new.granted, new.declined) == (old.granted, old.declined)


def test_the_proof_is_in_her_hand_at_once(site: Site, browser: Browser) -> None:
    confirmed(browser, extend(browser, LONGEST))
    proof = browser.get("/grants/2/proof.txt").text
    key = site.world.persons.open(site.person_id).trace_key
    check_receipt(proof, key, parse_vkey(site.world.log.vkey))


def test_the_programme_sees_the_new_day_under_the_same_grant_id(
    site: Site, programme: Programme
) -> None:
    first = given(site, programme)
    browser = site.browser()
    browser.sign_in()
    confirmed(browser, extend(browser, LONGEST))

    seen = programme.grant("GET", first["grant_id"], programme.managing()).get_json()
    assert LONGEST == seen["authorization_details"][0]["valid_until"]
    assert len(seen["authorization_details"][0]["questions"]) == 2
    assert programme.refresh(first["refresh_token"]).status_code == 200


@pytest.mark.parametrize("until", ["2027-05-24", "2027-02-27", "2030-01-01", "", "x"])
def test_a_day_that_was_not_offered_is_refused(site: Site, browser: Browser, until: str) -> None:
    browser.get("/grants/1/extend")
    response = browser.post("/grants/1/extend", {"until": until})

    assert response.status_code == 400
    assert "Pilih satu tanggal." in response.text
    assert site.world.kinds().count("grant.given") == 1


def test_what_reaches_the_ceiling_is_not_offered_an_extension(site: Site, browser: Browser) -> None:
    assert 'href="/grants/1/extend"' in browser.get("/grants").text
    assert 'href="/grants/1/extend"' in browser.get("/grants/1").text
    confirmed(browser, extend(browser, LONGEST))

    assert "/extend" not in browser.get("/grants").text
    assert browser.get("/grants/2/extend").headers["Location"] == "/grants/2"


@pytest.mark.parametrize("ended", ["withdrawn", "expired"])
def test_what_has_ended_cannot_be_extended(site: Site, browser: Browser, ended: str) -> None:
    browser.get("/grants/1/extend")
    if ended == "withdrawn":
        (record,) = site.world.grants.of_person(site.person_id)
        site.world.grants.withdraw(record.grant_id, site.person_id)
    else:
        site.world.clock.forward(days=100)
        browser.sign_in()
        browser.get("/")
    response = browser.post("/grants/1/extend", {"until": LONGEST})

    assert (303, "/grants/1") == (response.status_code, response.headers["Location"])
    assert "/extend" not in browser.get("/grants").text
    assert site.world.kinds().count("grant.given") == 1


def test_what_was_withdrawn_while_she_confirmed_stays_withdrawn(
    site: Site, browser: Browser
) -> None:
    location = extend(browser, LONGEST)
    browser.get(location)
    (record,) = site.world.grants.of_person(site.person_id)
    site.world.grants.withdraw(record.grant_id, site.person_id)
    response = browser.post(location, {"how": "pin"})

    assert response.status_code == 409
    assert "Izin ini sudah diubah" in response.text
    assert site.world.kinds().count("grant.given") == 1


def test_a_new_trace_key_meanwhile_makes_her_choose_again(site: Site, browser: Browser) -> None:
    location = extend(browser, LONGEST)
    browser.get(location)
    site.world.trace_keys.replace(site.person_id)

    assert browser.post(location, {"how": "pin"}).status_code == 409
    assert [GrantState.LIVE, GrantState.WITHDRAWN] == [
        each.state for each in site.world.grants.of_person(site.person_id)
    ]


def test_a_second_confirmation_changes_nothing(site: Site, browser: Browser) -> None:
    location = extend(browser, LONGEST)
    browser.get(location)
    form = browser.hidden()
    assert browser.post(location, {"how": "pin"}).status_code == 303
    again = browser.client.post(location, base_url=ISSUER, data={**form, "how": "pin"})

    assert again.status_code == 410
    assert site.world.kinds().count("grant.given") == 2


def test_another_person_s_grant_looks_like_none(site: Site, browser: Browser) -> None:
    location = extend(browser, LONGEST)
    site.world.persons.enrol(*OTHER, NAME, VILLAGE)
    other = site.browser()
    other.sign_in(*OTHER)

    assert other.get("/grants/1/extend").status_code == 404
    assert other.post("/grants/1/extend", {"until": LONGEST}).status_code in (403, 404)
    assert other.get(location).status_code == 410


def test_a_form_that_is_not_ours_extends_nothing(site: Site, browser: Browser) -> None:
    sent = browser.client.post("/grants/1/extend", base_url=ISSUER, data={"until": LONGEST})
    assert sent.status_code == 403
    location = extend(browser, LONGEST)
    sent = browser.client.post(location, base_url=ISSUER, data={"how": "pin"})
    assert sent.status_code == 403
    assert site.world.kinds().count("grant.given") == 1


def test_what_was_given_with_a_passkey_is_extended_with_one(
    site: Site, programme: Programme
) -> None:
    browser, passkey = enrol(site)
    browser.ask(programme.pushed())
    location = browser.answer().headers["Location"]
    browser.get(location)
    browser.post(location, {"credential": passkey.answer_json(challenge(browser))})

    location = extend(browser, LONGEST)
    assert 'value="pin"' not in browser.get(location).text
    assert browser.post(location, {"how": "pin"}).status_code == 400
    assert "bukti yang lebih kuat" in browser.page
    answer = passkey.answer_json(challenge(browser))
    assert browser.post(location, {"credential": answer}).status_code == 303
    new = site.world.grants.of_person(site.person_id)[0]
    assert (date(2027, 5, 23), "passkey") == (new.valid_until, new.evidence["kind"])


def test_without_the_passkey_it_was_given_with_no_extension_is_offered(
    site: Site, programme: Programme
) -> None:
    browser, passkey = enrol(site)
    browser.ask(programme.pushed())
    location = browser.answer().headers["Location"]
    browser.get(location)
    browser.post(location, {"credential": passkey.answer_json(challenge(browser))})
    Passkeys(site.world.engine).remove(site.person_id)

    assert "/extend" not in browser.get("/grants").text
