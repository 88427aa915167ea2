"""The auditors' API: who may open what, what is on record, and what an opening does not hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session, select
from werkzeug.test import TestResponse

from audit.sample import commitment
from audit.trace import format_trace_key, reader_token
from broker.app import web_app
from broker.auditing import AUDITS_A_DAY
from broker.store import AuditedRow, AuditRow
from consent.grants import GrantRecord
from tests.audit.memory_log import TestSigner, log_of, some_entries
from tests.audits import TOKEN, audited
from tests.world import World

NONCE = bytes(range(32))


@pytest.fixture
def grant(world: World) -> GrantRecord:
    """Return a grant under which every agency was asked once."""
    audited(world)
    given = world.consent(world.person("eligible"))
    assert "complete" == world.ask(given).status
    return given


@pytest.fixture
def client(world: World, grant: GrantRecord) -> FlaskClient:
    return web_app(world.broker).test_client()


def begin(
    client: FlaskClient, world: World, *, token: str | None = TOKEN, **changed: Any
) -> TestResponse:
    body = {
        "checkpoint": world.broker.log.checkpoint(),
        "n": 300,
        "commitment": commitment(NONCE).hex(),
        **changed,
    }
    return client.post("/v1/openings", json=body, headers=_bearer(token))


def reveal(
    client: FlaskClient, audit_id: str, *, token: str | None = TOKEN, nonce: bytes = NONCE
) -> TestResponse:
    body = {"nonce": nonce.hex()}
    return client.post(f"/v1/openings/{audit_id}", json=body, headers=_bearer(token))


def _bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def test_all_accesses_of_a_small_log_are_opened(
    client: FlaskClient, world: World, grant: GrantRecord
) -> None:
    audit_id = begin(client, world).get_json()["audit_id"]
    opened = reveal(client, audit_id).get_json()["openings"]
    assert len({item.agency for item in grant.granted}) == len(opened)
    assert {grant.g} == {each["opening"]["g"] for each in opened}


def test_an_opening_names_nobody(client: FlaskClient, world: World, grant: GrantRecord) -> None:
    audit_id = begin(client, world).get_json()["audit_id"]
    text = reveal(client, audit_id).text
    known = world.broker.persons.open(grant.person_id)
    key = format_trace_key("x", known.trace_key)[-43:]
    for secret in (known.nik, known.name, known.id, key, grant.subject, known.trace_key.hex()):
        assert secret not in text


def test_who_was_opened_when_is_on_record(
    client: FlaskClient, world: World, grant: GrantRecord
) -> None:
    audit_id = begin(client, world).get_json()["audit_id"]
    indexes = [each["index"] for each in reveal(client, audit_id).get_json()["openings"]]
    at = int(world.clock().timestamp())
    assert [(at, index) for index in indexes] == world.broker.audits().of_person(grant.person_id)
    with Session(world.broker.engine) as session:
        row = session.exec(select(AuditRow)).one()
    assert (indexes, NONCE.hex(), at) == (json.loads(row.indexes), row.nonce, row.opened_at)


def test_the_same_nonce_again_opens_the_same_and_records_it_once(
    client: FlaskClient, world: World
) -> None:
    audit_id = begin(client, world).get_json()["audit_id"]
    first = reveal(client, audit_id).get_json()
    assert first == reveal(client, audit_id).get_json()
    with Session(world.broker.engine) as session:
        assert len(first["openings"]) == len(session.exec(select(AuditedRow)).all())


def test_nobody_but_an_auditor_opens_anything(
    client: FlaskClient, world: World, grant: GrantRecord
) -> None:
    """A person's own token reads fresh entries; it must not open her neighbours'."""
    own = reader_token(world.broker.persons.open(grant.person_id).trace_key)
    audit_id = begin(client, world).get_json()["audit_id"]
    for token in (None, "wrong", own, ""):
        assert 401 == begin(client, world, token=token).status_code
        assert 401 == reveal(client, audit_id, token=token).status_code


def test_a_log_that_is_open_in_a_demo_opens_no_digest(world: World) -> None:
    client = web_app(world.broker).test_client()
    assert world.broker.settings.open_entries
    assert 401 == begin(client, world).status_code


def test_an_auditor_cannot_choose_after_he_saw_our_coin(client: FlaskClient, world: World) -> None:
    audit_id = begin(client, world).get_json()["audit_id"]
    refused = reveal(client, audit_id, nonce=bytes(32))
    assert (400, "nonce") == (refused.status_code, refused.get_json()["member"])
    with Session(world.broker.engine) as session:
        assert [] == session.exec(select(AuditedRow)).all()


def test_beginning_again_and_again_is_recorded_and_ends(client: FlaskClient, world: World) -> None:
    statuses = [begin(client, world).status_code for _ in range(AUDITS_A_DAY + 1)]
    assert [200] * AUDITS_A_DAY + [429] == statuses
    with Session(world.broker.engine) as session:
        assert AUDITS_A_DAY == len(session.exec(select(AuditRow)).all())
    world.clock.forward(days=1, seconds=1)
    assert 200 == begin(client, world).status_code


def test_an_audit_is_over_after_an_hour(client: FlaskClient, world: World) -> None:
    audit_id = begin(client, world).get_json()["audit_id"]
    world.clock.forward(seconds=3_601)
    assert 404 == reveal(client, audit_id).status_code
    assert 404 == reveal(client, "nothing").status_code


@pytest.mark.parametrize(
    "changed",
    [
        {"n": 0},
        {"n": 1_001},
        {"n": "300"},
        {"n": True},
        {"commitment": "x"},
        {"commitment": 1},
        {"checkpoint": 1},
        {"checkpoint": "x"},
        {"more": 1},
    ],
)
def test_what_cannot_be_audited_is_refused(
    client: FlaskClient, world: World, changed: dict[str, Any]
) -> None:
    assert 400 == begin(client, world, **changed).status_code


def test_a_checkpoint_of_another_log_is_refused(client: FlaskClient, world: World) -> None:
    other = log_of(some_entries(3), TestSigner(world.broker.log.origin, seed=9)).checkpoint()
    refused = begin(client, world, checkpoint=other)
    assert (400, "checkpoint") == (refused.status_code, refused.get_json()["member"])


def test_what_is_gone_is_said_to_be_gone(
    client: FlaskClient, world: World, grant: GrantRecord
) -> None:
    with world.broker.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM opening")
    audit_id = begin(client, world).get_json()["audit_id"]
    opened = reveal(client, audit_id).get_json()["openings"]
    assert opened
    assert all(each.keys() == {"index"} for each in opened)
