"""What she was shown is kept by its digest, and shown later exactly as then."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from flask import Flask

from consent.errors import NoticeError
from consent.notice import parse_notice, write_notice
from consent.notices import Notices
from consent.web import register
from policies.load import load
from policies.policy import Policy
from policies.words import Words
from tests.consent.digital import consent
from tests.consent.oauth_fixtures import Browser, Site, site
from tests.consent.world import CLIENT, NOTICE, REQUEST, Crash, World

__all__ = ["site"]

CAR_THEN = "Apakah ada mobil yang terdaftar atas nama Anda?"
CAR_LATER = "Apakah Anda kaya?"


@pytest.fixture
def browser(site: Site) -> Browser:
    """Return a browser whose person has just given a grant."""
    return site.granted()


def reworded(policy: Policy) -> Policy:
    """Return the policy with another question in the place of the one about the car."""
    key = ("polri", "owns_car")
    question = replace(policy.catalogue.questions[key], text=Words(CAR_LATER, "Are you rich?"))
    questions = {**policy.catalogue.questions, key: question}
    return replace(policy, catalogue=replace(policy.catalogue, questions=questions))


def test_a_notice_s_text_is_read_back_as_it_was() -> None:
    notice = write_notice(REQUEST, load())
    assert notice == parse_notice(notice.text)
    assert notice.digest == hashlib.sha256(b"izin/v1/notice/" + notice.text).hexdigest()


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b"[]", b'{"v":1}', b'{"items":[1]}', b'{"items":"x"}', b"\xff"],
)
def test_what_is_no_notice_is_refused(text: bytes) -> None:
    with pytest.raises(NoticeError):
        parse_notice(text)


def test_a_notice_with_one_member_more_is_refused() -> None:
    text = write_notice(REQUEST, load()).text
    with pytest.raises(NoticeError, match="as we write"):
        parse_notice(text.replace(b'{"answers"', b'{"and":"more","answers"'))


def test_the_words_are_kept_before_the_log_commits_to_them(world: World, person_id: str) -> None:
    """After a crash right there, the words stand and the entry does not; never the reverse."""
    world.crashing.die = "before"
    with pytest.raises(Crash):
        consent(world, person_id)
    assert [] == world.kinds()
    digest = write_notice(REQUEST, world.policy).digest
    kept = Notices(world.engine).find(digest)
    assert kept is not None
    assert (True, digest) == (kept.is_intact, kept.notice.digest)


def test_words_are_not_kept_under_a_digest_that_is_not_theirs(world: World, person_id: str) -> None:
    world.grants.give(person_id, CLIENT, REQUEST, [0], NOTICE)
    assert Notices(world.engine).find(NOTICE) is None


def test_the_same_words_are_kept_once(world: World, person_id: str) -> None:
    for _ in range(3):
        consent(world, person_id)
    with world.engine.connect() as connection:
        assert 1 == connection.exec_driver_sql("SELECT count(*) FROM notice").scalar()


def test_a_new_trace_key_loses_neither_words_nor_language(world: World, person_id: str) -> None:
    consent(world, person_id, lang="en")
    world.trace_keys.replace(person_id)
    again = world.grants.of_person(person_id)[0]
    assert (True, "en") == (again.state.value == "live", again.lang)
    assert Notices(world.engine).find(again.notice) is not None


def test_she_reads_what_she_was_shown_from_her_receipt(browser: Browser) -> None:
    assert 'href="/grants/1/notice"' in browser.get("/grants/1").text
    page = browser.get("/grants/1/notice").text
    assert "Ini yang Anda baca pada 24 November 2026, sebelum memberi izin nomor 1." in page
    assert "Anda membacanya dalam bahasa Indonesia." in page
    for words in (CAR_THEN, "28 Februari 2027", "Jumlah, merek, tahun", "Anda boleh menolak"):
        assert words in page
    assert "Sudah diperiksa" in page
    english = browser.get("/grants/1/notice?lang=en").text
    assert "You read it in Indonesian." in english
    assert "Is a car registered in your name?" in english


def test_words_that_change_later_do_not_change_what_was_shown(site: Site, browser: Browser) -> None:
    app = Flask("later")
    register(app, replace(site.deps, policy=reworded(site.deps.policy)))
    changed = Browser(app.test_client())
    changed.sign_in()
    page = changed.get("/grants/1/notice").text
    assert CAR_THEN in page
    assert CAR_LATER not in page
    assert CAR_LATER in changed.get("/grants/1").text  # which speaks of today


def test_words_that_somebody_changed_in_the_database_are_said_to_be_changed(
    site: Site, browser: Browser
) -> None:
    with site.world.engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE notice SET text = replace(text, '{CAR_THEN}', '{CAR_LATER}')"
        )
    page = browser.get("/grants/1/notice").text
    assert "AWAS: kata-kata ini tidak sama" in page
    assert "Sudah diperiksa" not in page
    assert 404 == browser.get("/grants/1/receipt.jws").status_code


@pytest.mark.parametrize("change", ["DELETE FROM notice", "UPDATE notice SET text = '{}'"])
def test_words_that_are_gone_are_said_to_be_gone(site: Site, browser: Browser, change: str) -> None:
    with site.world.engine.begin() as connection:
        connection.exec_driver_sql(change)
    page = browser.get("/grants/1/notice")
    assert 200 == page.status_code
    assert "tidak tersimpan atau tidak dapat dibaca" in page.text
    assert "receipt.jws" not in browser.get("/grants/1").text


def test_anybody_with_the_digest_reads_the_words_and_nobody_s_name(
    site: Site, browser: Browser
) -> None:
    (record,) = site.world.grants.of_person(site.person_id)
    stranger = site.browser()
    page = stranger.get(f"/notices/{record.notice}")
    assert 200 == page.status_code
    assert CAR_THEN in page.text
    assert "nomor 1" not in page.text
    text = stranger.get(f"/notices/{record.notice}.json")
    assert "application/json" == text.mimetype
    assert record.notice == hashlib.sha256(b"izin/v1/notice/" + text.data).hexdigest()


@pytest.mark.parametrize("name", ["0" * 64, "x", "0" * 64 + ".json", "A" * 64, "..json"])
def test_an_unknown_digest_is_not_found(site: Site, browser: Browser, name: str) -> None:
    assert 404 == browser.get(f"/notices/{name}").status_code
