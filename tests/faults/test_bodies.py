"""Bodies that no client of ours sends: each is one clear problem, at the broker and the gateways.

Nothing in them may reach a log, since a programme could write a NIK into any of them.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from broker.demo.population import InventedPerson
from broker.gateway.app import MAX_BODY_BYTES, build_app
from broker.web import STATEMENT_LIMIT_BYTES, VERIFICATION_LIMIT_BYTES
from tests.faults.parties import VERIFICATIONS, Caller, assert_problem, assert_silent
from tests.world import World

PLACES = {
    VERIFICATIONS: VERIFICATION_LIMIT_BYTES,
    "/v1/formulas": STATEMENT_LIMIT_BYTES,
    "/v1/decisions": STATEMENT_LIMIT_BYTES,
    "/v1/questions": MAX_BODY_BYTES,
}
NIK = "3510991234567890"
MALFORMED = {
    "white space": b" \n",
    "no JSON": b"nik=" + NIK.encode(),
    "cut": b'{"v":1,"messages":[{"jwe":',
    "two values": b"{}{}",
    "no UTF-8": b'{"v":"\xff\xfe"}',
    "a lone surrogate": b'{"v":"\\ud800"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b'{"v":NaN}',
    "single quotes": b"{'v':1}",
    "deep": b"[" * 3_000 + b"]" * 3_000,
    "a member twice": b'{"v":1,"v":1,"messages":[]}',
    "a member twice, spelt otherwise": b'{"v":1,"\\u0076":1,"messages":[]}',
    "a member twice, further in": b'{"statement":[{"x":{"nik":"1","nik":"2"}}]}',
    "null": b"null",
    "a list": b"[]",
    "a text": b'"' + NIK.encode() + b'"',
    "a number": NIK.encode(),
    "a huge number": b"9" * 4_000,
    "a huge exponent": b'{"v":1e999999}',
    "unknown members": b'{"nik":"' + NIK.encode() + b'"}',
    "a member named by a person": b'{"' + NIK.encode() + b'":1}',
    "prototype": b'{"__proto__":{},"constructor":{}}',
}


@pytest.fixture
def clients(world: World, caller: Caller) -> dict[str, FlaskClient]:
    gateway = build_app(world.gateways["polri"]).test_client()
    return {path: gateway if path == "/v1/questions" else caller.client for path in PLACES}


@pytest.mark.parametrize("path", PLACES)
def test_what_is_no_request_is_refused_with_a_reason(
    world: World,
    caller: Caller,
    person: InventedPerson,
    clients: dict[str, FlaskClient],
    lines: list[str],
    path: str,
) -> None:
    sizes = [world.broker.log.size, world.gateways["polri"].log.size]
    bodies: list[str] = []
    for name, body in MALFORMED.items():
        response = clients[path].post(path, data=body, headers=caller.headers(path))
        told = assert_problem(response, 400, "malformed")
        assert NIK not in response.text, name
        bodies += [response.text, str(told)]
    assert sizes == [world.broker.log.size, world.gateways["polri"].log.size]
    assert_silent(world, person, [*bodies, *lines])
    assert not any(NIK in line for line in lines)


@pytest.mark.parametrize("path", PLACES)
def test_a_body_one_byte_too_long_is_refused(
    caller: Caller, clients: dict[str, FlaskClient], path: str
) -> None:
    body = b" " * (PLACES[path] + 1)
    response = clients[path].post(path, data=body, headers=caller.headers(path))
    told = assert_problem(response, 413, "too-large")
    assert str(PLACES[path]) in told["detail"]


@pytest.mark.parametrize("path", PLACES)
def test_a_body_that_says_to_be_short_and_is_long_is_not_read_on(
    caller: Caller, clients: dict[str, FlaskClient], path: str
) -> None:
    """Servers hand over as much as they were told; what follows is another request, or nothing."""
    response = _post(clients[path], path, caller, b"{}" + b" " * 100, content_length="2")
    assert_problem(response, 400, "malformed")


@pytest.mark.parametrize("path", PLACES)
def test_a_body_shorter_than_it_says_is_refused(
    caller: Caller, clients: dict[str, FlaskClient], path: str
) -> None:
    response = _post(clients[path], path, caller, b"{}", content_length="2000")
    told = assert_problem(response, 400, "malformed")
    assert "shorter" in told["detail"]


@pytest.mark.parametrize("path", PLACES)
def test_a_body_without_a_length_is_refused(
    caller: Caller, clients: dict[str, FlaskClient], path: str
) -> None:
    """A chunked body over a server's own limit may arrive cut, with nothing to tell it by."""
    headers = {**caller.headers(path), "Transfer-Encoding": "chunked"}
    response = clients[path].post(path, headers=headers)
    assert_problem(response, 411, "length-required")


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("length", ["-5", "many"])
def test_a_length_that_is_none_is_refused(
    caller: Caller, clients: dict[str, FlaskClient], path: str, length: str
) -> None:
    response = _post(clients[path], path, caller, b"{}", content_length=length)
    assert_problem(response, 400, "malformed")


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jose", "nonsense"]
)
def test_a_body_of_another_type_is_refused(
    caller: Caller, clients: dict[str, FlaskClient], path: str, kind: str
) -> None:
    headers = {**caller.headers(path), "Content-Type": kind}
    response = clients[path].post(path, data=b"{}", headers=headers)
    assert_problem(response, 415, "wrong-content-type")


@pytest.mark.parametrize("path", [*PLACES, "/v1/catalogue", "/v1/agencies", "/log/checkpoint"])
def test_another_method_is_a_problem_that_says_which_ones_there_are(
    clients: dict[str, FlaskClient], path: str
) -> None:
    client = clients.get(path, clients["/v1/formulas"])
    response = client.delete(path)
    assert 405 == response.status_code
    assert "application/problem+json" == response.content_type
    assert response.headers["Allow"]


@pytest.mark.parametrize("path", ["/v1/", "/v1/people", f"/v1/verifications/{NIK}/x", "/log/x"])
def test_an_unknown_address_is_a_problem_that_does_not_repeat_it(
    caller: Caller, path: str, lines: list[str]
) -> None:
    response = caller.client.get(path)
    assert 404 == response.status_code
    assert "application/problem+json" == response.content_type
    assert NIK not in response.text
    assert not any(NIK in line for line in lines)


def test_an_unknown_page_is_a_page_in_plain_words(caller: Caller) -> None:
    response = caller.client.get("/people")
    assert 404 == response.status_code
    assert response.content_type.startswith("text/html")
    assert "tidak ada" in response.text


@pytest.mark.parametrize("wait", ["-1", "x", "1e9", "\u0661", "9999", ""])
def test_a_wait_that_is_no_number_of_seconds_is_refused(caller: Caller, wait: str) -> None:
    path = f"{VERIFICATIONS}/{'A' * 22}"
    response = caller.client.get(
        path, query_string={"wait": wait}, headers=caller.headers(path, htm="GET")
    )
    assert_problem(response, 400, "malformed")


def _post(
    client: FlaskClient, path: str, caller: Caller, body: bytes, *, content_length: str
) -> TestResponse:
    overrides: dict[str, Any] = {"CONTENT_LENGTH": content_length}
    return client.post(path, data=body, headers=caller.headers(path), environ_overrides=overrides)
