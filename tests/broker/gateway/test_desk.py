"""What an honest broker gets, and what is left behind."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from audit.entry import parse_entry, salted_digest
from audit.errors import LogUnavailableError
from audit.merkle import leaf_hash
from audit.trace import find
from keys import base64url
from tests.broker.gateway.parties import ANSWER, HAS_ACCOUNT, POOR, RICH, Person, above
from tests.broker.gateway.world import World, reason, words


def test_an_honest_question_is_answered(world: World) -> None:
    grant = world.give(Person())
    payload = world.access(grant, [HAS_ACCOUNT, above(5_000_000)][::-1])
    message = world.seal(payload)
    answer, opened = world.open_answer(world.post(message)[0])
    assert words(answer) == {"has_account": "yes", "balance_above": "no"}
    assert answer.request_id == payload.request_id
    assert answer.subject == payload.subject
    assert answer.as_of == "2026-11-20"
    assert answer.entry == base64url.encode(leaf_hash(payload.access_entry.encode()))
    assert opened.cb.cid == json.loads(_protected(message))["cb"]["cid"]


def test_the_answer_is_in_the_gateways_own_log_before_it_leaves(world: World) -> None:
    payload = world.access(world.give(Person()))
    answer, opened = world.open_answer(world.send(payload))
    assert opened.cb.ckpt.size == world.gateway.log.size == 1
    entry = parse_entry(world.gateway.log.entry(0))
    assert entry.kind == "access.answered"
    # Whoever opens the answer can show that the entry is about it.
    assert entry.members["digest"] == salted_digest(answer.salt, answer.to_members())
    assert entry.members["tag"] == parse_entry(payload.access_entry.encode()).members["tag"]


def test_no_answer_leaves_when_the_own_log_is_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> None:
        raise LogUnavailableError("the disk is full")

    payload = world.access(world.give(Person()))
    monkeypatch.setattr(world.gateway.log, "append", down)
    item = world.send(payload)
    assert item["problem"]["type"] == "/problems/log-unavailable"
    monkeypatch.undo()
    # The question is burnt but not lost: the same question may be asked again.
    assert words(world.open_answer(world.send(payload))[0]) == {"has_account": "yes"}


def test_the_registry_is_asked_only_after_the_question_is_remembered(world: World) -> None:
    class Curious:
        """A registry that looks, from outside the transaction, whether the question counts yet."""

        def answer(self, nik: str, question: str, params: object, *, today: date) -> str:
            seen.append(_asked_rows(world))
            return "yes"

        def as_of(self) -> str:
            return "2026-11-20"

    seen: list[int] = []
    world.open(registry=Curious())
    world.open_answer(world.ask(world.give(Person())))
    assert seen == [1]


def test_a_registry_that_fails_gives_a_sealed_unknown(world: World) -> None:
    (world.home / "bank.db").unlink()
    answer, _ = world.open_answer(world.ask(world.give(Person())))
    assert words(answer) == {"has_account": "unknown"}


def test_every_answer_has_the_same_size(world: World) -> None:
    sizes = set()
    for nik, key, subject in ((RICH, b"\x01", b"\x02"), (POOR, b"\x03", b"\x04"),
                              ("3510990101800009", b"\x05", b"\x06")):  # fmt: skip
        person = Person(nik, key * 32, base64url.encode(subject * 32))
        item = world.ask(world.give(person), [above(5_000_000)])
        sizes.add(len(item["message"]["jwe"]["ciphertext"]))
    assert len(sizes) == 1


def test_the_person_finds_every_entry_with_her_trace_key(world: World) -> None:
    person = Person()
    grant = world.give(person)
    world.ask(grant)
    world.ask(grant, [above(1_000_000)])  # refused: not granted
    log = world.gateway.log
    entries = [log.entry(index) for index in range(log.size)]
    found = find(entries, person.trace_key, ["himbara"])
    assert [one.entry.kind for one in found] == ["access.answered", "access.refused"]


def test_an_answer_after_midnight_is_found_by_the_trace_key_too(world: World) -> None:
    """The access's tag is of the day before, which nobody would look for in the new day."""
    person = Person()
    world.clock.advance(hours=14, minutes=29)
    payload = world.access(world.give(person))
    world.clock.advance(minutes=2)
    assert "message" in world.send(payload)
    entries = [world.gateway.log.entry(0)]
    assert len(find(entries, person.trace_key, ["himbara"])) == 1


def test_nothing_personal_is_in_the_database_or_the_log(world: World) -> None:
    person = Person()
    world.ask(world.give(person), [HAS_ACCOUNT])
    world.gateway.close()
    for name in ("gateway.db", "gateway-log.db"):
        for path in world.home.glob(f"{name}*"):
            raw = path.read_bytes()
            assert person.nik.encode() not in raw
            assert b'"answer"' not in raw
    world.open()


def test_the_broker_cannot_open_the_answer(world: World) -> None:
    item = world.ask(world.give(Person()))
    assert set(item["message"]) == {"jwe", "receipt"}
    protected = json.loads(base64url.decode(item["message"]["jwe"]["protected"]))
    assert protected["kid"] == ANSWER.thumbprint


def test_a_batch_answers_each_message_apart(world: World) -> None:
    grant = world.give(Person())
    good, bad = world.access(grant), world.access(grant)
    items = world.post(world.seal(replace(bad, nik=RICH)), world.seal(good))
    assert reason(items[0]) == "grant_not_bound"
    assert "message" in items[1]


def _protected(message: object) -> bytes:
    jwe = message.jwe  # type: ignore[attr-defined]
    return base64url.decode(jwe["protected"])


def _asked_rows(world: World) -> int:
    with world.gateway.engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT COUNT(*) FROM asked").scalar_one())
