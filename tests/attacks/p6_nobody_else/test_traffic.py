"""P6: what travels, and what the log shows, ties nobody to anything.

The attacker reads every byte between broker and agencies and between broker and programme, and
the log, and knows the person he looks for: her number, her name, and when she applied.
"""

from __future__ import annotations

import json
import re
from itertools import chain, combinations

from audit.entry import parse_entry
from keys import base64url
from tests.attacks.p6_nobody_else.needles import ANSWERS, found_in, of_person
from tests.world import World


def test_nothing_between_broker_agencies_and_programme_names_anybody(world: World) -> None:
    """Would succeed against questions that are only sent over TLS: a bridge reads them."""
    needles: set[bytes] = {*ANSWERS}
    given: list[str] = []
    for person in world.people[:6]:
        needles |= of_person(person)
        grant = world.consent(person, without=person.declined)
        found = world.ask(grant, request_id=f"request-{grant.grant_id}")
        given.append(json.dumps(list(found.items)))
    asked = [each for each in world.network.carried if each[0].endswith("/v1/questions")]
    assert len(asked) > 30
    for url, sent, received in world.network.carried:
        for raw in (url.encode(), sent, received):
            assert [] == found_in(raw, needles), url
    for text in given:
        assert [] == found_in(text.encode(), needles)


def test_two_questions_about_one_person_share_nothing_on_their_way(world: World) -> None:
    """Would succeed against a grant, a pseudonym or a share outside the seal.

    A bridge operator would join one person's messages to different agencies, and count her.
    """
    seen: list[list[set[str]]] = []
    for kind in ("eligible", "not_eligible"):
        grant = world.consent(world.person(kind))
        world.network.carried.clear()
        world.ask(grant, request_id=f"request-{grant.grant_id}")
        bodies = [sent for url, sent, _ in world.network.carried if url.endswith("/v1/questions")]
        assert len(bodies) > 3
        seen.append([_marks(body) for body in bodies])
    # In all messages about everybody: the broker's own key, its statement, the algorithms.
    everywhere = set.intersection(*chain(*seen))
    for of_one in seen:
        for first, second in combinations(of_one, 2):
            assert set() == first & second - everywhere


def _marks(body: bytes) -> set[str]:
    """Return every value outside the seal that is long enough to be somebody's mark.

    Less the checkpoint: whoever is asked about at one moment shares it, whoever she is.
    """
    message = json.loads(body)["messages"][0]
    jwe = {**message["jwe"]}
    protected = json.loads(base64url.decode(jwe.pop("protected")))
    ckpt = json.dumps(protected["cb"].pop("ckpt"))
    header, payload, _ = message["receipt"].split(".")
    inside = [base64url.decode(part).decode() for part in (header, payload) if part]
    text = json.dumps([protected, jwe, *inside, message["receipt"]])
    return {*re.findall(r"[A-Za-z0-9_-]{16,}", text)} - {*re.findall(r"[A-Za-z0-9_-]{16,}", ckpt)}


def test_no_entry_tells_the_minute(world: World) -> None:
    """Would succeed against exact times: a neighbour saw her at the counter at 9.41."""
    world.clock.forward(minutes=17, seconds=13)
    grant = world.consent(world.person("eligible"))
    world.ask(grant)
    logs = [world.broker.log, *(gateway.log for gateway in world.gateways.values())]
    for log in logs:
        for index in range(log.size):
            raw = log.entry(index)
            at = parse_entry(raw).at
            assert (0, 0, 0) == (at.minute, at.second, at.microsecond)
            assert b":17" not in raw.split(b'"from"')[0]


def test_no_value_of_the_log_stands_in_two_entries_about_her(world: World) -> None:
    """Would succeed against a person's id, a grant's id or an entry's index in the entries: who
    ties one entry to her ties all of them."""
    person = world.person("withdraws")
    before = world.broker.log.size
    grant = world.consent(person)
    world.ask(grant)
    world.broker.grants.withdraw(grant.grant_id, grant.person_id)
    seen: dict[str, int] = {}
    for index in range(before, world.broker.log.size):
        entry = parse_entry(world.broker.log.entry(index))
        for name, value in entry.members.items():
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, str) and re.fullmatch(r"[0-9a-f]{32,64}", each):
                    assert each not in seen, (name, index, seen[each])
                    seen[each] = index
    assert len(seen) > 20
