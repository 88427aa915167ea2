"""A receipt's status over HTTP: for whoever has its reference, and nobody learns anything else."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from broker.app import web_app
from broker.problems import register_problems
from broker.receipts_web import receipts_blueprint
from consent.digital_receipt import SCHEMA_PATH, STATUS_PATH
from consent.receipt_check import CheckedDigitalReceipt, check_digital_receipt
from consent.receipt_schema import schema
from consent.status_check import check_status
from tests.consent.digital import members
from tests.world import World


@pytest.fixture
def client(world: World) -> FlaskClient:
    return web_app(world.broker).test_client()


@pytest.fixture
def text(world: World) -> str:
    """Return the receipt of a grant that was just given."""
    issued = world.broker.receipts().issue(world.consent(world.person("eligible")))
    assert issued is not None
    return issued


def checked(world: World, text: str) -> CheckedDigitalReceipt:
    trusted = (world.broker.keys.consent.public,)
    return check_digital_receipt(text, world.log_verifier, schema=schema(), keys=trusted)


def test_the_address_in_a_receipt_says_what_is_true_of_it(
    world: World, client: FlaskClient, text: str
) -> None:
    receipt = checked(world, text)
    address = receipt.document["@id"]
    assert address.startswith(world.broker.settings.issuer + STATUS_PATH)
    path = address.removeprefix(world.broker.settings.issuer)
    response = client.get(path)
    assert (200, "no-store") == (response.status_code, response.headers["Cache-Control"])
    said = check_status(response.get_json()["status"], receipt, world.log_verifier)
    assert "live" == said.state

    grant = world.broker.grants.of_person(world.person_id(world.person("eligible")))[0]
    world.broker.grants.withdraw(grant.grant_id, grant.person_id)
    later = check_status(client.get(path).get_json()["status"], receipt, world.log_verifier)
    assert "withdrawn" == later.state


def test_nothing_else_of_a_grant_is_a_reference(
    world: World, client: FlaskClient, text: str
) -> None:
    grant = world.broker.grants.of_person(world.person_id(world.person("eligible")))[0]
    person = world.person("eligible")
    for guess in (grant.grant_id, grant.g, grant.person_id, grant.subject, person.nik, "1"):
        response = client.get(STATUS_PATH + guess)
        assert (404, "application/problem+json") == (response.status_code, response.mimetype)
        assert "/problems/unknown" == response.get_json()["type"]
        assert guess not in response.text


def test_who_looks_up_too_many_is_asked_to_wait(world: World, text: str) -> None:
    app = Flask("narrow")
    register_problems(app)
    app.register_blueprint(receipts_blueprint(world.broker.receipts(), limit="2 per minute"))
    client = app.test_client()
    path = STATUS_PATH + members(text)["dct:identifier"]
    assert [200, 404, 429] == [
        client.get(each).status_code for each in (path, STATUS_PATH + "x" * 22, path)
    ]
    refused = client.get(path)
    assert ("60", "/problems/too-many-requests") == (
        refused.headers["Retry-After"],
        refused.get_json()["type"],
    )


def test_the_schema_stands_where_the_receipt_says(
    world: World, client: FlaskClient, text: str
) -> None:
    named = members(text)["dct:conformsTo"][1]
    assert named == world.broker.settings.issuer + SCHEMA_PATH
    response = client.get(SCHEMA_PATH)
    assert (200, "application/schema+json") == (response.status_code, response.mimetype)
    assert schema() == json.loads(response.data)


def test_the_words_stand_where_the_receipt_says(
    world: World, client: FlaskClient, text: str
) -> None:
    notice = members(text)["dpv:hasRecordOfActivity"]["dpv:hasNotice"]
    path = notice["@id"].removeprefix(world.broker.settings.issuer)
    assert 200 == client.get(path).status_code
