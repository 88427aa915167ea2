"""A person downloads her digital receipt from the running demo; whoever is shown it checks it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from broker.demo.browser import Browser, Form, Page
from tests.attacks.stages import IZIN, ROOT, Demo
from tests.consent.digital import members


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo.start(tmp_path_factory.mktemp("receipt"))
    yield running
    running.stop()


@pytest.fixture
def browser() -> Iterator[Browser]:
    opened = Browser()
    yield opened
    opened.close()


def form(page: Page, action: str) -> Form:
    (found,) = (each for each in page.forms if action in each.action)
    return found


def consent(demo: Demo, browser: Browser, turn: int) -> dict[str, str]:
    """Have somebody who has not applied yet allow everything; return who she is."""
    person: dict[str, str] = demo.ready["people"][turn]
    page = browser.open(f"{demo.ready['portal']}/apply")
    chosen = {"programme": person["programme"], "area": person["village_code"]}
    page = browser.send(page, form(page, "/apply"), chosen)
    page = browser.send(page, form(page, "/login"), {"nik": person["nik"], "pin": person["pin"]})
    asked = form(page, "/oauth/authorize")
    page = browser.send(page, asked, dict.fromkeys(asked.choices, "yes"))
    assert page.url == f"{demo.ready['broker']}/grants/1"
    assert "/grants/1/receipt.jws" in page.links
    return person


def verify(demo: Demo, file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [*IZIN, "receipt", "verify", str(file), "--vkey", demo.ready["vkey"], *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_her_receipt_holds_offline_and_its_status_follows_her_withdrawal(
    demo: Demo, browser: Browser, tmp_path: Path
) -> None:
    person = consent(demo, browser, 0)
    text = browser.open(f"{demo.ready['broker']}/grants/1/receipt.jws").text
    assert [] == [each for each in (person["nik"], person["name"]) if each in str(members(text))]

    file, answer = tmp_path / "izin-1.jws", tmp_path / "status.json"
    file.write_text(text, "ascii")
    done = verify(demo, file)
    assert (0, "") == (done.returncode, done.stderr)
    assert "in force" in done.stdout

    asking = browser.open(f"{demo.ready['broker']}/grants/1/withdraw")
    browser.send(asking, form(asking, "/withdraw"), {})
    status = httpx2.get(members(text)["@id"])
    assert "no-store" in status.headers["Cache-Control"]
    answer.write_bytes(status.content)
    later = verify(demo, file, "--status", str(answer), "--json")
    assert ("live", "withdrawn") == (
        json.loads(later.stdout)["state"],
        json.loads(later.stdout)["now"]["state"],
    )


def test_what_she_was_shown_is_there_for_whoever_has_the_receipt(
    demo: Demo, browser: Browser
) -> None:
    consent(demo, browser, 1)
    document = members(browser.open(f"{demo.ready['broker']}/grants/1/receipt.jws").text)
    notice = document["dpv:hasRecordOfActivity"]["dpv:hasNotice"]["@id"]
    stranger = httpx2.get(notice)
    assert 200 == stranger.status_code
    assert document["izin:notice"]["items"][0]["question"]["id"] in stranger.text
    assert document["izin:notice"] == httpx2.get(f"{notice}.json").json()
