"""Her pages for a new trace key: said before, done after her yes, shown once more as paper."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from audit.note import parse_vkey
from audit.receipt import check_receipt
from audit.trace import parse_trace_key
from tests.consent.oauth_fixtures import ISSUER, Browser, Site, site

__all__ = ["site"]


@pytest.fixture
def browser(site: Site) -> Browser:
    """Return a browser whose person has just given a grant."""
    return site.granted()


def _replace(browser: Browser) -> TestResponse:
    browser.get("/trace/key")
    return browser.post("/trace/key", {})


def _key(site: Site) -> bytes:
    return site.world.persons.open(site.person_id).trace_key


def test_the_page_says_what_happens_and_does_nothing(site: Site, browser: Browser) -> None:
    old = _key(site)
    page = browser.get("/trace/key").text
    assert "Ganti kunci jejak?" in page
    assert "diberikan lagi dengan pilihan yang sama" in page
    assert _key(site) == old


def test_her_yes_replaces_the_key_and_shows_the_new_paper(site: Site, browser: Browser) -> None:
    old = _key(site)
    done = _replace(browser)
    assert (done.status_code, done.headers["Location"]) == (303, "/trace/key/new")
    page = browser.get("/trace/key/new").text
    shown = page.partition('<p class="code">')[2].partition("</p>")[0]
    assert parse_trace_key(shown)[1] == _key(site) != old


def test_the_new_receipt_belongs_to_the_new_key(site: Site, browser: Browser) -> None:
    _replace(browser)
    proof = browser.get("/grants/2/proof.txt").text
    check_receipt(proof, _key(site), parse_vkey(site.world.log.vkey))
    assert browser.get("/grants/1/proof.txt").status_code == 404


def test_her_page_goes_on_to_show_what_the_old_key_finds(browser: Browser) -> None:
    _replace(browser)
    page = browser.get("/trace").text
    assert "Kunci jejak lama Anda ditutup di" in page
    assert page.count("Anda memberi izin kepada") == 2  # as she gave it, and given again
    assert "meminta izin Anda" in page


def test_nobody_replaces_a_key_without_signing_in(site: Site) -> None:
    found = site.browser().get("/trace/key")
    assert (found.status_code, found.headers["Location"]) == (303, "/login?next=/trace/key")


def test_a_form_that_is_not_ours_replaces_nothing(site: Site, browser: Browser) -> None:
    old = _key(site)
    assert browser.client.post("/trace/key", base_url=ISSUER).status_code == 403
    assert _key(site) == old


def test_who_had_her_receipt_printed_is_asked_to_replace_the_key(
    site: Site, browser: Browser
) -> None:
    offer = "Petugas mencetak tanda terima Anda"
    assert offer not in browser.get("/grants").text
    site.world.trace_keys.set_printed(site.person_id)
    assert offer in browser.get("/grants").text
    _replace(browser)
    assert offer not in browser.get("/grants").text
