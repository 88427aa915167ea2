"""The OpenAPI document says what the API does: every route, every status, every schema."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from broker.app import web_app
from broker.openapi import document
from broker.problems import TYPES
from tests.world import World


@pytest.fixture
def app(world: World) -> Flask:
    return web_app(world.broker)


def _operations(described: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (method.upper(), path) for path, found in described["paths"].items() for method in found
    }


def test_every_route_of_the_api_is_described_and_no_other(app: Flask) -> None:
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == _operations(document("https://izin.example"))


def test_every_status_is_one_that_a_problem_can_have() -> None:
    statuses = {str(kind.status) for kind in TYPES.values()}
    for found in document("https://izin.example")["paths"].values():
        for operation in found.values():
            refused = {status for status in operation["responses"] if status >= "400"}
            assert refused <= statuses


def test_every_reference_leads_somewhere() -> None:
    described = document("https://izin.example")
    names = set(re.findall(r"#/components/schemas/(\w+)", repr(described)))
    assert set(described["components"]["schemas"]) == names


def test_what_is_answered_fits_its_schema(app: Flask, world: World) -> None:
    client = app.test_client()
    described = client.get("/openapi.json").get_json()
    assert document(world.broker.settings.issuer) == described
    schemas = described["components"]["schemas"]
    for path, name in (("/v1/catalogue", "Catalogue"), ("/v1/agencies", "Agencies")):
        answered = client.get(path).get_json()
        assert set(schemas[name]["properties"]) == set(answered)
        (many,) = (value for value in answered.values() if isinstance(value, list))
        (field,) = (key for key, value in answered.items() if isinstance(value, list))
        wanted = schemas[name]["properties"][field]["items"]["properties"]
        assert all(set(wanted) == set(one) for one in many)
