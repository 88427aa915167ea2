"""Signing in: one answer for every failure, and no use to whoever tries many."""

from __future__ import annotations

import pytest

from consent.login import FailureLimit
from consent.pages import own_path
from tests.consent.oauth_fixtures import Browser, Site, site
from tests.consent.world import NIK, PIN

__all__ = ["site"]


def text_of(browser: Browser, nik: str, pin: str) -> str:
    """Return the page that a failed sign-in shows, without what differs every time."""
    browser.sign_in(nik, pin)
    return browser.page.replace(browser.hidden()["csrf_token"], "")


def test_the_right_pin_signs_in(site: Site) -> None:
    browser = site.browser()

    assert browser.sign_in().headers["Location"] == "/"
    assert browser.get("/grants").status_code == 200


def test_a_nik_may_be_typed_in_groups(site: Site) -> None:
    assert site.browser().sign_in("3510 9941 0790 0001").status_code == 303


def test_known_unknown_locked_and_malformed_look_alike(site: Site) -> None:
    wrong = text_of(site.browser(), NIK, "000000")
    unknown = text_of(site.browser(), "3510994107909999", "000000")
    malformed = text_of(site.browser(), "not a nik", "")
    for _ in range(5):
        site.browser().sign_in(NIK, "000000")
    locked = text_of(site.browser(), NIK, PIN)

    assert wrong == unknown == malformed == locked
    assert "NIK atau PIN tidak cocok" in wrong


def test_what_was_typed_is_not_put_back_into_the_page(site: Site) -> None:
    browser = site.browser()
    browser.sign_in(NIK, "975310")

    assert NIK not in browser.page
    assert "975310" not in browser.page


def test_one_pin_tried_on_many_niks_is_slowed_down(site: Site) -> None:
    """No NIK is ever locked by that, so the place is."""
    browser = site.browser()
    found = [
        browser.sign_in(f"351099410790{number:04}", "123456").status_code for number in range(2, 63)
    ]

    assert found == [400] * 60 + [429]
    assert site.browser().sign_in().status_code == 429


def test_places_are_counted_apart_and_an_ipv6_household_as_one() -> None:
    limit = FailureLimit("1 per 15 minutes")
    limit.count("192.0.2.1")
    limit.count("2001:db8::1")

    assert limit.reached("192.0.2.1")
    assert not limit.reached("192.0.2.2")
    assert limit.reached("2001:db8::2")
    assert not limit.reached("2001:db8:0:1::1")
    assert not limit.reached(None)


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "evil.example",
        "javascript:alert(1)",
        "/x\nSet-Cookie: a",
        "/\u00e9",
        "",
    ],
)
def test_signing_in_leads_to_our_own_pages_only(site: Site, text: str) -> None:
    assert own_path(text) == "/"
    assert site.browser().sign_in(next_=text).headers["Location"] == "/"


def test_signing_in_leads_back_to_where_she_was_going(site: Site) -> None:
    browser = site.browser()
    to_login = browser.get("/grants")
    assert to_login.headers["Location"] == "/login?next=/grants"

    assert browser.sign_in(next_="/grants").headers["Location"] == "/grants"


@pytest.mark.parametrize(
    "path", ["/grants", "/grants/1", "/grants/1/proof.svg", "/grants/1/withdraw", "/trace"]
)
def test_her_own_pages_need_a_sign_in(site: Site, path: str) -> None:
    site.code(site.programme())
    response = site.browser().get(path)

    assert response.status_code == 303
    assert "/login" in response.headers["Location"]


def test_signing_in_clears_away_what_is_too_old(site: Site) -> None:
    site.programme().pushed()
    site.world.clock.forward(days=1)
    site.browser().sign_in()

    with site.world.engine.connect() as connection:
        for table in ("pushed_request", "replay"):
            count = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()
            assert count == 0, table
