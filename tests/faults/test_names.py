"""Names that nobody has: agency, question, parameter, programme, area, purpose, grant.

Each is named by its member and never repeated, and what is no attempt on a person is not logged.
"""

from __future__ import annotations

from typing import Any

import pytest

from broker.demo.population import InventedPerson
from broker.errors import BrokerError
from broker.programme.identity import ProgrammeIdentity
from broker.programme.statements import FORMULA_TYP
from consent.grants import GrantRecord
from keys import base64url, jws
from keys.canonical import encode
from tests.faults.parties import Caller, assert_problem, assert_silent, entries_after
from tests.world import World

NIK = "3510991234567890"


@pytest.mark.parametrize(
    ("item", "member"),
    [
        ({"agency": "kpk", "question": "owns_car"}, "questions[0].agency"),
        ({"agency": NIK, "question": "owns_car"}, "questions[0].agency"),
        ({"agency": "Polri", "question": "owns_car"}, "questions[0].agency"),
        ({"agency": "", "question": "owns_car"}, "questions[0].agency"),
        ({"agency": 5, "question": "owns_car"}, "questions[0]"),
        ({"agency": "polri", "question": "has_account"}, "questions[0].question"),
        ({"agency": "polri", "question": NIK}, "questions[0].question"),
        ({"agency": "polri", "question": None}, "questions[0]"),
        ({"agency": "polri"}, "questions[0]"),
        ({"agency": "polri", "question": "owns_car", "nik": NIK}, "questions[0]"),
        ({"agency": "polri", "question": "owns_car", "optional": [[]]}, "questions[0].optional"),
        ({"agency": "polri", "question": "owns_car", "params": []}, "questions[0].params"),
        ({"agency": "polri", "question": "owns_car", "params": {NIK: 1}}, "questions[0].params"),
        ({"agency": "himbara", "question": "balance_above"}, "questions[0].params.rupiah"),
        (
            {"agency": "himbara", "question": "balance_above", "params": {"rupiah": 5_000_001}},
            "questions[0].params.rupiah",
        ),
        (
            {"agency": "himbara", "question": "balance_above", "params": {"rupiah": "5000000"}},
            "questions[0].params.rupiah",
        ),
        (
            {"agency": "himbara", "question": "balance_above", "params": {"rupiah": 5e6}},
            "questions[0].params",
        ),
        (
            {"agency": "himbara", "question": "balance_above", "params": {"rupiah": True}},
            "questions[0].params",
        ),
        (
            {"agency": "dukcapil", "question": "lives_in", "params": {"area": "35.10.15.9999"}},
            "questions[0].params.area",
        ),
    ],
)
def test_an_item_that_the_catalogue_does_not_have_is_named_and_not_logged(
    world: World, caller: Caller, item: dict[str, Any], member: str, lines: list[str]
) -> None:
    size = world.broker.log.size
    response = caller.ask(questions=[item])
    assert member == assert_problem(response, 400, "malformed")["member"]
    assert NIK not in response.text
    assert [] == entries_after(world, size)
    assert not any(NIK in line for line in lines)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("questions", []),
        ("questions", {}),
        ("questions", [{"agency": "polri", "question": "owns_car"}] * 65),
        ("questions", NIK),
        ("grant_id", NIK),
        ("grant_id", 5),
        ("request_id", "short"),
        ("request_id", "a" * 65),
        ("request_id", "a" * 15 + "\n"),
        ("request_id", None),
        ("answer_key", "text"),
        ("answer_key", {"kty": 5}),
        ("answer_key_statement", 5),
        ("answer_key_statement", NIK),
        ("answer_key_statement", "a.b.c"),
    ],
)
def test_a_member_that_is_not_of_its_form_is_named(
    world: World, caller: Caller, member: str, value: Any
) -> None:
    size = world.broker.log.size
    response = caller.ask(**{member: value})
    assert member == assert_problem(response, 400, "malformed")["member"]
    assert NIK not in response.text
    assert [] == entries_after(world, size)


@pytest.mark.parametrize("member", ["grant_id", "request_id", "answer_key", "answer_key_statement"])
def test_a_missing_member_is_named(caller: Caller, member: str) -> None:
    body = caller.body()
    del body[member]
    response = caller.client.post("/v1/verifications", json=body, headers=caller.headers())
    assert member == assert_problem(response, 400, "malformed")["member"]


