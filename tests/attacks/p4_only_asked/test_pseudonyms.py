"""P4: a programme gets a pseudonym, never the NIK, and two programmes cannot join theirs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from broker.demo.prepare import CLIENTS
from broker.envelope import open_message, parse_message
from broker.programme.answers import Wanted
from consent.grants import GrantRecord
from consent.notice import write_notice
from keys import base64url
from keys.pseudonym import subject
from tests.world import World


def _two_grants(world: World) -> list[GrantRecord]:
    """Return one person's grants to both programmes, for what both formulas ask."""
    person = world.person("eligible")
    grants = []
    for programme in CLIENTS:
        request = world.request(replace(person, programme=programme))
        notice = write_notice(request, world.broker.policy)
        grants.append(
            world.broker.grants.give(
                world.person_id(person),
                CLIENTS[programme],
                request,
                list(range(len(request.items))),
                notice.digest,
            )
        )
    return grants


def _all_that_a_programme_gets(world: World, grant: GrantRecord) -> str:
    """Return everything that reaches the programme, opened with its own key."""
    found = world.ask(grant, request_id=f"request-{grant.grant_id}")
    identity = world.identities[grant.programme]
    got: list[object] = [found.subject, found.verification_id, list(found.items)]
    for item in found.items:
        opened = open_message(
            parse_message(item["answer"]),
            kind="answer",
            recipient=identity.answer,
            sender_root=world.prepared.agencies[item["agency"]].root,
            sender=item["agency"],
            audience=grant.programme,
            at=int(world.clock().timestamp()),
        )
        got += [dict(opened.payload), repr(opened.cb)]
    return json.dumps(got)


def test_the_number_is_in_nothing_that_a_programme_gets(world: World) -> None:
    """Would succeed against an agency that echoes whom it was asked about."""
    person = world.person("eligible")
    grant = world.consent(person)
    got = _all_that_a_programme_gets(world, grant)
    raw = person.nik.encode()
    for needle in (
        person.nik,
        person.name,
        person.family_card,
        hashlib.sha256(raw).hexdigest(),
        base64url.encode(hashlib.sha256(raw).digest()),
        base64url.encode(raw),
        raw.hex(),
    ):
        assert needle not in got


def test_two_programmes_share_no_value_about_one_person(world: World) -> None:
    """Would succeed against one pseudonym for all, or against a commitment that both see.

    The two put together everything that they got and look for any longer text in common.
    """
    first, second = _two_grants(world)
    assert first.subject != second.subject
    seen = [_all_that_a_programme_gets(world, grant) for grant in (first, second)]
    words = [{word for word in _words(text) if len(word) >= 16} for text in seen]
    shared = words[0] & words[1]
    # What both may hold in common says nothing about a person: the names of members and questions.
    about_nobody = _all_of_another_person(world)
    assert shared <= about_nobody, shared - about_nobody


def test_a_pseudonym_is_not_made_of_what_a_programme_can_know(world: World) -> None:
    """Would succeed against HMAC(programme's own key, NIK): two programmes would recompute."""
    person = world.person("eligible")
    first, second = _two_grants(world)
    for key in (b"\0" * 32, hashlib.sha256(person.nik.encode()).digest()):
        made = {subject(key, name) for name in (first.programme, second.programme)}
        assert made.isdisjoint({first.subject, second.subject})
    for grant in (first, second):
        for text in (
            person.nik,
            f"{grant.programme}{person.nik}",
            f"{person.nik}/{grant.programme}",
        ):
            digest = hashlib.sha256(text.encode()).digest()
            assert base64url.encode(digest) != grant.subject


def test_another_person_s_pseudonym_is_refused_by_the_programme(world: World) -> None:
    """Would succeed against a programme that reads the answers without looking whose they are."""
    grant = world.consent(world.person("eligible"))
    other = world.consent(world.person("declines"))
    found = world.ask(grant)
    wanted = Wanted(grant.programme, "request-0123456789", other.subject, grant.granted)
    reading = world.read(grant, replace(found, subject=wanted.subject))
    assert reading.faults


def _words(text: str) -> set[str]:
    for mark in "\",:{}[]()\\'= \n":
        text = text.replace(mark, " ")
    return set(text.split())


def _all_of_another_person(world: World) -> set[str]:
    person = world.person("not_eligible")
    grant = world.consent(person)
    return _words(_all_that_a_programme_gets(world, grant))
