"""Signing in and consenting through a real provider, and what an agency makes of it."""

from __future__ import annotations

from pathlib import Path

from structlog.testing import capture_logs

from audit.canonical import encode
from consent.evidence import Believed, check_evidence
from consent.kept_evidence import open_kept
from keys.sign_in_trust import LoginProvider, login_keys
from tests.consent.oauth_fixtures import Browser, Site, open_site
from tests.consent.world import NIK, World
from tests.openid.conftest import client_of
from tests.openid.running import CLIENT_ID, RunningProvider

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def through(browser: Browser, provider: RunningProvider, path: str, login: str) -> str:
    """Follow a link to the provider, sign in there, come back; return where that leads."""
    there = browser.get(path, headers=SAME_SITE).headers["Location"]
    answer = provider.sign_in(there, login)
    back = browser.get("/login/callback", query_string=answer)
    return back.headers.get("Location", str(back.status_code))


def proposed(site: Site) -> tuple[Browser, str]:
    browser = site.browser()
    browser.sign_in()
    browser.ask(site.programme().pushed())
    location: str = browser.answer().headers["Location"]
    return browser, location


def test_the_sign_in_page_names_the_provider(site: Site) -> None:
    page = site.browser().get("/login", query_string={"next": "/grants"}).text
    assert 'href="/login/provider?next=%2Fgrants"' in page
    assert "Masuk lewat Masuk Daerah" in page


def test_she_signs_in_and_goes_on(site: Site, provider: RunningProvider) -> None:
    browser = site.browser()
    assert "/grants" == through(browser, provider, "/login/provider?next=/grants", "sulastri")
    assert browser.get("/grants").status_code == 200


def test_somebody_who_is_not_enrolled_does_not_get_in(
    site: Site, provider: RunningProvider
) -> None:
    browser = site.browser()
    with capture_logs() as lines:
        assert "400" == through(browser, provider, "/login/provider?next=/grants", "stranger")
    # The operator learns why, and not who.
    assert [("login.failed", "she is not enrolled here")] == [
        (line["event"], line["reason"]) for line in lines
    ]
    assert "tidak berhasil" in browser.page
    assert browser.get("/grants").status_code == 303


def test_an_answer_in_another_browser_signs_nobody_in(
    site: Site, provider: RunningProvider
) -> None:
    there = site.browser().get("/login/provider", headers=SAME_SITE).headers["Location"]
    answer = provider.sign_in(there, "sulastri")
    other = site.browser()
    assert other.get("/login/callback", query_string=answer).headers["Location"] == "/login"
    assert other.get("/grants").status_code == 303


def test_another_site_cannot_begin_a_login(site: Site) -> None:
    found = site.browser().get("/login/provider", headers={"Sec-Fetch-Site": "cross-site"})
    assert found.status_code == 403


def test_her_login_is_evidence_that_an_agency_checks(site: Site, provider: RunningProvider) -> None:
    browser, location = proposed(site)
    assert location == "/confirm/1"
    assert "Beri izin lewat Masuk Daerah" in browser.get(location).text
    assert "/grants/1" == through(browser, provider, f"{location}/login", "sulastri")
    (record,) = site.world.grants.of_person(site.person_id)
    person = site.world.persons.open(site.person_id)
    evidence = open_kept(record.evidence, person_key=person.person_key, grant_id=record.grant_id)
    entry = site.world.entries()[1]
    trusted = LoginProvider(provider.issuer, CLIENT_ID, "nik", login_keys(provider.jwks))
    shown = check_evidence(
        evidence,
        bytes.fromhex(str(entry.members["challenge"])),
        believed=Believed([], logins={provider.issuer: trusted}),
        nik=NIK,
        given_hour=int(entry.at.timestamp()),
    )
    assert "id-token" == shown.kind
    # It goes into the sealed question as it is.
    assert encode({**evidence})
    assert "Masuk lewat penyedia lain" in browser.get("/grants/1").text


def test_another_person_at_the_provider_confirms_nothing(
    site: Site, provider: RunningProvider
) -> None:
    browser, location = proposed(site)
    assert "400" == through(browser, provider, f"{location}/login", "stranger")
    assert site.world.kinds() == ["grant.requested"]
    assert "/grants/1" == through(browser, provider, f"{location}/login", "sulastri")


def test_a_login_begun_for_signing_in_confirms_nothing(
    site: Site, provider: RunningProvider
) -> None:
    """Its nonce is not the grant's challenge, and the session knows what it was begun for."""
    browser, _ = proposed(site)
    there = browser.get("/login/provider", headers=SAME_SITE).headers["Location"]
    browser.get("/login/callback", query_string=provider.sign_in(there, "sulastri"))
    assert site.world.kinds() == ["grant.requested"]


def test_the_pin_way_stays(site: Site) -> None:
    browser, location = proposed(site)
    browser.get(location)
    assert browser.post(location, {"how": "pin"}).headers["Location"] == "/grants/1"
    (record,) = site.world.grants.of_person(site.person_id)
    assert record.evidence["kind"] == "broker-attested"


def test_no_file_holds_her_nik_or_the_token(
    site: Site, provider: RunningProvider, tmp_path: Path
) -> None:
    """An ID token names her: in the broker's database it stands sealed under her key."""
    browser, location = proposed(site)
    through(browser, provider, f"{location}/login", "sulastri")
    (record,) = site.world.grants.of_person(site.person_id)
    person = site.world.persons.open(site.person_id)
    kept = open_kept(record.evidence, person_key=person.person_key, grant_id=record.grant_id)
    token = kept["id_token"]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for path in files:
        for needle in (NIK.encode(), token.encode(), token.split(".")[1].encode()):
            assert needle not in path.read_bytes(), path.name


def test_a_provider_that_is_away_is_said_in_words(provider: RunningProvider, world: World) -> None:
    away = client_of(provider, world, issuer="http://localhost:9")
    site = open_site(world, world.enrol(), login=away)
    found = site.browser().get("/login/provider", headers=SAME_SITE)
    assert found.status_code == 400
    assert "tidak berhasil" in found.text
