"""Takes the README's pictures from the running program: `python -m tests.pages.pictures`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.pages.journey import journey
from tests.pages.running import ROOT, running_browser, running_demo

FOLDER: Final = ROOT / "docs" / "pictures"
MOST_BYTES: Final = 150_000
NARROW: Final = (360, 740)
WIDE: Final = (1280, 800)

# What a picture is called, the page it shows, its window, and what stands at its top. What does
# not fit the window is not shown: a whole page of a telephone is too tall to read.
PICTURES: Final = {
    "portal": ("portal-start", NARROW, "body"),
    "consent": ("consent", (360, 1200), "main form"),
    "receipt": ("receipt-new", NARROW, "body"),
    "outcome": ("outcome-eligible", (360, 1200), "body"),
    "trace": ("trace", (360, 1200), "body"),
    "trace-refused": ("trace-refused", WIDE, "body"),
    "withdraw": ("withdraw", NARROW, "body"),
}


def main() -> int:
    """Write the pictures; return 1 if one was not taken or is too large for a README."""
    wanted = {page: (name, size, top) for name, (page, size, top) in PICTURES.items()}
    FOLDER.mkdir(parents=True, exist_ok=True)
    sizes: dict[str, int] = {}
    with (
        tempfile.TemporaryDirectory() as home,
        running_browser() as browser,
        running_demo(Path(home)) as demo,
    ):
        context = browser.new_context(java_script_enabled=False)
        for shown, page in journey(demo, context, "id"):
            if shown not in wanted:
                continue
            name, (width, height), top = wanted[shown]
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(f"document.querySelector('{top}').scrollIntoView()")
            sizes[name] = len(page.screenshot(path=FOLDER / f"{name}.png"))
    wrong = [name for name in PICTURES if not 0 < sizes.get(name, 0) <= MOST_BYTES]
    for name, size in sizes.items():
        sys.stdout.write(f"{FOLDER.name}/{name}.png: {size} bytes\n")
    for name in wrong:
        sys.stderr.write(f"{name} was not taken, or is larger than {MOST_BYTES} bytes\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
