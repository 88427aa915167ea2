"""A log that cannot append: nothing leaves (P2), everybody is told, and it goes on afterwards."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from audit.note import parse_vkey
from audit.source import open_source
from audit.verify import verify
from broker.demo.population import InventedPerson
from broker.gateway.app import build_app
from broker.programme.statements import formula_statement
from tests.faults.full_disk import log_refusing
from tests.faults.parties import Caller, assert_problem, assert_silent, entries_after
from tests.world import World


def test_without_an_entry_no_question_leaves(
    world: World, caller: Caller, person: InventedPerson, lines: list[str]
) -> None:
    caller.ask(questions=caller.granted("pln"))  # the keys are in the log, and a connection is open
    size = world.broker.log.size
    world.network.carried.clear()
    with log_refusing(world.broker.log):
        response = caller.ask(questions=caller.granted("polri"))
        told = assert_problem(response, 503, "log-unavailable")
        assert "request_id" in told["detail"]
    assert [] == world.network.carried
    assert size == world.broker.log.size
    assert_silent(world, person, [response.text, *lines])

    again = caller.ask(questions=caller.granted("polri"))
    assert "complete" == again.get_json()["status"]
    _assert_verifies(world)


def test_the_same_request_id_does_not_ask_behind_the_log_s_back(
    world: World, caller: Caller
) -> None:
    """It stands for a request that ended; what it returns names no answer and sends nothing."""
    body = {"questions": caller.granted("polri"), "request_id": "request-of-a-bad-day"}
    caller.ask(questions=caller.granted("pln"))
    with log_refusing(world.broker.log):
        caller.ask(**body)
    world.network.carried.clear()
    (item,) = caller.ask(**body).get_json()["items"]
    assert ("unavailable", "log_unavailable") == (item["status"], item["reason"])
    assert [] == world.network.carried


def test_a_refusal_that_cannot_be_logged_is_no_refusal(world: World, caller: Caller) -> None:
    world.broker.grants.withdraw(caller.grant.grant_id, caller.grant.person_id)
    with log_refusing(world.broker.log):
        assert_problem(caller.ask(), 503, "log-unavailable")
    size = world.broker.log.size
    assert_problem(caller.ask(), 403, "grant-not-live")
    assert "access.refused" in [entry.kind for entry in entries_after(world, size)]


def test_a_key_that_cannot_be_logged_is_not_used(world: World, caller: Caller) -> None:
    world.network.carried.clear()
    with log_refusing(world.broker.log):
        assert_problem(caller.ask(), 503, "log-unavailable")
    assert [] == world.network.carried


def test_a_formula_that_cannot_be_logged_is_not_in_force(world: World, caller: Caller) -> None:
    (formula, *_) = next(iter(world.broker.policy.formulas.values()))
    identity = world.identities[formula.programme]
    hour = world.clock().replace(minute=0, second=0, microsecond=0)
    statement = formula_statement(formula, identity, valid_from=hour + timedelta(days=3))
    with log_refusing(world.broker.log):
        response = caller.client.post("/v1/formulas", json={"statement": statement})
        assert_problem(response, 503, "log-unavailable")
    assert 201 == caller.client.post("/v1/formulas", json={"statement": statement}).status_code


def test_a_consent_that_cannot_be_logged_is_not_live(world: World) -> None:
    person = world.person("withdraws")
    with log_refusing(world.broker.log), pytest.raises(Exception, match="log"):
        world.consent(person)
    live = [
        grant
        for grant in world.broker.grants.of_person(world.person_id(person))
        if grant.index is not None
    ]
    assert [] == live


def test_a_withdrawal_that_cannot_be_logged_is_told_in_plain_words(
    world: World, caller: Caller, person: InventedPerson, lines: list[str]
) -> None:
    """She must not believe that it is done; trying again then does it."""
    browser = caller.client
    origin = world.broker.settings.issuer
    _sign_in(browser, person, origin)
    path = f"/grants/{caller.grant.n}/withdraw"
    page = browser.get(path, base_url=origin).text
    with log_refusing(world.broker.log):
        response = browser.post(path, data=_hidden(page), base_url=origin)
    assert 503 == response.status_code
    assert response.content_type.startswith("text/html")
    assert person.nik not in response.text
    assert not any(person.nik in line or person.name in line for line in lines)

    page = browser.get(path, base_url=origin).text
    assert 303 == browser.post(path, data=_hidden(page), base_url=origin).status_code
    assert_problem(caller.ask(), 403, "grant-not-live")


def test_reading_goes_on_while_nothing_can_be_written(world: World, caller: Caller) -> None:
    with log_refusing(world.broker.log):
        for path in ("/log/checkpoint", "/v1/catalogue", "/healthz", "/login"):
            assert 200 == caller.client.get(path).status_code


# The gateway's own log


def test_an_answer_that_the_gateway_cannot_log_does_not_leave(
    world: World, caller: Caller, person: InventedPerson, lines: list[str]
) -> None:
    gateway = world.gateways["polri"]
    with log_refusing(gateway.log):
        response = caller.ask(questions=caller.granted("pln", "polri"))
    items = {item["agency"]: item for item in response.get_json()["items"]}
    assert "answered" == items["pln"]["status"]
    assert ("unavailable", "agency_error") == (
        items["polri"]["status"],
        items["polri"]["reason"],
    )
    assert "answer" not in items["polri"]
    assert 0 == gateway.log.size
    assert any("log_unavailable" in line for line in lines)
    assert_silent(world, person, lines)


def test_a_refusal_that_the_gateway_cannot_log_is_no_refusal(world: World) -> None:
    gateway = world.gateways["polri"]
    client: FlaskClient = build_app(gateway).test_client()
    with log_refusing(gateway.log):
        told: Any = client.post("/v1/questions", json={"v": 1, "messages": [{}]}).get_json()
    (answer,) = told["answers"]
    assert "/problems/log-unavailable" == answer["problem"]["type"]
    assert 503 == answer["problem"]["status"]


def _sign_in(browser: FlaskClient, person: InventedPerson, origin: str) -> None:
    page = browser.get("/login", base_url=origin).text
    form = {**_hidden(page), "nik": person.nik, "pin": person.pin}
    assert 303 == browser.post("/login", data=form, base_url=origin).status_code


def _hidden(page: str) -> dict[str, str]:
    form = page.rpartition("<form")[2].partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    return {name: unescape(value) for name, value in found}


def _assert_verifies(world: World) -> None:
    source = open_source(str(world.broker.settings.log_path))
    assert world.broker.log.size == verify(source, parse_vkey(world.prepared.vkey)).size
