"""A telephone that a household shares: who applies next finds nothing of who applied before."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from tests.broker.programme.test_portal import Browser, asking, broker, browser

__all__ = ["asking", "broker", "browser"]


def _leave(browser: Browser, where: str) -> None:
    token = browser.token(where)
    response = browser.client.post("/leave", data={"form_token": token})
    assert (303, "/") == (response.status_code, response.headers["Location"])
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_after_leaving_the_outcome_s_address_shows_nothing(browser: Browser) -> None:
    where = browser.come_back(browser.apply())
    assert browser.client.get(where).headers["Cache-Control"] == "no-store"
    _leave(browser, where)

    assert browser.client.get(where).status_code == 404
    assert browser.client.get_cookie("perlinsos") is None


def test_the_next_application_is_in_a_session_of_its_own(browser: Browser) -> None:
    hers = browser.come_back(browser.apply())
    _leave(browser, hers)
    his = browser.come_back(browser.apply())

    assert hers != his
    assert browser.client.get(hers).status_code == 404
    assert browser.client.get(his).status_code == 200


def test_another_browser_finds_no_application_by_its_reference(browser: Browser) -> None:
    where = browser.come_back(browser.apply())
    other = FlaskClient(browser.client.application, use_cookies=True)
    assert other.get(where).status_code == 404
    other.get("/apply")
    assert other.get(where).status_code == 404
    assert re.fullmatch(r"/applications/[A-Za-z0-9_-]{22}", where)


def test_a_foreign_form_does_not_make_her_leave(browser: Browser) -> None:
    where = browser.come_back(browser.apply())
    assert browser.client.post("/leave", data={"form_token": "x"}).status_code == 403
    assert browser.client.get(where).status_code == 200
