"""Attacks on the person's browser: forged forms, frames, planted sessions, another's consent."""

from __future__ import annotations

import time
from statistics import median

import httpx2
import pytest

from broker.demo.browser import Browser
from tests.attacks.oauth.conftest import NewWire
from tests.attacks.oauth.thief import Person, Wire, consent_form

NOBODY = "3510990101900001"
WRONG = "000000"


def given(wire: Wire, nik: str, pin: str) -> int:
    """Return how many grants somebody has."""
    broker = wire.stage.broker
    person_id = broker.persons.sign_in(nik, pin)
    assert person_id is not None
    return len(broker.grants.of_person(person_id))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_a_form_sent_from_another_site_gives_nothing(wire: Wire, headers: dict[str, str]) -> None:
    person = Person(wire.person)
    form = consent_form(person.shown(wire.authorize_url()))
    answer = {**form.values, **dict.fromkeys(form.choices, "yes")}
    address = f"{wire.issuer}/oauth/authorize"
    response = person.browser._http.post(address, data=answer, headers=headers)

    assert response.status_code == 403
    assert given(wire, wire.person.nik, wire.person.pin) == 0


def test_a_form_with_another_sessions_token_gives_nothing(new_wire: NewWire) -> None:
    """The thief has an account too, and a page of his own with a token in it."""
    wire, thief = new_wire(), new_wire()
    person = Person(wire.person)
    form = consent_form(person.shown(wire.authorize_url()))
    his = consent_form(Person(thief.person).shown(thief.authorize_url()))
    answer = {**form.values, **dict.fromkeys(form.choices, "yes")}
    for token in (his.values["csrf_token"], "", "x" * 43):
        response = person.browser._http.post(
            f"{wire.issuer}/oauth/authorize", data={**answer, "csrf_token": token}
        )
        assert response.status_code == 403

    assert given(wire, wire.person.nik, wire.person.pin) == 0


def test_no_page_of_the_flow_can_be_framed_or_run_a_script(wire: Wire) -> None:
    person = Person(wire.person)
    url = wire.authorize_url()
    person.shown(url)
    http = person.browser._http
    for address in (url, f"{wire.issuer}/login", f"{wire.issuer}/grants", f"{wire.issuer}/nowhere"):
        headers = http.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"


def test_a_session_planted_before_the_sign_in_is_worth_nothing_after(wire: Wire) -> None:
    """The thief opens a session, has her sign in with it, and looks with his copy of the cookie."""
    thief = Browser()
    thief.open(f"{wire.issuer}/login")
    planted = dict(thief._http.cookies)
    assert planted
    person = Person(wire.person)
    for name, value in planted.items():
        person.browser._http.cookies.set(name, value, domain="localhost.local")
    person.allow(wire.authorize_url())

    assert thief.open(f"{wire.issuer}/grants").url.startswith(f"{wire.issuer}/login")
    assert set(person.browser._http.cookies.values()) - set(planted.values())


def test_nobody_consents_for_another_nik(new_wire: NewWire) -> None:
    """The form has no place for a NIK; one that is added changes nothing."""
    wire, other = new_wire(), new_wire()
    person = Person(wire.person)
    page = person.shown(wire.authorize_url())
    form = consent_form(page)
    answer = {**form.values, **dict.fromkeys(form.choices, "yes"), "nik": other.person.nik}
    response = person.browser._http.post(
        f"{wire.issuer}/oauth/authorize",
        data={**answer, "person": other.person.nik, "person_id": other.person.nik},
        headers={"Origin": wire.issuer},
    )

    assert response.status_code == 303
    assert given(wire, wire.person.nik, wire.person.pin) == 1
    assert given(wire, other.person.nik, other.person.pin) == 0


def test_the_way_back_of_one_person_is_not_anothers(new_wire: NewWire) -> None:
    wire, other = new_wire(), new_wire()
    Person(wire.person).allow(wire.authorize_url())
    stranger = Person(other.person)
    stranger.shown(f"{wire.issuer}/grants")
    landed = len(wire.back.landed)

    assert stranger.browser.open(f"{wire.issuer}/oauth/continue/1").status == 410
    assert len(wire.back.landed) == landed


def test_nobody_learns_from_sign_in_who_is_enrolled(wire: Wire) -> None:
    """The same answer, after the same work: a NIK that nobody has is not answered faster."""

    def wrong_pin(nik: str) -> tuple[float, str]:
        browser = Browser()
        page = browser.open(f"{wire.issuer}/login")
        (form,) = (form for form in page.forms if form.action == "/login")
        began = time.perf_counter()
        page = browser.send(page, form, {"nik": nik, "pin": WRONG})
        took = time.perf_counter() - began
        token = page.forms[0].values["csrf_token"]
        browser.close()
        return took, page.text.replace(token, "")

    known, unknown = [], []
    for _ in range(3):
        known.append(wrong_pin(wire.person.nik))
        unknown.append(wrong_pin(NOBODY))

    assert {text for _, text in known} == {text for _, text in unknown}
    hers, nobodys = (median(took for took, _ in tries) for tries in (known, unknown))
    # Without the hash for nobody it would be a tenth.
    assert 0.5 * hers < nobodys < 2 * hers


def test_introspection_tells_nobody_elses_tokens(new_wire: NewWire) -> None:
    honest, thief = new_wire(), new_wire()
    tokens = honest.redeem(honest.code()).json()
    for name in ("access_token", "refresh_token"):
        told = thief.post("/oauth/introspect", {"token": tokens[name]}, proofs=())
        assert told.json() == {"active": False}
        thief.post("/oauth/revoke", {"token": tokens[name]}, proofs=())
    mine = honest.post("/oauth/introspect", {"token": tokens["refresh_token"]}, proofs=())
    assert mine.json()["active"] is True


def test_the_grants_of_others_are_neither_seen_nor_ended(new_wire: NewWire) -> None:
    honest, thief = new_wire(), new_wire()
    grant_id = honest.redeem(honest.code()).json()["grant_id"]
    form = {
        "grant_type": "client_credentials",
        "scope": "grant_management_query grant_management_revoke",
    }
    token = thief.post("/oauth/token", form).json()["access_token"]
    answers = set()
    for method in ("GET", "DELETE"):
        for each in (grant_id, "A" * 22):
            path = f"/oauth/grants/{each}"
            answer = httpx2.request(
                method,
                thief.issuer + path,
                headers={
                    "Authorization": f"DPoP {token}",
                    "DPoP": thief.proof(method, path, token),
                },
            )
            answers.add((answer.status_code, answer.text))

    assert answers == {(404, '{"error":"invalid_grant_id"}\n')}
    grant = honest.stage.broker.grants.find(grant_id)
    assert grant is not None
    assert grant.state.value == "live"
