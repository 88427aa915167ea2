"""What comes out of a printer: the receipt on two sheets of A4, and on a roll of 58 mm."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.pages.journey import journey
from tests.pages.running import Demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# A roll of 58 mm less its margins, in CSS pixels of 1/96 inch.
ROLL = {"width": 196, "height": 1_000}


def receipt(browser: Browser, demo: Demo) -> Page:
    context = browser.new_context(java_script_enabled=False)
    pages = journey(demo, context, "id")
    return next(page for name, page in pages if name == "receipt-new")


def test_part_a_and_part_b_are_a_sheet_each(browser: Browser, demo: Demo) -> None:
    """Part B is torn off: it may not share a sheet with what is shown around."""
    margin = {"top": "10mm", "bottom": "10mm", "left": "10mm", "right": "10mm"}
    printed = receipt(browser, demo).pdf(format="A4", margin=margin)
    assert [b"2"] == re.findall(rb"/Count (\d+)", printed)


def test_a_roll_leaves_out_the_code_that_it_could_not_print(browser: Browser, demo: Demo) -> None:
    page = receipt(browser, demo)
    page.emulate_media(media="print")
    page.set_viewport_size(ROLL)
    assert ROLL["width"] >= page.evaluate("document.documentElement.scrollWidth")
    assert not page.is_visible("figure.proof")
    assert page.is_visible(".strip")
    assert page.is_visible(".secret svg")


def test_what_is_pressed_is_not_printed(browser: Browser, demo: Demo) -> None:
    page = receipt(browser, demo)
    page.emulate_media(media="print")
    seen = [each.inner_text() for each in page.query_selector_all("a, button") if each.is_visible()]
    assert [] == seen
