"""One question a page or all on one: her choice, with what she chose so far kept either way."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.consent.oauth_fixtures import ALL_YES, CLIENT, DETAILS, ISSUER, Browser, Site, site

__all__ = ["site"]

COUNT = 3


@pytest.fixture
def browser(site: Site) -> Browser:
    """Return a browser that shows a request's first question alone."""
    found = site.browser()
    found.sign_in()
    found.ask(site.programme().pushed())
    follow(found, {"go": "one"})
    return found


def follow(browser: Browser, fields: dict[str, str]) -> str:
    """Send the page's form and open the page that it leads to; return its address."""
    response = browser.post("/oauth/authorize", fields)
    assert response.status_code == 303, response.text
    location: str = response.headers["Location"]
    browser.get(location)
    return location


def choose(browser: Browser, number: int, answer: str) -> str:
    return follow(browser, {f"item-{number - 1}": answer, "go": "next"})


def checked(browser: Browser) -> list[str]:
    found = re.findall(r'name="(item-\d)" value="(\w+)"[^>]* checked', browser.page)
    return [f"{name}={value}" for name, value in found]


def links(browser: Browser) -> list[str]:
    return [unescape(each) for each in re.findall(r'href="(/oauth/authorize[^"]+)"', browser.page)]


def test_each_page_has_one_question_with_progress_and_nothing_chosen(browser: Browser) -> None:
    for number in range(1, COUNT + 1):
        assert f"Pertanyaan {number} dari 3" in browser.page
        assert browser.page.count("<fieldset") == 1
        assert checked(browser) == []
        assert ("Tidak wajib." in browser.page) == (number == 3)
        assert "Kalau Tidak: ini tidak ditanyakan" in browser.page
        choose(browser, number, "no" if number == 2 else "yes")
    assert "Periksa jawaban Anda" in browser.page


def test_yes_and_no_have_the_same_shape(browser: Browser) -> None:
    yes, no = re.findall(r"<label>(<input type=\"radio\".*)</label>", browser.page)
    assert re.sub(r'"yes" required>Ya', "", yes) == re.sub(r'"no">Tidak', "", no)
    assert len(re.findall(r'<button class="button" name="(?:go|everything)"', browser.page)) == 2


def test_the_look_back_shows_all_words_and_each_answer_and_saves_them(
    site: Site, browser: Browser
) -> None:
    for number, answer in enumerate(("yes", "no", "yes"), 1):
        choose(browser, number, answer)
    page = browser.page
    assert ["Ya", "Tidak", "Ya"] == re.findall(r"Jawaban Anda: <b>(\w+)</b>", page)
    assert "28 Februari 2027" in page
    assert "Menilai apakah Anda berhak menerima bantuan." in page
    assert "grant.given" not in site.world.kinds()

    assert browser.post("/oauth/authorize", {}).headers["Location"] == "/grants/1"
    (record,) = site.world.grants.of_person(site.person_id)
    assert ["owns_car", "has_account"] == [item.question for item in record.granted]


def test_one_answer_is_changed_without_going_through_the_rest(browser: Browser) -> None:
    for number in (1, 2, 3):
        choose(browser, number, "yes")
    second = next(each for each in links(browser) if each.endswith("q=2"))
    browser.get(second)
    assert checked(browser) == ["item-1=yes"]
    assert choose(browser, 2, "no").endswith("view=review")
    assert ["Ya", "Tidak", "Ya"] == re.findall(r"Jawaban Anda: <b>(\w+)</b>", browser.page)


def test_switching_keeps_what_was_chosen(browser: Browser) -> None:
    choose(browser, 1, "no")
    follow(browser, {"item-1": "yes", "go": "list"})
    assert browser.page.count("<fieldset") == COUNT
    assert checked(browser) == ["item-0=no", "item-1=yes"]

    follow(browser, {"item-0": "no", "item-1": "no", "go": "one"})
    assert "Pertanyaan 3 dari 3" in browser.page  # the first that stands open
    browser.get(next(each for each in links(browser) if each.endswith("q=2")))
    assert checked(browser) == ["item-1=no"]


def test_back_shows_what_was_chosen_and_the_way_of_answering_is_remembered(
    browser: Browser,
) -> None:
    choose(browser, 1, "yes")
    back = next(each for each in links(browser) if each.endswith("q=1"))
    browser.get(back)
    assert checked(browser) == ["item-0=yes"]
    browser.get(re.sub("&view=.*", "", back))
    assert "Pertanyaan 2 dari 3" in browser.page


