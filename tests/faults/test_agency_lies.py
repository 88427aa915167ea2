"""Answers that are whole and wrong: another's signature, another's question, another time.

The broker cannot open an answer; it takes only one that its agency signed for this question, now.
And messages that come to a gateway too late, too early or twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from audit.entry import parse_entry
from broker.binding import Cb, SeenCheckpoint, parse_cb
from broker.demo.population import InventedPerson
from broker.envelope import Message, seal_message
from broker.gateway.app import build_app
from broker.gateway.wiring import Gateway
from keys import base64url
from keys.canonical import parse
from keys.signing import SigningKey
from keys.xwing import SealingKey
from tests.faults.broken_agency import Altered
from tests.faults.parties import Caller, assert_silent, entries_after
from tests.world import World

JTI = base64url.encode(b"another-question")
ANYBODY = SealingKey.from_seed(b"\x55" * 32)


def cb_of(message: Any, kind: Any) -> Cb:
    header = parse(base64url.decode(message["jwe"]["protected"]))
    bound = header["cb"]
    assert isinstance(bound, dict)
    return parse_cb({name: value for name, value in bound.items() if name != "ph"}, kind=kind)


def signed_by(
    gateway: Gateway, *, key: SigningKey | None = None, change: Callable[[Cb], Cb] = lambda cb: cb
) -> Callable[[Any], Any]:
    """Return what replaces an answer by one with another binding or signature."""

    def changed(told: Any) -> Any:
        cb = change(cb_of(told["answers"][0]["message"], "answer"))
        message = seal_message(
            {"said": "nothing"},
            cb,
            kind="answer",
            recipient=ANYBODY.public,
            signer=key or gateway.identity.signing,
            statement=gateway.identity.sign_statement,
            randomness=gateway_random,
        )
        return {"v": 1, "answers": [{"message": message.members()}]}

    return changed


def gateway_random(size: int) -> bytes:
    return b"\x5c" * size


def _unreadable(change: Callable[[Cb], Cb]) -> tuple[str, Callable[[Cb], Cb]]:
    return "agency_answer_unreadable", change


BINDINGS: dict[str, tuple[str, Callable[[Cb], Cb]]] = {
    "to another question": ("agency_answer_of_another", lambda cb: replace(cb, rj=JTI)),
    "under another grant": (
        "agency_answer_of_another",
        lambda cb: replace(cb, cid=base64url.encode(b"c" * 32)),
    ),
    "of another agency": _unreadable(lambda cb: replace(cb, iss="pln")),
    "for another programme": _unreadable(lambda cb: replace(cb, aud="bpnt")),
    "for the broker": _unreadable(lambda cb: replace(cb, aud="izin.demo")),
    "that has expired": _unreadable(
        lambda cb: replace(cb, iat=cb.iat - 400, exp=cb.iat - 100, answer_by=cb.iat)
    ),
    "from the future": _unreadable(
        lambda cb: replace(cb, iat=cb.iat + 60, exp=cb.iat + 360, answer_by=cb.iat + 360)
    ),
}


@pytest.mark.parametrize("name", BINDINGS)
def test_an_answer_with_another_binding_is_not_taken(
    world: World, caller: Caller, lines: list[str], person: InventedPerson, name: str
) -> None:
    reason, change = BINDINGS[name]
    _alter(world, signed_by(world.gateways["polri"], change=change))
    _assert_failed(world, caller, person, lines, reason)


def test_the_same_answer_signed_by_the_agency_is_taken(world: World, caller: Caller) -> None:
    """What makes the others fail is what they change, not how they are made."""
    _alter(world, signed_by(world.gateways["polri"]))
    (item,) = caller.ask(questions=caller.granted("polri")).get_json()["items"]
    assert "answered" == item["status"]


@pytest.mark.parametrize(
    "key_of",
    [
        lambda world: world.gateways["pln"].identity.signing,
        lambda world: world.broker.keys.sender.key,
        lambda _: SigningKey.from_seed(b"\x66" * 32),
    ],
    ids=["another agency", "the broker", "a stranger"],
)
def test_an_answer_that_somebody_else_signed_is_not_taken(
    world: World,
    caller: Caller,
    lines: list[str],
    person: InventedPerson,
    key_of: Callable[[World], SigningKey],
) -> None:
    _alter(world, signed_by(world.gateways["polri"], key=key_of(world)))
    _assert_failed(world, caller, person, lines, "agency_answer_unreadable")


def test_the_answer_of_another_agency_is_not_taken(
    world: World, caller: Caller, lines: list[str], person: InventedPerson
) -> None:
    caller.ask(questions=caller.granted("pln"))
    told = world.network.carried[-1][2]
    _alter(world, lambda _: told)
    _assert_failed(world, caller, person, lines, "agency_answer_unreadable")


def test_an_earlier_answer_of_the_agency_is_not_taken(
    world: World, caller: Caller, lines: list[str], person: InventedPerson
) -> None:
    other = world.consent(next(each for each in world.people if each.programme == "bpnt"))
    Caller(world, other).ask(questions=Caller(world, other).granted("polri"))
    told = world.network.carried[-1][2]
    _alter(world, lambda _: told)
    _assert_failed(world, caller, person, lines, None)


@pytest.mark.parametrize("member", ["protected", "encrypted_key", "iv", "ciphertext", "tag"])
def test_an_answer_changed_on_its_way_is_not_taken(
    world: World, caller: Caller, lines: list[str], person: InventedPerson, member: str
) -> None:
    def change(told: Any) -> Any:
        jwe = told["answers"][0]["message"]["jwe"]
        jwe[member] = ("B" if jwe[member][0] == "A" else "A") + jwe[member][1:]
        return told

    _alter(world, change)
    _assert_failed(world, caller, person, lines, "agency_answer_unreadable")


# Messages to a gateway


@pytest.fixture
def asked(world: World, caller: Caller) -> tuple[FlaskClient, bytes]:
    """Return polri's gateway and the question that the broker sent to it."""
    world.network.carried.clear()
    caller.ask(questions=caller.granted("polri"))
    url = world.plan.gateways["polri"]
    (sent,) = [body for to, body, _ in world.network.carried if to == f"{url}/v1/questions"]
    return build_app(world.gateways["polri"]).test_client(), sent


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [(0, "replayed"), (200, "replayed"), (301, "unreadable"), (86_500, "unreadable")],
)
def test_a_message_that_comes_again_late_or_early_is_refused_and_logged(
    world: World,
    person: InventedPerson,
    lines: list[str],
    asked: tuple[FlaskClient, bytes],
    seconds: int,
    reason: str,
) -> None:
    client, sent = asked
    log = world.gateways["polri"].log
    size = log.size
    world.clock.forward(seconds=seconds)
    response = client.post("/v1/questions", data=sent, content_type="application/json")
    (answer,) = response.get_json()["answers"]
    assert reason == answer["problem"]["reason"]
    assert "/problems/refused" == answer["problem"]["type"]
    assert ["access.refused"] == [
        parse_entry(log.entry(index)).kind for index in range(size, log.size)
    ]
    assert answer["problem"]["entry"] == size
    assert_silent(world, person, [response.text, *lines])


