"""Two stories in a real browser, as narrow as a telephone gets and without scripts."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.pages.journey import Visitor
from tests.pages.running import Demo, running_demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

NARROW = {"width": 320, "height": 568}
SLOW = "polri"


@pytest.fixture(scope="module")
def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Return a demo of these stories' own: elsewhere its people have allowed something."""
    with running_demo(tmp_path_factory.mktemp("stories")) as found:
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a narrow browser without scripts."""
    found = browser.new_context(java_script_enabled=False, viewport=NARROW)  # type: ignore[arg-type]  # a plain dict of it
    yield found
    found.close()


def log_size(demo: Demo) -> int:
    """Return how many entries the log holds."""
    return int(httpx2.get(f"{demo.broker}/log/checkpoint", timeout=30).text.split("\n")[1])


def settled_size(demo: Demo) -> int:
    """Return how many entries the log holds: a checkpoint that was cosigned is served a second."""
    time.sleep(1.5)
    return log_size(demo)


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """Stop a program and what it started until the block ends: it is reached, but does nothing."""
    pids = [pid]
    for each in pids:
        for task in Path(f"/proc/{each}/task").iterdir():
            pids += [int(child) for child in (task / "children").read_text().split()]
    for each in pids:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in pids:
            os.kill(each, signal.SIGCONT)


def test_no_to_everything_leads_to_another_way_and_leaves_no_access(
    demo: Demo, context: BrowserContext
) -> None:
    visitor = Visitor(demo, context, "id")
    page = visitor.page
    visitor.apply(demo.person("eligible"))
    visitor.sign_in(demo.person("eligible"))
    before = settled_size(demo)  # she has seen the request, which is on record already
    visitor.press("button[name=everything]")
    said = page.inner_text("main")
    assert "Tidak ada pertanyaan yang dikirim" in said
    assert "petugas memeriksa langsung bersama Anda" in said
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]

    visitor.press("main a.button")
    assert page.url.startswith(f"{demo.portal}/applications/")
    # Not a refusal of help: an officer looks at it.
    assert page.get_attribute("main", "data-result") == "needs_review"
    assert "petugas" in page.inner_text("main").lower()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]

    visitor.broker("/trace")
    trace = page.inner_text("main")
    assert "meminta izin Anda" in trace
    assert "Anda memberi izin" not in trace
    visitor.broker("/grants")
    assert "Anda belum memberi izin kepada siapa pun." in page.inner_text("main")
    assert before == settled_size(demo)  # no grant, no access, no refusal: nothing was asked


def test_a_withdrawal_while_an_agency_is_slow_stops_what_is_under_way(
    demo: Demo, context: BrowserContext
) -> None:
    visitor = Visitor(demo, context, "id")
    page = visitor.page
    person = demo.person("eligible", 1)
    visitor.apply(person)
    visitor.sign_in(person)
    visitor.answer()
    with standing_still(demo.pids[SLOW]):
        size = log_size(demo)
        # The programme asks as soon as she comes back, and waits for the slow agency.
        page.click("a[href^='/oauth/continue']", no_wait_after=True)
        for _ in range(200):
            if log_size(demo) > size:
                break
            page.wait_for_timeout(50)
        other = context.new_page()
        other.goto(f"{demo.broker}/grants/1/withdraw")
        with other.expect_navigation():
            other.click("main form button")
        assert "Dicabut" in other.inner_text("main")
    page.wait_for_url(f"{demo.portal}/applications/**")

    statuses = [
        each.get_attribute("data-status") for each in page.query_selector_all("[data-status]")
    ]
    assert statuses
    assert "answered" not in statuses
    assert page.get_attribute("main", "data-result") != "eligible"
    other.goto(f"{demo.broker}/trace")
    trace = other.inner_text("main")
    assert "Anda mencabut izin" in trace
    assert "sudah Anda cabut" in trace
    assert "Sudah dijawab." not in trace
