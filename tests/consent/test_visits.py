"""How often a programme may bring the same person to the consent page."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from structlog.testing import capture_logs

from consent.web import register
from tests.consent.oauth_fixtures import DETAILS, Browser, Programme, Site, site
from tests.consent.world import NAME, NIK, VILLAGE

__all__ = ["site"]

MOST = 3


@pytest.fixture
def strict(site: Site) -> Site:
    """Return the same site where a programme may ask three times."""
    deps, app = replace(site.deps, most_requests=MOST), Flask("strict")
    register(app, deps)
    return replace(site, deps=deps, app=app)


@pytest.fixture
def programme(strict: Site) -> Programme:
    return strict.programme()


@pytest.fixture
def browser(strict: Site, programme: Programme) -> Browser:
    """Return the browser of somebody who was asked as often as may be."""
    found = strict.browser()
    found.sign_in()
    for _ in range(MOST):
        assert found.ask(programme.pushed()).status_code == 200
    return found


def test_one_more_is_a_plain_page_and_an_error_for_the_client(
    strict: Site, browser: Browser, programme: Programme
) -> None:
    with capture_logs() as logs:
        response = browser.ask(programme.pushed())
    assert response.status_code == 403
    assert "terlalu sering meminta" in response.text
    (back,) = re.findall(r'href="(https://pkh.example/back[^"]+)"', response.text)
    assert "error=access_denied" in unescape(back)
    assert "iss=https" in unescape(back)
    assert strict.world.kinds() == ["grant.requested"] * MOST
    assert [{"event": "request.too_often", "programme": "pkh", "log_level": "info"}] == logs
    assert not re.search(f"{NIK}|{NAME}|{strict.person_id}", str(logs))


def test_looking_again_at_the_same_request_takes_no_place(
    strict: Site, programme: Programme
) -> None:
    browser = strict.browser()
    browser.sign_in()
    uri = programme.pushed()
    assert [200] * 5 == [browser.ask(uri).status_code for _ in range(5)]
    assert browser.ask(programme.pushed()).status_code == 200


def test_it_counts_for_each_person_and_programme_alone(strict: Site, browser: Browser) -> None:
    other = strict.programme("bpnt-client", "bpnt")
    details = [{**DETAILS[0], "programme": "bpnt"}]
    assert browser.ask(other.pushed(details), "bpnt-client").status_code == 200

    strict.world.persons.enrol("3510994107900002", "135791", "Somebody Else", VILLAGE)
    hers = strict.programme()
    hers.made = 500
    his = strict.browser()
    his.sign_in("3510994107900002", "135791")
    assert his.ask(hers.pushed()).status_code == 200


def test_after_the_period_it_may_ask_again(
    strict: Site, browser: Browser, programme: Programme
) -> None:
    strict.world.clock.forward(days=30)
    browser.sign_in()
    assert browser.ask(programme.pushed()).status_code == 200