def test_a_message_to_another_agency_is_unreadable(
    world: World, asked: tuple[FlaskClient, bytes]
) -> None:
    client = build_app(world.gateways["pln"]).test_client()
    response = client.post("/v1/questions", data=asked[1], content_type="application/json")
    assert "unreadable" == response.get_json()["answers"][0]["problem"]["reason"]


def test_a_message_from_the_future_is_unreadable(world: World) -> None:
    gateway = world.gateways["polri"]
    at = int(world.clock().timestamp()) + 11
    sender = world.broker.keys.sender
    cb = Cb(
        iss=sender.origin, aud="polri", jti=JTI, iat=at, exp=at + 300, answer_by=at + 300,
        cid=base64url.encode(b"c" * 32), ckpt=SeenCheckpoint(1, b"r" * 32),
    )  # fmt: skip
    message: Message = seal_message(
        {}, cb, kind="question", recipient=gateway.identity.sealing.public, signer=sender.key,
        statement=sender.statement, randomness=gateway_random,
    )  # fmt: skip
    client = build_app(gateway).test_client()
    response = client.post("/v1/questions", json={"v": 1, "messages": [message.members()]})
    assert "unreadable" == response.get_json()["answers"][0]["problem"]["reason"]


def _alter(world: World, change: Any) -> None:
    url = world.plan.gateways["polri"]
    world.network.apps[url] = Altered(world.network.apps[url], change)


def _assert_failed(
    world: World, caller: Caller, person: InventedPerson, lines: list[str], reason: str | None
) -> None:
    size = world.broker.log.size
    response = caller.ask(questions=caller.granted("polri"))
    (item,) = response.get_json()["items"]
    assert ("polri", "unavailable") == (item["agency"], item["status"])
    assert reason in (None, item["reason"])
    assert re.fullmatch(r"agency_answer_(unreadable|of_another)", item["reason"])
    assert "answer" not in item
    entries = entries_after(world, size)
    assert ["access.sent", "access.failed"] == [entry.kind for entry in entries]
    assert [item["reason"]] == entries[1].members["reasons"]
    assert_silent(world, person, [response.text, *lines])