def test_a_question_without_an_answer_is_asked_again(browser: Browser) -> None:
    response = browser.post("/oauth/authorize", {"go": "next"})
    assert response.status_code == 400
    assert "Belum dijawab. Pilih Ya atau Tidak." in response.text
    assert "Pertanyaan 1 dari 3" in response.text


def test_the_look_back_needs_every_answer(browser: Browser) -> None:
    location = choose(browser, 1, "yes")
    browser.get(location.replace("view=one&q=2", "view=review"))
    assert "Pertanyaan 2 dari 3" in browser.page


def test_what_is_missing_on_the_one_page_loses_nothing(site: Site, browser: Browser) -> None:
    follow(browser, {"go": "list"})
    page = browser.post("/oauth/authorize", {"item-0": "no"})
    assert page.status_code == 400
    assert checked(browser) == ["item-0=no"]
    assert "grant.given" not in site.world.kinds()


def test_no_choice_is_carried_to_another_request(site: Site, browser: Browser) -> None:
    choose(browser, 1, "yes")
    programme = site.programme()
    programme.made = 100  # ids that the first request did not use
    browser.ask(programme.pushed())
    assert "Pertanyaan 1 dari 3" in browser.page
    assert checked(browser) == []
    other = [{**DETAILS[0], "questions": DETAILS[0]["questions"][:1]}]
    browser.ask(programme.pushed(other))
    assert checked(browser) == []


def test_no_choice_is_carried_to_the_next_person_on_the_same_telephone(
    site: Site, browser: Browser
) -> None:
    here = choose(browser, 1, "yes").replace("q=2", "q=1")
    browser.get("/grants")
    page = browser.page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    browser.client.post("/logout", base_url=ISSUER, data={"csrf_token": token[1]})
    browser.sign_in()
    browser.get(here)
    assert checked(browser) == []


@pytest.mark.parametrize("q", ["0", "4", "99", "-1", "x", "٢", "", "1" * 5000])
def test_a_number_that_no_question_has_shows_one_that_exists(browser: Browser, q: str) -> None:
    here = choose(browser, 1, "yes")
    response = browser.get(here.partition("&q=")[0], query_string=None)
    assert response.status_code == 200
    query = {"view": "one", "q": q, "client_id": CLIENT}
    query["request_uri"] = browser.hidden()["request_uri"]
    page = browser.get("/oauth/authorize", query_string=query)
    assert page.status_code == 200
    assert re.search(r"Pertanyaan [123] dari 3", page.text)


def test_no_to_everything_is_one_press_on_every_page(site: Site, browser: Browser) -> None:
    choose(browser, 1, "yes")
    assert browser.post("/oauth/authorize", {"everything": "no"}).headers["Location"] == (
        "/oauth/declined"
    )
    assert "grant.given" not in site.world.kinds()


def test_an_answer_that_is_sent_twice_leads_to_its_receipt(site: Site, browser: Browser) -> None:
    follow(browser, {"go": "list"})
    form = browser.hidden()
    uri = form["request_uri"]
    browser.answer()
    again = browser.client.post("/oauth/authorize", base_url=ISSUER, data={**form, **ALL_YES})
    assert (303, "/grants/1") == (again.status_code, again.headers["Location"])
    assert "/grants/1" == browser.ask(uri).headers["Location"]  # after the back button
    assert site.world.kinds().count("grant.given") == 1
    assert "/oauth/continue/1" in browser.get("/grants/1").text


def test_a_second_press_that_overtakes_the_first_does_not_cost_her_the_way_back(
    site: Site, browser: Browser
) -> None:
    """It was read before the first one was answered, and is written after it."""
    cookie = browser.client.get_cookie("__Host-izin", domain="izin.example")
    assert cookie is not None
    sessions = site.app.session_interface
    with site.app.test_request_context(base_url=ISSUER, headers={"Cookie": str(cookie)}) as late:
        late.push()
        session = sessions.open_session(site.app, late.request)
        follow(browser, {"go": "list"})
        browser.answer()
        assert session is not None
        session.accessed = True
        sessions.save_session(site.app, session, site.app.response_class())

    assert "/oauth/continue/1" in browser.get("/grants/1").text
