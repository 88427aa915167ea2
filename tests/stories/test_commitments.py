"""A programme commits to formulas before it uses them, and to having decided (P10)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from audit.entry import parse_entry
from audit.proof import check_proof
from broker.app import web_app
from broker.programme.statements import decision_statement, formula_statement
from policies.eligibility import Formula, formula_digest
from tests.world import World

DIGEST = hashlib.sha256(b"what was decided").hexdigest()


@pytest.fixture
def client(world: World) -> FlaskClient:
    app: Flask = web_app(world.broker)
    return app.test_client()


def _formula(world: World) -> Formula:
    person = world.person("eligible")
    found = world.broker.policy.formula(
        person.programme, person.village_code, on=world.clock().date()
    )
    assert found is not None
    return found


def _in_a_while(world: World, **by: float) -> datetime:
    return (world.clock() + timedelta(**by)).replace(minute=0, second=0, microsecond=0)


def _post(client: FlaskClient, kind: str, statement: str) -> TestResponse:
    return client.post(f"/v1/{kind}", json={"statement": statement})


def _decision(world: World, *, formula: str, digest: str = DIGEST, **changed: str) -> str:
    grant = world.consent(world.person("eligible"))
    found = world.ask(grant)
    members = {
        "subject": found.subject,
        "verification_id": found.verification_id,
        "formula": formula,
        "digest": digest,
    }
    return decision_statement(world.identities[grant.programme], **{**members, **changed})


def test_a_formula_with_notice_is_logged_with_its_proof(world: World, client: FlaskClient) -> None:
    formula = _formula(world)
    later = _in_a_while(world, hours=26)
    statement = formula_statement(formula, world.identities[formula.programme], valid_from=later)
    told = _post(client, "formulas", statement)
    assert 201 == told.status_code
    body = told.get_json()
    index, _ = check_proof(body["proof"], body["entry"].encode(), world.log_verifier)
    assert body["index"] == index
    assert formula_digest(formula) == parse_entry(body["entry"].encode()).members["formula"]


def test_a_formula_without_notice_is_refused(world: World, client: FlaskClient) -> None:
    formula = _formula(world)
    soon = _in_a_while(world, hours=23)
    statement = formula_statement(formula, world.identities[formula.programme], valid_from=soon)
    size = world.broker.log.size
    told = _post(client, "formulas", statement)
    assert (400, "from") == (told.status_code, told.get_json()["member"])
    assert size == world.broker.log.size


def test_a_formula_decides_nothing_before_its_time(world: World, client: FlaskClient) -> None:
    formula = _formula(world)
    commitments = world.broker.commitments()
    area = formula.area
    before = commitments.in_force(formula.programme, area, at=world.clock())
    later = _in_a_while(world, hours=26)
    changed = world.broker.policy.formulas["bpnt", area][-1]
    statement = formula_statement(changed, world.identities["bpnt"], valid_from=later)
    assert 201 == _post(client, "formulas", statement).status_code
    assert before == commitments.in_force(formula.programme, area, at=world.clock())


def test_the_same_statement_gives_the_same_entry(world: World, client: FlaskClient) -> None:
    statement = _decision(world, formula=formula_digest(_formula(world)))
    first = _post(client, "decisions", statement)
    size = world.broker.log.size
    assert 201 == first.status_code, first.get_json()
    assert first.get_json()["index"] == _post(client, "decisions", statement).get_json()["index"]
    assert size == world.broker.log.size


def test_a_decision_by_a_formula_that_is_not_in_force_is_refused(
    world: World, client: FlaskClient
) -> None:
    told = _post(client, "decisions", _decision(world, formula="0" * 64))
    assert (409, "/problems/formula-not-in-force") == (told.status_code, told.get_json()["type"])


def test_a_decision_about_somebody_else_is_refused(world: World, client: FlaskClient) -> None:
    formula = formula_digest(_formula(world))
    told = _post(client, "decisions", _decision(world, formula=formula, subject="x" * 43))
    assert (400, "subject") == (told.status_code, told.get_json()["member"])


def test_another_programme_cannot_decide_in_this_one_s_name(
    world: World, client: FlaskClient
) -> None:
    grant = world.consent(world.person("eligible"))
    found = world.ask(grant)
    other = next(one for name, one in world.identities.items() if name != grant.programme)
    statement = decision_statement(
        other,
        subject=found.subject,
        verification_id=found.verification_id,
        formula=formula_digest(_formula(world)),
        digest=DIGEST,
    )
    told = _post(client, "decisions", statement)
    assert (400, "verification_id") == (told.status_code, told.get_json()["member"])


def test_a_statement_that_nobody_known_signed_is_refused(world: World, client: FlaskClient) -> None:
    statement = _decision(world, formula=formula_digest(_formula(world)))
    head, payload, signature = statement.split(".")
    for forged in (
        f"{head}.{payload}.{'A' * len(signature)}",
        f"{head}.{payload}A.{signature}",
        "nonsense",
        "a.b.c",
    ):
        told = _post(client, "decisions", forged)
        assert (401, "/problems/invalid-signature") == (told.status_code, told.get_json()["type"])


def test_the_log_says_that_a_decision_was_made_and_not_which(
    world: World, client: FlaskClient
) -> None:
    told = _post(client, "decisions", _decision(world, formula=formula_digest(_formula(world))))
    entry = parse_entry(told.get_json()["entry"].encode())
    assert "decision.made" == entry.kind
    assert {"programme", "tag", "formula", "digest"} == set(entry.members)