def test_a_key_that_is_no_sealing_key_is_refused_and_nothing_is_asked(
    world: World, caller: Caller
) -> None:
    world.network.carried.clear()
    for jwk in ({}, {"kty": "oct", "k": "AA"}, {"kty": "AKP", "alg": "HPKE-9-KE", "pub": "AA"}):
        assert_problem(caller.ask(answer_key=jwk), 400, "malformed")
    assert [] == world.network.carried


def test_the_same_question_twice_is_refused(world: World, caller: Caller) -> None:
    world.network.carried.clear()
    item = {"agency": "polri", "question": "owns_car"}
    response = caller.ask(questions=[item, item])
    assert ["question"] == assert_problem(response, 403, "not-permitted")["reasons"]
    assert [] == world.network.carried


def test_an_unknown_grant_is_an_attempt_and_stands_in_the_log(
    world: World, caller: Caller, person: InventedPerson, lines: list[str]
) -> None:
    size = world.broker.log.size
    response = caller.ask(grant_id="A" * 22)
    assert_problem(response, 403, "grant-not-live")
    assert ["access.refused"] == [entry.kind for entry in entries_after(world, size)]
    assert_silent(world, person, [response.text, *lines])


def test_another_person_s_grant_is_an_attempt_that_she_sees(
    world: World, caller: Caller, person: InventedPerson
) -> None:
    other = world.consent(world.person("withdraws"))
    size = world.broker.log.size
    assert_problem(caller.ask(grant_id=other.grant_id), 403, "grant-not-live")
    (entry,) = entries_after(world, size)
    assert "access.refused" == entry.kind
    assert ["grant_of_another_token"] == entry.members["reasons"]


def test_another_client_s_verification_looks_like_none(world: World, caller: Caller) -> None:
    mine = caller.ask(questions=[{"agency": "polri", "question": "owns_car"}]).get_json()
    other = Caller(world, _of_another_client(world))
    for id_ in (mine["verification_id"], "A" * 22, NIK):
        path = f"/v1/verifications/{id_}"
        response = other.client.get(path, headers=other.headers(path, htm="GET"))
        assert_problem(response, 404, "unknown")
        assert id_ not in response.text


def test_a_programme_or_agency_that_is_none_is_not_registered(world: World) -> None:
    with pytest.raises(BrokerError, match="bpnt, pkh"):
        world.broker.add_client(
            "x", programme="blt", jwks={"keys": [{}]}, redirect_uris=(), root=None
        )
    with pytest.raises(BrokerError, match="polri"):
        world.broker.add_agency("kpk", url="http://127.0.0.1:9", root={})


@pytest.mark.parametrize(
    ("changed", "member"),
    [
        ({"area": "35.10.15.9999"}, "area"),
        ({"area": NIK}, "area"),
        ({"programme": "blt"}, "programme"),
        ({"programme": 5}, "programme"),
        ({"formula": "x"}, "formula"),
        ({"from": "2026-12-01"}, "from"),
        ({"from": "2026-11-24T13:00:00Z"}, "from"),
        ({"from": "9999-99-99T99:00:00Z"}, "from"),
        ({"v": 2}, "statement"),
        ({"nik": NIK}, "statement"),
    ],
)
def test_a_formula_of_no_area_or_programme_is_refused(
    world: World, caller: Caller, changed: dict[str, Any], member: str
) -> None:
    size = world.broker.log.size
    members = {
        "v": 1,
        "programme": "pkh",
        "area": "35.10.15.2004",
        "formula": "ab" * 32,
        "from": "2026-12-01T00:00:00Z",
        **changed,
    }
    statement = _signed(world.identities["pkh"], members)
    response = caller.client.post("/v1/formulas", json={"statement": statement})
    assert member == assert_problem(response, 400, "malformed")["member"]
    assert NIK not in response.text
    assert size == world.broker.log.size


@pytest.mark.parametrize(
    "statement", ["", "a.b", "a.b.c", "..", NIK, "\u00e9.\u00e9.", "a" * 7_000]
)
@pytest.mark.parametrize("path", ["/v1/formulas", "/v1/decisions"])
def test_a_statement_that_nobody_signed_is_refused(
    caller: Caller, path: str, statement: str
) -> None:
    response = caller.client.post(path, json={"statement": statement})
    assert_problem(response, 401, "invalid-signature")
    assert NIK not in response.text


def _signed(identity: ProgrammeIdentity, members: dict[str, Any]) -> str:
    key = identity.signing
    extra = {"pub": base64url.encode(key.public.raw), "stmt": identity.sign_statement}
    return jws.sign_compact(encode(members), key, typ=FORMULA_TYP, extra=extra)


def _of_another_client(world: World) -> GrantRecord:
    return world.consent(next(each for each in world.people if each.programme == "bpnt"))
