"""No nagging: who said no to everything is left alone for days, unless she says otherwise."""

from __future__ import annotations

from html import unescape

from tests.consent.oauth_fixtures import DETAILS, Browser, Programme, Site, site
from tests.consent.world import NAME, VILLAGE

__all__ = ["site"]


def decline(site: Site, programme: Programme) -> Browser:
    browser = site.browser()
    browser.sign_in()
    browser.ask(programme.pushed())
    browser.post("/oauth/authorize", {"everything": "no"})
    browser.get("/oauth/declined")
    return browser


def test_after_a_no_the_programme_waits_a_week(site: Site) -> None:
    programme = site.programme()
    browser = decline(site, programme)
    assert "1 Desember 2026" in browser.page
    site.world.clock.forward(days=6, hours=23)
    browser.sign_in()
    again = browser.ask(programme.pushed())

    assert again.status_code == 403
    assert "belum boleh meminta lagi" in again.text
    assert "error=access_denied" in unescape(again.text)
    assert "iss=https%3A%2F%2Fizin.example" in again.text
    assert site.world.kinds() == ["grant.requested"]  # she was shown nothing of it
    site.world.clock.forward(hours=1)
    browser.sign_in()
    assert browser.ask(programme.pushed()).status_code == 200


def test_an_answer_to_a_page_opened_before_the_no_counts_no_more(site: Site) -> None:
    programme = site.programme()
    browser = site.browser()
    browser.sign_in()
    browser.ask(programme.pushed())
    other_tab = browser.hidden()
    decline(site, programme)
    answer = browser.client.post(
        "/oauth/authorize",
        base_url="https://izin.example",
        data={**other_tab, "item-0": "yes", "item-1": "yes", "item-2": "yes"},
    )

    assert answer.status_code == 403
    assert "grant.given" not in site.world.kinds()


def test_she_herself_may_end_the_pause(site: Site) -> None:
    programme = site.programme()
    browser = decline(site, programme)
    assert "Biarkan PKH" in browser.get("/grants").text or "/pauses/pkh/end" in browser.page
    assert browser.post("/pauses/pkh/end", {}).status_code == 303

    assert browser.ask(programme.pushed()).status_code == 200


def test_the_pause_is_hers_and_the_programmes_alone(site: Site) -> None:
    programme = site.programme()
    decline(site, programme)
    other = site.programme("bpnt-client", "bpnt")
    browser = site.browser()
    browser.sign_in()
    assert (
        browser.ask(other.pushed([{**DETAILS[0], "programme": "bpnt"}]), "bpnt-client").status_code
        == 200
    )

    site.world.persons.enrol("3510994107900002", "135791", NAME, VILLAGE)
    neighbour = site.browser()
    neighbour.sign_in("3510994107900002", "135791")
    assert neighbour.ask(programme.pushed()).status_code == 200


def test_allowing_some_is_not_a_no(site: Site) -> None:
    programme = site.programme()
    browser = site.browser()
    browser.sign_in()
    browser.ask(programme.pushed())
    browser.answer({"item-0": "yes", "item-1": "no", "item-2": "no"})

    assert browser.ask(programme.pushed()).status_code == 200


def test_pauses_that_are_over_are_forgotten(site: Site) -> None:
    decline(site, site.programme())
    assert site.deps.pauses.forget(at=site.at + 7 * 86_400 - 1) == 0
    assert site.deps.pauses.forget(at=site.at + 7 * 86_400) == 1
