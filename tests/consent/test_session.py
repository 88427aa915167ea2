"""Sessions: an opaque cookie that only https (or loopback) carries, new at every sign-in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from consent.errors import ConsentError
from consent.session import cookie_name
from consent.web import register
from tests.consent.copies import copy_database
from tests.consent.oauth_fixtures import ISSUER, Browser, Site, open_site, site
from tests.consent.world import NIK, PIN, World

__all__ = ["site"]


def cookie_of(browser: Browser, name: str = "__Host-izin") -> str | None:
    found = browser.client.get_cookie(name, domain="izin.example")
    return None if found is None else found.value


@pytest.mark.parametrize(
    ("issuer", "name"),
    [
        ("https://izin.example", "__Host-izin"),
        ("https://localhost:8000", "__Host-izin"),
        ("http://localhost:8000", "izin"),
        ("http://127.0.0.1:8000", "izin"),
        ("http://[::1]:8000", "izin"),
    ],
)
def test_the_cookies_name_says_how_it_travels(issuer: str, name: str) -> None:
    assert cookie_name(issuer) == name


@pytest.mark.parametrize(
    "issuer", ["http://izin.example", "http://localhost.example", "ftp://localhost", "izin", ""]
)
def test_pages_are_not_served_where_cookies_can_be_read(site: Site, issuer: str) -> None:
    with pytest.raises(ConsentError):
        cookie_name(issuer)
    with pytest.raises(ConsentError):
        register(Flask("other"), replace(site.deps, issuer=issuer))


def test_the_cookie_is_locked_down(site: Site) -> None:
    header = site.browser().sign_in().headers["Set-Cookie"]

    assert header.startswith("__Host-izin=")
    assert "Secure" in header
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "Path=/" in header
    assert "Domain" not in header


def test_on_loopback_the_cookie_comes_back_over_http(world: World, person_id: str) -> None:
    plain = open_site(world, person_id, issuer="http://localhost:8000")
    client = plain.app.test_client()
    header = client.get("/login", base_url="http://localhost:8000").headers["Set-Cookie"]

    assert header.startswith("izin=")
    assert "Secure" not in header


def test_a_planted_cookie_is_worth_nothing_after_sign_in(site: Site) -> None:
    """Session fixation: the attacker knows the cookie from before."""
    browser = site.browser()
    browser.get("/login")
    planted = cookie_of(browser)
    assert planted is not None
    browser.post("/login", {"nik": NIK, "pin": PIN})
    assert cookie_of(browser) not in (None, planted)

    attacker = site.browser()
    attacker.client.set_cookie("__Host-izin", planted, domain="izin.example", secure=True)
    assert attacker.get("/grants").status_code == 303


def test_a_cookie_of_somebodys_own_making_is_not_taken(site: Site) -> None:
    attacker = site.browser()
    attacker.client.set_cookie("__Host-izin", "A" * 43, domain="izin.example", secure=True)
    attacker.get("/login")

    assert cookie_of(attacker) != "A" * 43


def test_signing_out_ends_the_session_everywhere(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    cookie = cookie_of(browser)
    assert cookie is not None
    browser.get("/grants")
    browser.post("/logout", {})
    assert cookie_of(browser) is None

    copied = site.browser()
    copied.client.set_cookie("__Host-izin", cookie, domain="izin.example", secure=True)
    assert copied.get("/grants").status_code == 303


def test_a_session_ends_by_itself_and_lives_on_while_used(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    for _ in range(3):
        site.world.clock.forward(minutes=29)
        assert browser.get("/grants").status_code == 200
    site.world.clock.forward(minutes=31)

    assert browser.get("/grants").status_code == 303


def test_requests_of_machines_start_no_session(site: Site) -> None:
    response = site.machine.get("/oauth/jwks", base_url=ISSUER)

    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers.get("Vary", "")


def test_the_table_holds_no_cookie_and_no_request_uri(site: Site, tmp_path: Path) -> None:
    """A copy of the database signs nobody in and answers for nobody."""
    programme = site.programme()
    uri = programme.pushed()
    browser = site.browser()
    browser.sign_in()
    browser.ask(uri)
    browser.answer()
    cookie = cookie_of(browser)
    assert cookie is not None
    copy_database(site.world, tmp_path / "copy")
    written = (tmp_path / "copy").read_bytes()

    assert b"web_session" in written
    assert cookie.encode() not in written
    assert uri.rpartition(":")[2].encode() not in written
    assert NIK.encode() not in written
