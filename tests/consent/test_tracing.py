"""What the page "who asked" finds, tells and checks."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import date, timedelta

import pytest

from audit.entry import Draft, draft
from audit.errors import MissingError
from audit.opening import open_store
from audit.pruning import announce, announced, look, remove
from audit.tag_index import TagIndex
from audit.trace import IZIN
from consent import tracing
from consent.happenings import tell_days
from consent.reasons import reason_words
from consent.tracing import find_and_check
from policies.words import Words
from tests.audit.logs import access as some_access
from tests.consent.oauth_fixtures import Browser, Site, site
from tests.consent.world import NIK, PIN, World

__all__ = ["site"]


def access(world: World, person_id: str, kind: str, **more: object) -> Draft:
    agency = "himbara"
    day = world.clock().date()
    whose = IZIN if kind != "access.sent" else agency
    members = {
        "programme": "pkh",
        "agency": agency,
        "purpose": "eligibility",
        "questions": ["balance_above"],
        "tag": world.tags.draw(person_id, whose, day).hex(),
        "digest": "ab" * 32,
        **more,
    }
    return draft(kind, members, day=day)  # type: ignore[arg-type]


def numbers(page: str) -> list[int]:
    """Return the entries that the page names, in its order."""
    found = re.findall(r"Catatan nomor ([0-9, ]+):", page)
    return [int(number) for each in found for number in each.split(", ")]


@pytest.fixture
def traced(site: Site) -> Browser:
    """Return the browser of a person about whom there are five entries."""
    world, person_id = site.world, site.person_id
    _, browser = site.code(site.programme())
    world.log.append([access(world, person_id, "access.sent", q="cd" * 32)])
    world.log.append([access(world, person_id, "access.answered", outcome="answered")])
    refused = access(world, person_id, "access.refused", reasons=["frequency", "strange"], count=3)
    world.log.append([refused])
    strangers = {
        "programme": "pkh",
        "purpose": "eligibility",
        "tag": "ee" * 16,
        "digest": "ab" * 32,
    }
    world.log.append([draft("grant.requested", strangers)])
    return browser


def test_every_entry_about_her_is_told_and_no_other(site: Site, traced: Browser) -> None:
    page = traced.get("/trace").text

    assert "bertanya kepada Himpunan Bank Milik Negara" in page
    assert "Sudah dijawab." in page
    assert "meminta izin Anda." in page
    assert numbers(page) == [4, 2, 3, 1, 0]
    assert "Seluruh catatan (6) baru saja diperiksa" in page
    assert "5 di antaranya tentang Anda" in page


def test_a_refusal_is_told_with_its_reasons(site: Site, traced: Browser) -> None:
    page = traced.get("/trace").text

    assert "DITOLAK: Program Keluarga Harapan (PKH) ingin bertanya kepada Himpunan Bank" in page
    assert "Tidak ada pertanyaan yang sampai ke lembaga." in page
    assert "Lembaga ditanya tentang Anda: 1 kali. Ditolak sebelum ditanyakan: 3 kali." in page
    assert reason_words("frequency").id in page
    assert "strange" in page  # a reason without words is still shown
    assert "Terjadi 3 kali." in page


def test_each_day_stands_once_with_hours_of_banyuwangi(traced: Browser) -> None:
    page = traced.get("/trace").text

    assert page.count("<h2>Selasa, 24 November 2026</h2>") == 1
    assert "antara pukul 19.00 dan 20.00 WIB" in page


def test_each_entry_says_whether_its_proof_holds(traced: Browser) -> None:
    page = traced.get("/trace").text

    assert page.count("bukti cocok") == 4
    assert "Catatan nomor 2, 3: bukti cocok." in page


def test_somebody_else_finds_nothing(site: Site, traced: Browser) -> None:
    site.world.persons.enrol("3510994107900002", "135791", "Wagiman Invented", "35.10.15.2004")
    other = site.browser()
    other.sign_in("3510994107900002", "135791")
    page = other.get("/trace").text

    assert "Belum ada catatan tentang Anda." in page
    assert "Catatan nomor" not in page


def test_a_log_that_was_changed_is_reported(
    site: Site, traced: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store gives other bytes than those that were signed."""
    real = site.world.log.read

    def read(path: str) -> bytes:
        raw = real(path)
        return raw.replace(b"himbara", b"dukcapi") if "entries" in path else raw

    monkeypatch.setattr(site.world.log, "read", read)
    page = traced.get("/trace").text

    assert "PEMERIKSAAN GAGAL" in page
    assert "catatan nomor 2" in page
    assert "bukti cocok" not in page
    assert "Catatan nomor 0: bukti belum pasti." in page


def test_a_log_with_a_hole_is_reported(
    site: Site, traced: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(path: str) -> bytes:
        raise MissingError("gone")

    monkeypatch.setattr(site.world.log, "read", read)

    assert "PEMERIKSAAN GAGAL" in traced.get("/trace").text


def test_in_a_long_log_her_own_entries_are_checked(
    site: Site, traced: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "MOST_WHOLE", 3)
    page = traced.get("/trace").text

    assert "5 catatan tentang Anda baru saja diperiksa satu per satu" in page


@pytest.mark.usefixtures("traced")
def test_a_long_log_with_a_hole_is_reported(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: str) -> bytes:
        raise MissingError("gone")

    monkeypatch.setattr(tracing, "MOST_WHOLE", 3)
    key = site.world.persons.open(site.person_id).trace_key
    checked = find_and_check(site.world.log, TagIndex(read), [key], ("himbara",), since=date.min)

    assert ((), False, "entries") == (checked.found, checked.whole, checked.failed_step)


def test_a_pruned_log_says_from_where_on_her_list_is_complete(site: Site, traced: Browser) -> None:
    world = site.world
    assert "lengkap mulai catatan" not in traced.get("/trace").text
    world.log.append([some_access() for _ in range(600)])
    world.clock.now += timedelta(days=400)
    with closing(open_store(world.folder / "log.sqlite")) as store:
        announce(world.log, store, look(store, 256))
        said = announced(store)
        assert said is not None
        world.clock.now = said.due
        remove(store, said, now=said.due)
    browser = site.browser()
    browser.sign_in(NIK, PIN)
    page = browser.get("/trace").text

    assert "Daftar ini lengkap mulai catatan 256." in page
    assert "baru saja diperiksa" in page
    assert "himbara" not in page
    assert [1] == numbers(page)  # her permission


def test_every_kind_of_entry_has_its_sentence(site: Site, traced: Browser) -> None:
    person = site.world.persons.open(site.person_id)
    log = site.world.log
    checked = find_and_check(
        log, TagIndex(log.read), [person.trace_key], ("himbara",), since=date.min
    )
    (day,) = tell_days(checked.found, site.world.policy)

    assert Words("Catatan jenis lain.", "An entry of another kind.") not in [
        each.sentence for each in day.happenings
    ]
    assert [each.refused for each in day.happenings] == [True] + [False] * 3
