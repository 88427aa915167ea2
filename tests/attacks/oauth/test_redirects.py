"""Where people are sent: to registered addresses only, and always saying by whom."""

from __future__ import annotations

from html import unescape
from urllib.parse import parse_qs, parse_qsl, urljoin, urlsplit

import httpx2
import pytest

from broker.demo.browser import link
from broker.programme.errors import ReturnError
from broker.programme.returning import Pending, check_return
from tests.attacks.oauth.thief import STATE, VERIFIER, Person, Wire, consent_form


def variants(registered: str) -> list[str]:
    """Return addresses that a lax comparison would take for the registered one."""
    parts = urlsplit(registered)
    host, port = parts.hostname, parts.port
    return [
        registered + "/",
        registered + "?x=1",
        registered + "#fragment",
        registered + "/../elsewhere",
        registered + "%2f..%2felsewhere",
        registered.replace("/back", "/BACK"),
        registered.replace("/back", "//back"),
        registered.replace("/back", "/back/extra"),
        registered.replace("/back", ""),
        registered.replace("http://", "HTTP://"),
        registered.replace("http://", "https://"),
        registered.replace(f":{port}", ":1"),
        registered.replace(f":{port}", ""),
        registered.replace(str(host), "localhost"),
        registered.replace(str(host), f"{host}.evil.example"),
        registered.replace("http://", "http://user@"),
        registered.replace("http://", "http://evil.example@"),
        registered.replace("http://", "http://evil.example\\@"),
        f"https://evil.example/?{registered}",
        f"https://evil.example/#{registered}",
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/back",
        " " + registered,
        registered + "\n",
        registered + "\x00",
    ]


def test_no_other_address_is_taken_or_repeated(wire: Wire) -> None:
    for address in variants(wire.back.redirect_uri):
        response = wire.push(redirect_uri=address)
        assert (address, response.status_code) == (address, 400)
        assert response.json()["error"] == "invalid_request"
        assert "evil" not in response.text
        assert "Location" not in response.headers
    assert wire.push(redirect_uri=None).status_code == 400


def test_the_code_is_not_redeemed_for_another_address(wire: Wire) -> None:
    for address in (wire.back.redirect_uri + "/", "https://evil.example/", None):
        response = wire.redeem(wire.code(), redirect_uri=address)
        assert response.json()["error"] == "invalid_grant"


def test_an_authorization_link_of_somebodys_own_making_leads_nowhere(wire: Wire) -> None:
    """The open redirector: parameters in the link, which nobody pushed."""
    person = Person(wire.person)
    evil = {"redirect_uri": "https://evil.example/", "response_type": "code", "state": "x"}
    queries = [
        {"client_id": wire.client_id, **evil},
        {"client_id": wire.client_id, "request_uri": "urn:made:up", **evil},
        {"client_id": wire.client_id, "request_uri": "https://evil.example/request", **evil},
        {"client_id": "nobody", **evil},
        evil,
    ]
    person.shown(f"{wire.issuer}/grants")
    ours = urlsplit(wire.issuer).netloc
    for query in queries:
        page = person.browser.open(str(httpx2.URL(f"{wire.issuer}/oauth/authorize", params=query)))
        assert page.status in (400, 410)
        assert urlsplit(page.url).netloc == ours
        # The link to the other language repeats the query, but on our own page.
        assert {urlsplit(urljoin(page.url, each)).netloc for each in page.links} == {ours}


def test_parameters_beside_the_request_uri_change_nothing(wire: Wire) -> None:
    url = wire.authorize_url() + "&redirect_uri=https%3A%2F%2Fevil.example%2F&state=thiefs"
    Person(wire.person).allow(url)
    assert wire.brought()["state"] == STATE


@pytest.mark.parametrize(
    "next_", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_other_site(wire: Wire, next_: str) -> None:
    person = Person(wire.person)
    page = person.browser.open(str(httpx2.URL(f"{wire.issuer}/login", params={"next": next_})))
    (form,) = (form for form in page.forms if form.action == "/login")
    signed_in = {"nik": wire.person.nik, "pin": wire.person.pin, "next": next_}
    page = person.browser.send(page, form, signed_in)

    assert page.url == f"{wire.issuer}/"


def test_every_way_back_says_whose_it_is(wire: Wire) -> None:
    """Against the mix-up (RFC 9207): a code, a no, and an error each bring our `iss`."""
    wire.code()
    assert wire.brought()["iss"] == wire.issuer

    url = wire.authorize_url()
    person = Person(wire.stage.crowd.somebody())
    page = person.shown(url)
    form = consent_form(page)
    page = person.browser.send(page, form, {**dict.fromkeys(form.choices, "no")})
    said = parse_qs(urlsplit(unescape(link(page, wire.back.url))).query)
    assert said == {"error": ["access_denied"], "state": [STATE], "iss": [wire.issuer]}


def test_a_client_takes_no_code_of_another_server(wire: Wire) -> None:
    """The same from the client's side: another issuer's return, or one that names none."""
    pending = Pending(STATE, VERIFIER)
    code = wire.code()
    brought = dict(parse_qsl(urlsplit(wire.back.landed[-1]).query))
    assert check_return(brought, pending, issuer=wire.issuer) == code
    for change in ({"iss": "https://evil.example"}, {"iss": ""}, {"state": "another"}):
        with pytest.raises(ReturnError):
            check_return({**brought, **change}, pending, issuer=wire.issuer)
