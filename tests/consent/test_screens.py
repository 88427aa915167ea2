"""A person's own pages: what they show her, and that they show nobody else anything."""

from __future__ import annotations

import re

import pytest

from audit.note import parse_vkey
from audit.receipt import check_receipt, parse_proof_text
from audit.trace import parse_trace_key
from consent.receipt import make_receipt
from tests.consent.oauth_fixtures import ALL_YES, DETAILS, Browser, Site, site

__all__ = ["site"]

OTHER_NIK = "3510994107900002"


@pytest.fixture
def browser(site: Site) -> Browser:
    """Return a browser whose person has just given a grant, but for the second item."""
    found = site.browser()
    found.sign_in()
    found.ask(site.programme().pushed())
    found.answer({**ALL_YES, "item-1": "no"})
    return found


def test_the_consent_page_says_all_that_is_asked_and_not_shared(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    page = browser.ask(site.programme().pushed()).text

    assert "Apakah ada mobil yang terdaftar atas nama Anda?" in page
    assert "di atas Rp 5.000.000?" in page
    assert "Jumlah, merek, tahun, nomor polisi" in page
    assert "Menilai apakah Anda berhak menerima bantuan." in page
    assert "28 Februari 2027" in page
    assert "Paling banyak 1 kali setiap bulan." in page
    assert page.count("Diperlukan program") == 2
    assert page.count("Tidak wajib") == 1
    assert page.count('value="yes"') == page.count('class="pair"') - 1 == 3


def test_yes_and_no_and_both_buttons_have_the_same_shape(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    page = browser.ask(site.programme().pushed()).text
    pairs = re.findall(r'<div class="pair">\n(.*)\n(.*)\n</div>', page)

    assert len(pairs) == 4
    for yes, no in pairs[:3]:
        assert yes.startswith("<label><input") and no.startswith("<label><input")  # noqa: PT018
    assert all(each.startswith('<button class="button"') for each in pairs[3])


def test_the_consent_page_is_small_even_with_every_question(site: Site) -> None:
    questions = [
        {
            "agency": each.agency,
            "question": each.id,
            **({"params": {name: v[0] for name, v in each.params.items()}} if each.params else {}),
        }
        for each in site.world.policy.catalogue.questions.values()
    ]
    browser = site.browser()
    browser.sign_in()
    page = browser.ask(site.programme().pushed([{**DETAILS[0], "questions": questions}]))

    assert page.status_code == 200
    assert len(page.data) <= 15_000


def test_the_receipt_shows_what_was_allowed_and_declined(site: Site, browser: Browser) -> None:
    page = browser.get("/grants/1").text
    allowed, _, declined = page.partition("Anda tolak")

    assert "Apakah ada mobil" in allowed
    assert "Rp 5.000.000" not in allowed
    assert "Rp 5.000.000" in declined


def test_part_b_is_the_trace_key_to_which_part_a_belongs(site: Site, browser: Browser) -> None:
    """The check of the design, from the page's own text."""
    page = browser.get("/grants/1").text
    found = re.search(r'class="code">(izin-trace:1:[^<]+)<', page)
    assert found is not None
    origin, key = parse_trace_key(found[1])
    (record,) = site.world.grants.of_person(site.person_id)
    assert record.index is not None
    logged = site.world.log.prove(record.index)
    agencies = site.world.policy.catalogue.agencies
    made = make_receipt(
        record, origin=origin, entry=logged.entry, proof=logged.proof, agencies=agencies
    )
    checked = check_receipt(made.proof, key, parse_vkey(site.world.log.vkey))
    assert checked.index == record.index


def test_the_trace_key_is_shown_on_the_receipt_only(site: Site, browser: Browser) -> None:
    for path in ("/", "/grants", "/trace", "/grants/1/withdraw", "/login", "/grants/1/proof.txt"):
        assert "izin-trace:" not in browser.get(path).text


def test_the_proof_is_a_picture_of_ours(browser: Browser) -> None:
    response = browser.get("/grants/1/proof.svg")

    assert response.mimetype == "image/svg+xml"
    assert response.data.startswith(b"<?xml")


def test_the_proof_is_a_file_too(site: Site, browser: Browser) -> None:
    """Where a printer is too coarse for the code, the same text is kept as a file."""
    response = browser.get("/grants/1/proof.txt")
    said = parse_proof_text(response.text)

    assert response.mimetype == "text/plain"
    assert response.headers["Content-Disposition"] == 'attachment; filename="izin-1.txt"'
    assert (said.origin, said.n) == (site.world.log.origin, 1)
    assert 'href="/grants/1/proof.txt"' in browser.get("/grants/1").text


def test_part_b_is_open_once_and_closed_afterwards(site: Site, browser: Browser) -> None:
    """On a shared telephone it must not stand open whenever the receipt is looked at."""
    assert "<details open>" in browser.get("/grants/1").text
    site.world.clock.forward(seconds=3_600)
    browser.sign_in()

    page = browser.get("/grants/1").text
    assert "/oauth/continue" not in page
    assert "<details open>" not in page


def test_what_is_missing_is_linked_to(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    browser.ask(site.programme().pushed())
    page = browser.post("/oauth/authorize", {"item-0": "yes"}).text

    assert 'href="#item-0"' not in page
    for index in (1, 2):
        assert f'href="#item-{index}"' in page
        assert f'id="item-{index}" class="missing" aria-describedby="missing-{index}"' in page


def test_a_withdrawal_is_asked_about_first_and_then_done_at_once(
    site: Site, browser: Browser
) -> None:
    question = browser.get("/grants/1/withdraw")
    assert "grant.withdrawn" not in site.world.kinds()
    assert "Ya, cabut" in question.text
    done = browser.post("/grants/1/withdraw", {})

    assert done.status_code == 303
    assert site.world.kinds()[-1] == "grant.withdrawn"
    page = browser.get("/grants/1").text
    assert "Izin ini sudah dicabut." in page
    assert "/oauth/continue" not in page
    assert browser.get("/grants/1/proof.svg").status_code == 404
    assert browser.get("/grants/1/proof.txt").status_code == 404


def test_withdrawing_twice_is_withdrawing_once(site: Site, browser: Browser) -> None:
    browser.get("/grants/1/withdraw")
    form = browser.hidden()
    for _ in range(2):
        browser.post("/grants/1/withdraw", form)

    assert site.world.kinds().count("grant.withdrawn") == 1


@pytest.mark.parametrize(
    "path", ["/grants/1", "/grants/1/withdraw", "/grants/1/proof.svg", "/grants/1/proof.txt"]
)
def test_anothers_grant_looks_like_none(site: Site, browser: Browser, path: str) -> None:
    site.world.persons.enrol(OTHER_NIK, "135791", "Wagiman Invented", "35.10.15.2004")
    other = site.browser()
    other.sign_in(OTHER_NIK, "135791")

    assert other.get(path).status_code == 404
    assert other.get(path).text == other.get(path.replace("1", "7", 1)).text.replace(
        "/grants/7", "/grants/1"
    )


def test_another_cannot_withdraw(site: Site, browser: Browser) -> None:
    site.world.persons.enrol(OTHER_NIK, "135791", "Wagiman Invented", "35.10.15.2004")
    other = site.browser()
    other.sign_in(OTHER_NIK, "135791")
    other.get("/grants")

    assert other.post("/grants/1/withdraw", {}).status_code == 404
    assert "grant.withdrawn" not in site.world.kinds()


def test_a_person_erased_while_signed_in_is_signed_out(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    with site.world.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM person")

    assert browser.get("/trace").headers["Location"] == "/"
    assert browser.get("/grants").status_code == 303


def test_every_page_names_its_language_and_changes_it(site: Site, browser: Browser) -> None:
    for path in ("/", "/grants", "/grants/1", "/trace", "/grants/99"):
        assert '<html lang="id">' in browser.get(path).text
    english = browser.get("/grants?lang=en").text
    assert '<html lang="en">' in english
    assert "My permissions" in english
    assert '<html lang="en">' in browser.get("/").text  # remembered
    assert '<html lang="id">' in browser.get("/?lang=id").text
    assert '<html lang="id">' in browser.get("/?lang=xx").text


def test_a_page_keeps_its_query_when_the_language_changes(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    page = browser.ask(site.programme().pushed()).text
    link = re.search(r'href="(/oauth/authorize\?[^"]+)" lang="en"', page)
    assert link is not None
    english = browser.get(link[1].replace("&amp;", "&"))

    assert "asks for your permission" in english.text
    assert site.world.kinds() == ["grant.requested"]
