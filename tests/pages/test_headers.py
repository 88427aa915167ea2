"""Every route of every program: guarding headers on what it answers, tokens in what it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from broker.app import web_app
from broker.gateway.app import build_app as build_gateway
from broker.programme.portal.app import build_app as build_portal
from broker.programme.settings import ProgrammeSettings, load_files
from broker.programme.wiring import open_asking_side
from tests.world import World

PROGRAMS = ("broker", "gateway", "portal")
HOLE = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture
def apps(world: World) -> Iterator[dict[str, Flask]]:
    settings = ProgrammeSettings(
        load_files(world.plan.portal_home),
        issuer=world.plan.broker,
        url=world.plan.portal,
        trace_page="/trace",
    )
    http = httpx2.Client(transport=world.network)
    asking = open_asking_side(settings, http=http, clock=world.clock)
    yield {
        "broker": web_app(world.broker),
        "gateway": build_gateway(next(iter(world.gateways.values()))),
        "portal": build_portal(asking),
    }
    asking.close()


def address(rule: str) -> str:
    """Return an address of the rule; `1` is a number, a name and a path at once."""
    return HOLE.sub("1", rule)


def answers(app: Flask) -> Iterator[tuple[str, TestResponse]]:
    """Yield what every route answers to a stranger, and what an unknown address does."""
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods or ()):
            response = client.open(address(rule.rule), method=method)
            yield f"{method} {rule.rule}", response
    yield "GET /nowhere", client.get("/nowhere")


def lacking(response: TestResponse) -> list[str]:
    """Return which headers a response lacks."""
    headers = response.headers
    wanted = {
        "X-Content-Type-Options": headers.get("X-Content-Type-Options") == "nosniff",
        "Referrer-Policy": "Referrer-Policy" in headers,
        "Content-Security-Policy": "frame-ancestors 'none'"
        in headers.get("Content-Security-Policy", ""),
        "Cache-Control": "no-store" in headers.get("Cache-Control", "")
        or response.mimetype != "text/html"
        or not response.data,
    }
    return [name for name, is_there in wanted.items() if not is_there]


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_answer_has_the_guarding_headers(apps: dict[str, Flask], program: str) -> None:
    found = {what: lacking(response) for what, response in answers(apps[program])}
    assert len(found) > 4
    assert {} == {what: names for what, names in found.items() if names}


@pytest.mark.parametrize("program", ["broker", "portal"])
def test_cookies_are_out_of_reach_of_scripts_and_other_sites(
    apps: dict[str, Flask], program: str
) -> None:
    page = {"broker": "/login", "portal": "/apply"}[program]
    cookies = apps[program].test_client().get(page).headers.getlist("Set-Cookie")
    assert 1 == len(cookies)
    for flag in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookies[0]
    # Plain http on loopback; `Secure` and `__Host-` come with https (tests/consent/test_session).
    assert "Domain" not in cookies[0]


@pytest.mark.parametrize("program", ["broker", "portal"])
def test_no_form_is_taken_without_its_token(apps: dict[str, Flask], program: str) -> None:
    app = apps[program]
    client = app.test_client()
    client.get("/apply" if program == "portal" else "/login")
    forms = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.endpoint.startswith(("consent.", "pages."))
    ]
    assert len(forms) > 1
    assert {403} == {client.post(address(form), data={}).status_code for form in forms}
