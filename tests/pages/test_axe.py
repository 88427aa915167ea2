"""Every page without an accessibility violation that a program can find, wide and narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pages.journey import LANGUAGES, Language, journey
from tests.pages.running import Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTHS = (360, 1280)
HEIGHT = 740


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page, one line each."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="lacks axe-playwright-python"
    )
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html']}: {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_page_has_a_violation(browser: Browser, demo: Demo, lang: Language) -> None:
    # Axe is a script, and the pages' own policy lets none run: this context alone sets it aside.
    context = browser.new_context(bypass_csp=True)
    found: list[str] = []
    for name, page in journey(demo, context, lang):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            found += [f"{name} at {width}: {each}" for each in violations(page)]
    context.close()
    assert [] == found
