"""A gateway that is down, slow, resets or answers garbage costs its own answer and no other's.

The access stands in the log as failed, the reason is one of our words, and nothing that the
gateway sent is repeated anywhere.
"""

from __future__ import annotations

import gzip
import time
from dataclasses import replace
from typing import Any

import pytest

from broker.demo.population import InventedPerson
from tests.faults.broken_agency import (
    HEAD,
    Altered,
    Handler,
    ToPort,
    drip,
    flood,
    hang,
    listening,
    reset,
    reset_midway,
    say,
)
from tests.faults.parties import Caller, assert_silent, entries_after
from tests.world import World

NIK = "3510991234567890"
REFUSED = {"type": "/problems/refused", "reason": "trace_changed"}
DEADLINE_SECONDS = 2


def with_length(body: bytes, more: bytes = b"") -> bytes:
    return HEAD + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


BROKEN: dict[str, tuple[Handler, str]] = {
    "hangs": (hang, "agency_too_slow"),
    "drips": (drip, "agency_too_slow"),
    "resets": (reset, "agency_unreachable"),
    "resets midway": (reset_midway, "agency_unreachable"),
    "says nothing": (say(b""), "agency_unreachable"),
    "is no HTTP": (say(b"SSH-2.0-OpenSSH_9.2\r\n"), "agency_unreachable"),
    "stops short": (say(HEAD + b"Content-Length: 500\r\n\r\n{}"), "agency_unreachable"),
    "has two lengths": (
        say(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        "agency_unreachable",
    ),
    "never ends": (flood, "agency_error"),
    "is too long": (say(with_length(b" " * 70_000)), "agency_error"),
    "is compressed": (
        say(with_length(gzip.compress(b" " * (1 << 24)), b"Content-Encoding: gzip\r\n")),
        "agency_error",
    ),
    "is an error": (
        say(b"HTTP/1.1 500 Oops\r\nContent-Length: 16\r\n\r\n" + NIK.encode()),
        "agency_error",
    ),
    "leads elsewhere": (
        say(b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"),
        "agency_error",
    ),
    "is a page": (say(with_length(b"<html>Maintenance</html>")), "agency_answer_unreadable"),
    "is empty": (say(with_length(b"")), "agency_answer_unreadable"),
    "is not UTF-8": (say(with_length(b'{"v":"\xff"}')), "agency_answer_unreadable"),
    "is deep": (say(with_length(b"[" * 9_000 + b"]" * 9_000)), "agency_answer_unreadable"),
}


@pytest.fixture
def hurried(world: World, caller: Caller) -> Caller:
    """Return a caller of a broker that waits for two seconds only."""
    world.prepared = replace(
        world.prepared, settings=replace(world.prepared.settings, deadline_seconds=DEADLINE_SECONDS)
    )
    world.restart()
    return Caller(world, caller.grant, caller.key)


@pytest.mark.parametrize("name", BROKEN)
def test_an_agency_that_breaks_costs_its_own_answer_only(
    world: World, hurried: Caller, person: InventedPerson, lines: list[str], name: str
) -> None:
    handler, reason = BROKEN[name]
    size = world.broker.log.size
    with listening(handler) as port:
        world.network.apps[world.plan.gateways["polri"]] = ToPort(port)
        begins = time.monotonic()
        response = hurried.ask(questions=hurried.granted("pln", "polri"))
        took = time.monotonic() - begins
    assert DEADLINE_SECONDS + 1.5 > took
    _assert_only_polri_failed(world, response, size, reason)
    assert_silent(world, person, [*_shown(response), *lines])
    assert not any(NIK in text for text in [response.text, *lines])


def test_an_agency_that_is_down_costs_its_own_answer_only(world: World, hurried: Caller) -> None:
    with listening(hang) as port:
        pass
    size = world.broker.log.size
    world.network.apps[world.plan.gateways["polri"]] = ToPort(port)
    response = hurried.ask(questions=hurried.granted("pln", "polri"))
    _assert_only_polri_failed(world, response, size, "agency_unreachable")


def test_all_agencies_down_at_once_still_gives_one_result(world: World, hurried: Caller) -> None:
    size = world.broker.log.size
    with listening(hang) as port:
        for url in world.plan.gateways.values():
            world.network.apps[url] = ToPort(port)
        begins = time.monotonic()
        response = hurried.ask()
        assert DEADLINE_SECONDS + 1.5 > time.monotonic() - begins
    items = response.get_json()["items"]
    assert {"agency_too_slow"} == {item["reason"] for item in items}
    kinds = [entry.kind for entry in entries_after(world, size)]
    assert ["access.sent"] * len(items) + ["access.failed"] * len(items) == kinds


@pytest.mark.parametrize(
    "body",
    [
        None,
        5,
        NIK,
        [],
        {},
        {"v": 1},
        {"v": 2, "answers": [{"problem": {}}]},
        {"v": True, "answers": [{"problem": {}}]},
        {"v": 1, "answers": {}},
        {"v": 1, "answers": []},
        {"v": 1, "answers": [{}, {}]},
        {"v": 1, "answers": [None]},
        {"v": 1, "answers": ["problem"]},
        {"v": 1, "answers": [{}]},
        {"v": 1, "answers": [{"nik": NIK}]},
        {"v": 1, "answers": [{"message": None}]},
        {"v": 1, "answers": [{"message": {"jwe": {"protected": NIK}, "receipt": NIK}}]},
        {"v": 1, "answers": [{"message": {"jwe": [NIK], "receipt": NIK}}]},
    ],
)
def test_a_response_of_another_shape_is_unreadable(
    world: World, caller: Caller, lines: list[str], body: Any
) -> None:
    size = world.broker.log.size
    _alter(world, lambda _: body)
    response = caller.ask(questions=caller.granted("pln", "polri"))
    _assert_only_polri_failed(world, response, size, "agency_answer_unreadable")
    assert not any(NIK in text for text in [response.text, *lines])


@pytest.mark.parametrize(
    "problem",
    [
        {},
        {"reason": None},
        {"reason": [NIK]},
        {"reason": NIK},
        {"reason": "nik_3510991234567890"},
        {"reason": "a free text about somebody"},
        {"reason": "an_id_that_we_do_not_know"},
    ],
)
def test_a_gateway_cannot_write_what_it_knows_into_the_log(
    world: World, caller: Caller, lines: list[str], problem: Any
) -> None:
    """The log is public and a gateway knows the NIK: only reasons of our own list get there."""
    size = world.broker.log.size
    refused = {"type": "/problems/refused", **problem}
    _alter(world, lambda _: {"v": 1, "answers": [{"problem": refused}]})
    response = caller.ask(questions=caller.granted("pln", "polri"))
    _assert_only_polri_failed(world, response, size, "agency_refused", status="refused")
    assert not any(NIK in text for text in [response.text, *lines])


@pytest.mark.parametrize(
    "problem",
    [None, [], NIK, {}, {"type": "/problems/internal"}, {"type": NIK, "reason": "trace_changed"}],
)
def test_a_gateway_that_cannot_answer_now_has_not_refused(
    world: World, caller: Caller, lines: list[str], problem: Any
) -> None:
    size = world.broker.log.size
    _alter(world, lambda _: {"v": 1, "answers": [{"problem": problem}]})
    response = caller.ask(questions=caller.granted("pln", "polri"))
    _assert_only_polri_failed(world, response, size, "agency_error")
    assert not any(NIK in text for text in [response.text, *lines])


def test_a_reason_that_we_know_reaches_the_programme(world: World, caller: Caller) -> None:
    size = world.broker.log.size
    _alter(world, lambda _: {"v": 1, "answers": [{"problem": REFUSED}]})
    response = caller.ask(questions=caller.granted("pln", "polri"))
    _assert_only_polri_failed(world, response, size, "trace_changed", status="refused")


def _alter(world: World, change: Any) -> None:
    url = world.plan.gateways["polri"]
    world.network.apps[url] = Altered(world.network.apps[url], change)


def _shown(response: Any) -> list[str]:
    """Return the response without the sealed answers, whose letters are chance."""
    return [
        str({k: v for k, v in item.items() if k != "answer"}) for item in response.json["items"]
    ]


def _assert_only_polri_failed(
    world: World, response: Any, size: int, reason: str, *, status: str = "unavailable"
) -> None:
    assert 200 == response.status_code, response.text[:300]
    body = response.get_json()
    assert "partial" == body["status"]
    pln, polri = body["items"]
    assert ("pln", "answered") == (pln["agency"], pln["status"])
    assert ("polri", status, reason) == (polri["agency"], polri["status"], polri["reason"])
    assert "answer" not in polri
    entries = entries_after(world, size)
    assert ["access.sent"] * 2 == [entry.kind for entry in entries[:2]]
    failed = [entry.members for entry in entries if entry.kind == "access.failed"]
    assert [("polri", [reason])] == [(each["agency"], each["reasons"]) for each in failed]
    assert 4 == len(entries)
