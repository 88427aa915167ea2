"""What every page must be on a small, old telephone, with scripts switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from tests.pages.journey import LANGUAGES, Language, identifiers, journey
from tests.pages.running import Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NARROW = {"width": 320, "height": 568}
USUAL = {"width": 360, "height": 740}
TARGET_PX = 44
CONSENT_BYTES = 15_000

# What is pressed. A link inside a sentence may be as small as its words.
_TARGETS = """() => [...document.querySelectorAll('button, .button, label:has(input[type=radio])')]
  .map(each => [each.innerText, each.getBoundingClientRect()])
  .map(([text, box]) => [text, box.width, box.height])"""


def small_targets(page: Page) -> list[str]:
    return [
        f"{text!r} is {width:.0f} x {height:.0f}"
        for text, width, height in page.evaluate(_TARGETS)
        if min(width, height) < TARGET_PX
    ]


def bytes_over_the_wire(page: Page) -> int:
    """Return what a first visit of the page fetches: bodies and headers, the page and its sheet."""
    sheets = page.evaluate("[...document.querySelectorAll('link')].map(each => each.href)")
    size = 0
    for url in [page.url, *(urljoin(page.url, sheet) for sheet in sheets)]:
        response = page.context.request.get(url)
        assert 200 == response.status
        size += len(response.body())
        size += sum(len(f"{each['name']}: {each['value']}\r\n") for each in response.headers_array)
    return size


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_fits_a_small_telephone_without_scripts(
    browser: Browser, demo: Demo, lang: Language
) -> None:
    context = browser.new_context(java_script_enabled=False)
    seen: set[str] = set()
    wrong: list[str] = []
    for name, page in journey(demo, context, lang):
        seen.add(name)
        page.set_viewport_size(NARROW)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > NARROW["width"]:
            wrong.append(f"{name} scrolls sideways: {width} px")
        page.set_viewport_size(USUAL)
        wrong += [f"{name}: {each}" for each in small_targets(page)]
        if page.query_selector("script, [onclick], [onload]"):
            wrong.append(f"{name} holds a script")
        if identifiers(page.url + page.title()):
            wrong.append(f"{name} shows a NIK in its address or title")
        if lang != page.get_attribute("html", "lang"):
            wrong.append(f"{name} is not in the language {lang}")
        if 1 != len(page.query_selector_all("h1")):
            wrong.append(f"{name} has not one heading")
        if name == "consent" and bytes_over_the_wire(page) > CONSENT_BYTES:
            wrong.append(f"{name} takes {bytes_over_the_wire(page)} bytes")
    context.close()
    assert [] == wrong
    assert {"consent", "trace-refused", "outcome-refused", "outcome-denied", "declined"} < seen
