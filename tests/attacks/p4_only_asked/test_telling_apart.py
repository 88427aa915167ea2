"""P4: a yes, a no and an unknown look alike to whoever sees sealed answers pass by.

The attacker is the broker, a bridge or the network: it cannot open an answer, so it measures it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import httpx2
import pytest
from werkzeug.serving import make_server

from broker.envelope import Message
from broker.gateway.app import build_app
from broker.gateway.grid import Grid
from broker.gateway.registry.adapter import Answer
from keys import base64url
from tests.broker.gateway.parties import HAS_ACCOUNT, POOR, RICH, Grant, Person, above
from tests.broker.gateway.world import World, words

STEP_MS = 50
NOBODY = "3510990101800009"
KINDS = {"yes": RICH, "no": POOR, "unknown": NOBODY}
# The network, the server's parsing and a busy machine come on top of the grid: never less.
LATE_MS = 40


class Slow:
    """A registry that takes its time by the answer, as real ones do: a miss is quick."""

    delays: Mapping[str, float] = {RICH: 0.030, POOR: 0.012, NOBODY: 0.0}
    answers: Mapping[str, Answer] = {RICH: "yes", POOR: "no", NOBODY: "unknown"}

    def answer(
        self, nik: str, question: str, params: Mapping[str, int | str], *, today: date
    ) -> Answer:
        time.sleep(self.delays[nik])
        return self.answers[nik]

    def as_of(self) -> str:
        return "2026-11-20"


def _grant(world: World, kind: str) -> Grant:
    number = list(KINDS).index(kind) + 1
    subject = base64url.encode(bytes([0x60 + number]) * 32)
    person = Person(KINDS[kind], bytes([0x30 + number]) * 32, subject)
    return world.give(person, [HAS_ACCOUNT, above(5_000_000)])


def _post(world: World, message: Message) -> bytes:
    response = world.client.post("/v1/questions", json={"v": 1, "messages": [message.members()]})
    assert 200 == response.status_code
    body: bytes = response.data
    return body


def test_the_whole_body_of_an_answer_has_one_length(gateway_world: World) -> None:
    """Would succeed against answers of natural length: "unknown" is longer than "no"."""
    lengths: dict[str, int] = {}
    told: dict[str, str] = {}
    for kind in KINDS:
        grant = _grant(gateway_world, kind)
        asked = gateway_world.access(grant, [above(5_000_000)])
        message = gateway_world.seal(asked)
        body = _post(gateway_world, message)
        lengths[kind] = len(body)
        # A retry is answered anew: what it said is read there.
        again = gateway_world.send(asked)
        told[kind] = words(gateway_world.open_answer(again)[0])["balance_above"]
    assert {"yes": "yes", "no": "no", "unknown": "unknown"} == told
    assert 1 == len(set(lengths.values())), lengths


def test_one_question_or_two_give_answers_of_one_length(gateway_world: World) -> None:
    """Would succeed where the padding is per question: the body would tell what was asked."""
    grant = _grant(gateway_world, "yes")
    one = _post(gateway_world, gateway_world.seal(gateway_world.access(grant, [HAS_ACCOUNT])))
    both = [above(5_000_000), HAS_ACCOUNT]
    two = _post(gateway_world, gateway_world.seal(gateway_world.access(grant, both)))
    assert len(one) == len(two)


def test_the_headers_of_the_answers_are_the_same(gateway_world: World) -> None:
    """Would succeed against an entity tag, a cache hint or a timing header."""
    seen = set()
    for kind in KINDS:
        message = gateway_world.seal(gateway_world.access(_grant(gateway_world, kind)))
        response = gateway_world.client.post(
            "/v1/questions", json={"v": 1, "messages": [message.members()]}
        )
        seen.add(tuple(sorted((name, value) for name, value in response.headers)))
    assert 1 == len(seen), seen


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[World, str]]:
    """Serve a gateway with the real grid and a slow registry over a real socket."""
    world = World(tmp_path, grid=Grid(STEP_MS))
    world.open(registry=Slow())
    server = make_server("127.0.0.1", 0, build_app(world.gateway), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield world, f"http://127.0.0.1:{server.server_port}/v1/questions"
    server.shutdown()
    thread.join()
    server.server_close()
    world.gateway.close()
    world.log.close()


def _fastest_ms(url: str, messages: list[Message]) -> list[float]:
    """Return how long each took, in ms; each is asked once, since a question is good once."""
    times = []
    with httpx2.Client() as http:
        http.get(url.replace("/v1/questions", "/healthz"))  # the connection is not measured
        for message in messages:
            began = time.monotonic()
            response = http.post(url, json={"v": 1, "messages": [message.members()]})
            times.append((time.monotonic() - began) * 1000)
            assert "message" in response.json()["answers"][0]
    return times


def test_answers_leave_on_the_grid_whatever_the_registry_took(served: tuple[World, str]) -> None:
    """Would succeed against a gateway that answers when it is ready: 12 ms are easily seen.

    The check is one-sided where the machine could make it fail: never earlier than a step, and
    for each answer at least one of its times sits closely behind a step.
    """
    world, url = served
    behind: dict[str, list[float]] = {}
    for kind in KINDS:
        grant = _grant(world, kind)
        messages = [world.seal(world.access(grant)) for _ in range(6)]
        times = _fastest_ms(url, messages)
        assert min(times) >= STEP_MS - 1, (kind, times)
        behind[kind] = [each % STEP_MS for each in times]
    for kind, rests in behind.items():
        assert min(rests) <= LATE_MS / 2, (kind, rests)


def test_the_grid_hides_what_the_registry_took(gateway_world: World) -> None:
    """The same, exactly, on a clock that the test moves: waiting always ends on a step."""
    slept: list[int] = []
    now = [0]

    def sleep(seconds: float) -> None:
        slept.append(round(seconds * 1_000_000_000))

    grid = Grid(STEP_MS, monotonic_ns=lambda: now[0], sleep=sleep)
    for took_ms in (1, 12, 30, 49, 51, 99):
        received = grid.received()
        now[0] += took_ms * 1_000_000
        grid.release(received)
        assert 0 == (took_ms * 1_000_000 + slept[-1]) % (STEP_MS * 1_000_000)
        now[0] += slept[-1]


def test_a_refusal_waits_for_the_grid_as_well(served: tuple[World, str]) -> None:
    """Would succeed where only answers wait: the time to a refusal tells how far checks got."""
    world, url = served
    grant = _grant(world, "no")
    message = world.seal(world.access(grant, [above(1_000_000)]))
    began = time.monotonic()
    response = httpx2.post(url, json={"v": 1, "messages": [message.members()]})
    assert (time.monotonic() - began) * 1000 >= STEP_MS - 1
    assert "problem" in response.json()["answers"][0]
