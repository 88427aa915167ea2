"""The broker's parsers of what others send: what they read goes back out, or it is our error.

Beside random values each gets right input with one thing changed, which goes deeper.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from broker.agencies import AgencyError, _parse_keys
from broker.bodies import read_json
from broker.dispatch import _only_item
from broker.envelope import _MOST_SEALED
from broker.errors import MessageError
from broker.jwe import parse_jwe
from broker.problems import Problem
from broker.programmes import Programmes
from broker.requests import parse_verification
from keys.errors import KeysError
from keys.statements import Statement, sign_statement
from tests.broker.forging import AGENCY, AGENCY_KEY, AGENCY_ROOT, AGENCY_SEALING, AT, Forger
from tests.broker.sealed import json_values

RIGHT_REQUEST: dict[str, Any] = {
    "grant_id": "A" * 22,
    "questions": [{"agency": "polri", "question": "owns_car", "params": {"rupiah": 5}}],
    "answer_key": {"kty": "AKP"},
    "answer_key_statement": "a.b.c",
    "request_id": "r" * 16,
}


def _statement(use: str, thumbprint: str) -> str:
    return sign_statement(Statement(AGENCY, use, thumbprint, AT - 10, AT + 10), AGENCY_ROOT)


RIGHT_KEYS: dict[str, Any] = {
    "v": 1,
    "owner": AGENCY,
    "keys": [
        {
            "use": "seal",
            "jwk": AGENCY_SEALING.public.jwk(),
            "statement": _statement("seal", AGENCY_SEALING.thumbprint),
        },
        {
            "use": "sign",
            "jwk": AGENCY_KEY.public.jwk(),
            "statement": _statement("sign", AGENCY_KEY.public.thumbprint),
        },
    ],
}


def changed(value: Any, path: list[int], new: Any) -> Any:
    """Return `value` with the part at `path` replaced; each step is taken modulo what is there."""
    if not path or not isinstance(value, dict | list) or not value:
        return new
    names = sorted(value) if isinstance(value, dict) else list(range(len(value)))
    name = names[path[0] % len(names)]
    return type(value)(
        {**value, name: changed(value[name], path[1:], new)}
        if isinstance(value, dict)
        else [changed(each, path[1:], new) if i == name else each for i, each in enumerate(value)]
    )


paths = st.lists(st.integers(0, 9), max_size=4)


@given(paths, json_values)
def test_any_request_is_read_or_refused(path: list[int], new: Any) -> None:
    with suppress(Problem, orjson.JSONDecodeError):
        body = orjson.loads(json.dumps(changed(RIGHT_REQUEST, path, new)))
        read = parse_verification(body)
        assert body["request_id"] == read.request_id
        assert len(body["questions"]) == len(read.questions or ())
    with suppress(Problem, orjson.JSONDecodeError):
        parse_verification(orjson.loads(json.dumps(new)))


@given(st.binary(max_size=200))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    _read(body)


@given(json_values.map(lambda value: json.dumps(value).encode()), st.integers(0, 60), st.binary())
def test_any_body_near_json_is_read_as_json_says_or_refused(
    body: bytes, at: int, inserted: bytes
) -> None:
    _read(body[:at] + inserted[:3] + body[at:])


def _read(body: bytes) -> None:
    request = EnvironBuilder(
        method="POST", data=body, content_type="application/json", headers={}
    ).get_request()
    with suppress(Problem):
        found = read_json(request, limit_bytes=10_000)
        assert found == json.loads(body, parse_int=_int)


def _int(text: str) -> int | float:
    """Return what our reader makes of a number: no parser of ours takes one beyond 2^53 anyway."""
    return int(text) if -(2**63) <= int(text) < 2**64 else float(text)


@given(st.binary(max_size=100))
def test_any_response_of_a_gateway_is_read_or_refused(body: bytes) -> None:
    with suppress(MessageError):
        _only_item(body)


@given(paths, json_values)
def test_any_response_near_a_gateway_s_is_read_or_refused(path: list[int], new: Any) -> None:
    right = {"v": 1, "answers": [{"problem": {"type": "/problems/refused", "reason": "replayed"}}]}
    with suppress(MessageError, orjson.JSONEncodeError, TypeError):
        item = _only_item(json.dumps(changed(right, path, new)).encode())
        assert item.keys() <= {"message", "problem"}


@given(paths, json_values)
def test_any_keys_of_a_gateway_are_vouched_for_or_refused(path: list[int], new: Any) -> None:
    told = changed(RIGHT_KEYS, path, new)
    try:
        keys = _parse_keys(told, agency=AGENCY, root=AGENCY_ROOT.public, at=AT)
    except AgencyError:
        return
    assert AGENCY_SEALING.thumbprint == keys.seal.thumbprint
    assert AGENCY_KEY.public == keys.sign


FORGED = Forger().message().jwe


@given(st.sampled_from(sorted(FORGED)), json_values | st.text(alphabet="AQ-_=.x", max_size=50))
def test_any_part_of_an_envelope_is_read_or_refused(name: str, new: Any) -> None:
    with suppress(MessageError):
        jwe = parse_jwe({**FORGED, name: new}, most=_MOST_SEALED)
        assert jwe.protected == FORGED["protected"]
    with suppress(MessageError):
        parse_jwe(new, most=_MOST_SEALED)


@given(st.sampled_from(["alg", "cb", "crit", "cty", "ek", "enc", "epk", "kid", "typ"]), json_values)
def test_any_header_of_an_envelope_is_read_or_refused(name: str, new: Any) -> None:
    with suppress(MessageError, TypeError, ValueError):
        message = Forger(header=lambda header: {**header, name: new}).message()
        parse_jwe(message.jwe, most=_MOST_SEALED)


@given(st.dictionaries(st.sampled_from(["pub", "stmt", "kid"]), st.text(max_size=50)))
def test_any_signer_of_a_statement_is_known_or_refused(header: dict[str, str]) -> None:
    class Registered(Programmes):
        def __init__(self) -> None:
            """Need no database."""

        def roots(self) -> Any:
            return {"pkh": AGENCY_ROOT.public}

    with suppress(KeysError):
        Registered().signing_key(header, at=AT)
