"""Stolen codes: shown twice, at once, by another client, or without what they are bound to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from joserfc.jwk import ECKey

from tests.attacks.oauth.conftest import NewWire
from tests.attacks.oauth.thief import VERIFIER, Person, Wire, consent_form
from tests.consent.oauth_fixtures import s256

RACES = 5


def error(response: object) -> tuple[int, str]:
    return response.status_code, response.json().get("error", "")  # type: ignore[attr-defined]


def test_a_code_raced_at_two_brokers_gives_at_most_one_token_and_that_one_is_revoked(
    wire: Wire, twin: str
) -> None:
    for _ in range(RACES):
        code = wire.code()
        start = Barrier(2)

        def show(base: str, code: str = code, start: Barrier = start) -> object:
            # Each thief has made his assertion and proof before; only sending is left.
            form = {"client_assertion": wire.assertion()}
            proofs = (wire.proof("POST", "/oauth/token"),)
            start.wait(30)
            return wire.redeem(code, base=base, proofs=proofs, **form)

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(show, (wire.issuer, twin)))
        got = sorted(answers, key=lambda each: each.status_code)  # type: ignore[attr-defined]
        assert [error(each) for each in got] == [(200, ""), (400, "invalid_grant")]
        tokens = got[0].json()  # type: ignore[attr-defined]
        assert wire.ask(tokens).status_code == 401
        assert error(wire.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_code_shown_again_takes_its_tokens_along(wire: Wire) -> None:
    code = wire.code()
    tokens = wire.redeem(code).json()
    assert wire.ask(tokens).status_code in (200, 202)
    assert error(wire.redeem(code)) == (400, "invalid_grant")

    assert wire.ask(tokens).status_code == 401
    assert error(wire.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_code_without_the_clients_key(wire: Wire) -> None:
    """Code, verifier and assertion stolen; the DPoP key is not."""
    code = wire.code()
    thief = ECKey.generate_key("P-256")
    proofs = (wire.proof("POST", "/oauth/token", key=thief),)

    assert error(wire.redeem(code, proofs=proofs)) == (400, "invalid_grant")


@pytest.mark.parametrize("verifier", [None, "w" * 43, s256(VERIFIER), ""])
def test_a_code_without_its_verifier(wire: Wire, verifier: str | None) -> None:
    assert error(wire.redeem(wire.code(), code_verifier=verifier)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain", "code_challenge": VERIFIER},
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
    ],
)
def test_a_request_without_pkce(wire: Wire, changed: dict[str, str | None]) -> None:
    assert error(wire.push(**changed)) == (400, "invalid_request")


def test_a_code_at_another_client_and_a_request_under_another_name(new_wire: NewWire) -> None:
    """The swapped client: each end of the flow belongs to one of them."""
    honest, thief = new_wire(), new_wire()
    code = honest.code()
    assert error(thief.redeem(code)) == (400, "invalid_grant")
    url = honest.authorize_url().replace(honest.client_id, thief.client_id)
    assert Person(honest.person).shown(url).status == 410
    assert error(thief.redeem(code, client_id=honest.client_id)) == (401, "invalid_client")

    assert honest.redeem(code).status_code == 200  # none of it used anything up


def test_a_request_uri_is_answered_once_and_may_be_looked_at_before(wire: Wire) -> None:
    url = wire.authorize_url()
    person = Person(wire.person)
    first_tab = person.shown(url)
    person.allow(url)
    form = consent_form(first_tab)
    late = person.browser.send(first_tab, form, dict.fromkeys(form.choices, "yes"))

    # Her own browser leads to what came of it, any other to nothing.
    assert late.url == person.shown(url).url == f"{wire.issuer}/grants/1"
    assert Person(wire.person).shown(url).status == 410
    mine = wire.stage.broker.grants.of_person(_id(wire))
    assert len(mine) == 1


def test_a_refresh_token_without_the_key_or_at_another_client(new_wire: NewWire) -> None:
    honest, thief = new_wire(), new_wire()
    token = honest.redeem(honest.code()).json()["refresh_token"]
    stolen = (honest.proof("POST", "/oauth/token", key=thief.dpop_key),)
    assert error(honest.refresh(token, proofs=stolen)) == (400, "invalid_grant")
    thief.dpop_key = honest.dpop_key
    assert error(thief.refresh(token)) == (400, "invalid_grant")

    assert honest.refresh(token).status_code == 200


def _id(wire: Wire) -> str:
    found = wire.stage.broker.persons.sign_in(wire.person.nik, wire.person.pin)
    assert found is not None
    return found
