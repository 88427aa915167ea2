"""Passkeys in a real browser: made, signed in with, consented with, believed by the agencies."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.pages.journey import LANGUAGES, Language
from tests.pages.passkey_journey import BUTTON, passkey_journey
from tests.pages.running import ROOT, Demo, Person
from tests.pages.test_axe import HEIGHT, WIDTHS, violations
from tests.pages.test_looks import NARROW, USUAL, small_targets

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AGENCY = "polri"


def told_at_the_agency(demo: Demo, person: Person, *, agency: str = AGENCY) -> list[str]:
    """Return what the agency tells her at its counter, line by line."""
    config = demo.home / "agencies" / agency / "gateway.toml"
    told = subprocess.run(
        [sys.executable, "-m", "broker.cli", "gateway", "about", "--config", str(config)],
        input=person.nik + "\n",
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return told.stdout.splitlines()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_passkey_from_making_it_to_the_agencies_answers(
    browser: Browser, demo: Demo, lang: Language
) -> None:
    """With the pages' own policy in force: the script runs under it, or the story ends."""
    person = demo.person("eligible", LANGUAGES.index(lang))
    context = browser.new_context()
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    wrong: list[str] = []
    seen: list[str] = []
    for name, page in passkey_journey(demo, context, lang, person):
        seen.append(name)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            wrong += [f"{name} at {width}: {each}" for each in violations(page)]
        page.set_viewport_size(NARROW)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > NARROW["width"]:
            wrong.append(f"{name} scrolls sideways: {width} px")
        page.set_viewport_size(USUAL)
        wrong += [f"{name}: {text}" for text in small_targets(page) if "is 0 x 0" not in text]
        if lang != page.get_attribute("html", "lang"):
            wrong.append(f"{name} is not in the language {lang}")
    context.close()
    assert [] == wrong
    assert [] == [each for each in complaints if "Content Security Policy" in each]
    assert ["confirm", "receipt-by-passkey", "outcome", "grants-by-passkey"] == seen[-4:]
    told = told_at_the_agency(demo, person)
    assert "First consent here was shown by: passkey" in told
    assert told[-2].split("\t")[2] == "access.answered"
    assert told[-2].split("\t")[-1] == "passkey"


def test_without_script_nothing_is_lost(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{demo.broker}/login/passkey?next=/grants")
    assert not page.is_visible(BUTTON)
    assert page.is_visible("[data-without-script]")
    page.click("main form a.button")
    assert page.url == f"{demo.broker}/login?next=%2Fgrants"
    assert page.is_visible("#nik")
    context.close()
