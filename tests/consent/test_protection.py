"""Forms are taken from our own pages only; pages run no script and are framed by nobody."""

from __future__ import annotations

import pytest
from flask import Flask

from consent.web import register
from tests.consent.oauth_fixtures import ALL_YES, ISSUER, Browser, Site, site
from tests.consent.world import NIK, PIN

__all__ = ["site"]


@pytest.fixture
def asked(site: Site) -> Browser:
    """Return a browser that shows the consent page."""
    browser = site.browser()
    browser.sign_in()
    browser.ask(site.programme().pushed())
    return browser


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://izin.example"},
        {"Origin": "https://izin.example.evil.example"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
def test_a_form_sent_from_elsewhere_gives_no_grant(
    site: Site, asked: Browser, headers: dict[str, str]
) -> None:
    """Even with the right token: it is one of three checks."""
    assert asked.post("/oauth/authorize", ALL_YES, headers=headers).status_code == 403
    assert site.world.kinds() == ["grant.requested"]


def test_our_own_form_is_taken(asked: Browser) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": ISSUER}

    assert asked.post("/oauth/authorize", ALL_YES, headers=headers).status_code == 303


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "\u00e9" * 43])
def test_a_form_without_the_sessions_token_is_refused(
    site: Site, asked: Browser, token: str
) -> None:
    response = asked.post("/oauth/authorize", {**ALL_YES, "csrf_token": token})

    assert response.status_code == 403
    assert "/oauth/authorize?" in response.text  # the way to open it again
    assert site.world.kinds() == ["grant.requested"]


def test_anothers_token_is_refused(site: Site, asked: Browser) -> None:
    attacker = site.browser()
    attacker.get("/login")
    token = attacker.hidden()["csrf_token"]

    response = asked.post("/oauth/authorize", {**ALL_YES, "csrf_token": token})
    assert response.status_code == 403


@pytest.mark.parametrize("path", ["/login", "/logout", "/grants/1/withdraw", "/oauth/authorize"])
def test_every_form_of_a_person_is_guarded(site: Site, path: str) -> None:
    """Also signing in: else somebody is made to act under another's name."""
    response = site.app.test_client().post(path, base_url=ISSUER, data={"nik": NIK, "pin": PIN})

    assert response.status_code == 403


@pytest.mark.parametrize("path", ["/", "/login", "/grants", "/grants/1", "/trace", "/grants/99"])
def test_pages_carry_their_guarding_headers(site: Site, path: str) -> None:
    browser = site.browser()
    browser.sign_in()
    headers = browser.get(path).headers

    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Strict-Transport-Security"]


def test_the_referrer_policy_leaves_our_own_origin_to_forms(site: Site) -> None:
    """Under no-referrer, browsers would send `Origin: null` and every form would be refused."""
    assert site.browser().get("/").headers["Referrer-Policy"] == "same-origin"


def test_pages_have_neither_script_nor_inline_style(site: Site, asked: Browser) -> None:
    pages = [asked.page, asked.get("/").text, asked.get("/trace").text]
    asked.get("/login")
    for page in pages:
        assert "<script" not in page
        assert "style=" not in page
        assert "onclick" not in page
        assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")


def test_a_form_that_is_too_large_is_not_read(site: Site, asked: Browser) -> None:
    response = asked.post("/oauth/authorize", {**ALL_YES, "x": "y" * 70_000})

    assert response.status_code == 413
    assert site.world.kinds() == ["grant.requested"]


def test_a_prefetch_is_not_a_sight(site: Site) -> None:
    """What is logged is that she saw the request; a browser that looks ahead is not her."""
    browser = site.browser()
    browser.sign_in()
    query = {"client_id": "pkh-client", "request_uri": site.programme().pushed()}
    headers = {"Sec-Purpose": "prefetch;prerender"}
    response = browser.get("/oauth/authorize", query_string=query, headers=headers)

    assert response.status_code == 503
    assert site.world.log.size == 0


def test_an_address_of_nobodys_gets_a_page_in_plain_words(site: Site) -> None:
    """`register` hands the app what makes one; the app says where a person may have come."""
    app = Flask("app")
    page = register(app, site.deps)
    app.register_error_handler(404, page)
    response = app.test_client().get("/nowhere?lang=en", base_url=ISSUER)

    assert response.status_code == 404
    assert "There is no such page" in response.text
    assert "Content-Security-Policy" in response.headers
