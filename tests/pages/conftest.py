"""A running demo and a browser, both started once for all tests of the pages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pages.running import Demo, running_demo

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a Chromium; skip where there is none."""
    pytest.importorskip("playwright", reason="lacks playwright, which drives the browser")
    from tests.pages.running import chromium_path, running_browser

    if not os.access(chromium_path(), os.X_OK):
        pytest.skip(f"lacks Chromium at {chromium_path()} (IZIN_CHROMIUM names another)")
    with running_browser() as found:
        yield found


@pytest.fixture(scope="session")
def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Return a demo that serves until the last test. After the browser: without, none is needed."""
    home: Path = tmp_path_factory.mktemp("pages")
    with running_demo(home) as found:
        yield found
