"""The consent page of a real request, nine questions long: what it weighs and how long it takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from broker.programme.request import format_details, request_for
from tests.bench.row import Row, Sizes, limit
from tests.bench.timing import wall_seconds
from tests.consent.oauth_fixtures import CLIENT, ISSUER, open_site
from tests.consent.world import VILLAGE, open_world

MOST_KB = 15
MOST_MS = 15


def run(sizes: Sizes, scratch: Path) -> Sequence[Row]:
    """Return the rows of weight and time, page and style sheet together, uncompressed."""
    world = open_world(scratch)
    try:
        site = open_site(world, world.enrol())
        today = world.clock().date()
        formula = world.policy.formula("pkh", VILLAGE, on=today)
        if formula is None:
            raise AssertionError("the pilot has a formula")
        request = request_for(formula, world.policy, today=today)
        programme = site.programme()
        browser = site.browser()
        browser.sign_in()
        query = {"client_id": CLIENT, "request_uri": programme.pushed(format_details(request))}

        def show() -> None:
            response = browser.client.get("/oauth/authorize", base_url=ISSUER, query_string=query)
            if response.status_code != 200:
                raise AssertionError("the page is shown")

        show()  # the first time writes `grant.requested`
        took = [wall_seconds(show) for _ in range(20 * sizes.repeats)]
        weight = 0
        for path in ("/oauth/authorize", "/static/consent/consent.css"):
            response = browser.client.get(path, base_url=ISSUER, query_string=query)
            if response.status_code != 200:
                raise AssertionError(f"{path} is there")
            weight += len(str(response.headers)) + len(response.data)
            if b"<script" in response.data:
                raise AssertionError("no page of ours has a script")
    finally:
        world.close()
    questions = f"{len(request.items)} questions; no script."
    return [
        limit(
            "consent page, weight", weight / 1000, MOST_KB, "kB", f"with style sheet, {questions}"
        ),
        limit("consent page, p50", median(took) * 1000, MOST_MS, "ms", "no network in between."),
    ]
