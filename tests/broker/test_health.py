"""/readyz says no before a question would fail, and writes no entry to find out."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pysqlite3.dbapi2 as sqlite
import pytest
from flask import Flask
from flask.testing import FlaskClient

from broker.gateway.app import build_app
from broker.health import failing, health_blueprint
from tests.world import World


@contextmanager
def no_room() -> Iterator[None]:
    """Let no file grow, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def client(world: World) -> FlaskClient:
    app = Flask("health")
    app.register_blueprint(health_blueprint(world.broker.log, world.broker.engine))
    return app.test_client()


def test_a_broker_that_can_log_is_ready_and_logs_nothing(world: World, client: FlaskClient) -> None:
    size = world.broker.log.size
    assert 200 == client.get("/readyz").status_code
    assert size == world.broker.log.size


def test_on_a_full_disk_it_is_not_ready_but_runs(client: FlaskClient) -> None:
    with no_room():
        assert 503 == client.get("/readyz").status_code
        assert 200 == client.get("/healthz").status_code


def test_when_there_is_room_again_it_is_ready_again(world: World) -> None:
    with no_room():
        assert ["log", "database"] == failing(world.broker.log, world.broker.engine)
    assert [] == failing(world.broker.log, world.broker.engine)


def test_a_log_that_was_moved_away_is_not_ready(world: World, client: FlaskClient) -> None:
    (world.plan.broker_home / "log.db").rename(world.plan.broker_home / "moved.db")
    assert 503 == client.get("/readyz").status_code


def test_a_closed_log_is_not_ready(world: World, client: FlaskClient) -> None:
    world.broker.log.close()
    assert 503 == client.get("/readyz").status_code


def test_a_log_that_another_process_writes_to_is_ready(world: World) -> None:
    other = sqlite.connect(str(world.plan.broker_home / "log.db"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        world.broker.log.check_ready()
    finally:
        other.close()


def test_a_gateway_says_what_fails(world: World) -> None:
    client = build_app(world.gateways["polri"]).test_client()
    assert {"status": "ok", "failing": []} == client.get("/readyz").json
    with no_room():
        response = client.get("/readyz")
    assert (503, {"log", "database"}) == (response.status_code, set(response.json["failing"]))
