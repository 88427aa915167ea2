"""The gateway over HTTP: what it takes, what it shows, when it answers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from audit.note import parse_vkey
from audit.source import open_source
from audit.verify import verify
from broker.gateway.app import MAX_BODY_BYTES, MAX_MESSAGES
from broker.gateway.grid import Grid
from broker.logging import ALLOWED_FIELDS
from keys.signing import VerifyKey
from keys.statements import check_statement
from keys.xwing import PublicSealingKey
from tests.broker.gateway.parties import HAS_ACCOUNT, Person, above
from tests.broker.gateway.world import World, reason


def test_keys_come_with_the_root_s_statements(world: World) -> None:
    body = world.client.get("/v1/keys").get_json()
    assert body["owner"] == "himbara"
    keys = {key["use"]: key for key in body["keys"]}
    thumbprints = {
        "sign": VerifyKey.from_jwk(keys["sign"]["jwk"]).thumbprint,
        "seal": PublicSealingKey.from_jwk(keys["seal"]["jwk"]).thumbprint,
    }
    for use, thumbprint in thumbprints.items():
        check_statement(
            keys[use]["statement"],
            world.prepared.root,
            owner="himbara",
            use=use,
            thumbprint=thumbprint,
            at=int(world.clock().timestamp()),
        )


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"not json",
        b'{"v":1}',
        b'{"v":2,"messages":[{}]}',
        b'{"v":1,"messages":{}}',
        b'{"v":1,"messages":[]}',
        b'{"v":1,"messages":[{}],"more":1}',
        b'{"v":1,"messages":[' + b",".join([b"{}"] * (MAX_MESSAGES + 1)) + b"]}",
    ],
)
def test_a_malformed_body_is_a_problem(world: World, body: bytes) -> None:
    response = world.client.post("/v1/questions", data=body, content_type="application/json")
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"


def test_a_body_too_large_is_refused(world: World) -> None:
    response = world.client.post(
        "/v1/questions", data=b" " * (MAX_BODY_BYTES + 1), content_type="application/json"
    )
    assert response.status_code == 413


def test_a_body_of_another_type_is_refused(world: World) -> None:
    response = world.client.post("/v1/questions", data=b"{}", content_type="text/plain")
    assert response.status_code == 415


def test_a_body_without_a_length_is_refused(world: World) -> None:
    response = world.client.post(
        "/v1/questions",
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert response.status_code == 411


def test_an_unknown_address_is_a_problem(world: World) -> None:
    response = world.client.get("/v1/people")
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("message", [1, None, {}, {"jwe": {}, "receipt": "x"}, {"jwe": []}])
def test_what_is_no_message_does_not_stop_the_batch(world: World, message: object) -> None:
    good = world.seal(world.access(world.give(Person()))).members()
    response = world.client.post("/v1/questions", json={"v": 1, "messages": [message, good]})
    first, second = response.get_json()["answers"]
    assert reason(first) == "unreadable"
    assert "message" in second


def test_a_flood_of_garbage_shares_its_entries(world: World) -> None:
    for _ in range(10):
        world.client.post("/v1/questions", json={"v": 1, "messages": [{}] * 16})
    log = world.gateway.log
    assert log.size == 60
    world.clock.advance(seconds=60)
    world.client.post("/v1/questions", json={"v": 1, "messages": [{}]})
    assert b'"count":101' in log.entry(60)


def test_the_own_log_is_public_and_verifies(world: World) -> None:
    grant = world.give(Person())
    world.ask(grant)
    world.ask(grant, [above(1_000_000)])
    vkey = world.client.get("/log/vkey").text.strip()
    assert vkey == world.prepared.log_vkey
    assert world.client.get("/log/checkpoint").text.startswith("himbara.izin.example\n2\n")
    source = open_source(str(world.gateway.settings.log_path))
    assert verify(source, parse_vkey(vkey)).size == 2


def test_fresh_entries_are_closed_unless_the_settings_open_them(tmp_path: Path) -> None:
    world = World(tmp_path)
    settings = world.home / "gateway.toml"
    settings.write_text(settings.read_text().replace("open_entries = true\n", ""))
    world.open()
    world.ask(world.give(Person()))
    assert world.client.get("/log/tile/0/000.p/1").status_code == 200
    assert world.client.get("/log/tile/entries/000.p/1").status_code == 401


def test_the_largest_checkpoint_seen_is_shown_to_auditors(world: World) -> None:
    first = world.client.get("/v1/seen")
    assert (404, "/problems/unknown") == (first.status_code, first.get_json()["type"])
    world.ask(world.give(Person()))
    seen = world.client.get("/v1/seen")
    assert 200 == seen.status_code
    assert world.log.checkpoint() == seen.get_data(as_text=True)


def test_health_and_readiness(world: World) -> None:
    assert world.client.get("/healthz").get_json() == {"status": "ok"}
    assert world.client.get("/readyz").get_json() == {"status": "ok", "failing": []}
    world.gateway.log.close()
    response = world.client.get("/readyz")
    assert response.status_code == 503
    assert response.get_json()["failing"] == ["log"]


class SlowClock:
    """A monotonic clock that a request moves by some milliseconds."""

    def __init__(self) -> None:
        self.now = 0
        self.slept: list[float] = []

    def __call__(self) -> int:
        self.now += 7_000_000
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds * 1000))


def test_answers_refusals_and_errors_leave_on_the_grid(tmp_path: Path) -> None:
    clock = SlowClock()
    world = World(tmp_path, grid=Grid(50, monotonic_ns=clock, sleep=clock.sleep))
    grant = world.give(Person(), [HAS_ACCOUNT])
    assert "message" in world.ask(grant)
    assert reason(world.ask(grant, [above(1_000_000)])) == "question_not_granted"
    world.client.post("/v1/questions", data=b"{", content_type="application/json")
    assert clock.slept == [43, 43, 43]


def test_no_line_of_the_program_s_log_names_a_person(world: World) -> None:
    person = Person()
    grant = world.give(person)
    with capture_logs() as events:
        world.ask(grant)
        world.ask(grant, [above(1_000_000)])
        with closing(sqlite3.connect(world.home / "bank.db")) as bank:
            bank.execute("DROP TABLE account")
        world.ask(grant)
    assert [event["event"] for event in events] == [
        "answered",
        "refused",
        "registry_failed",
        "answered",
    ]
    for event in events:
        assert {*event} - {"log_level"} <= ALLOWED_FIELDS
        for secret in (person.nik, person.subject, "yes"):
            assert secret not in str(event)
