"""One attack for each check of grant and evidence (6 to 10): what a dishonest broker would try.

Each changes one thing of an honest question, so that without its check it would be answered.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from audit import trace
from consent.evidence import attest, challenge
from keys import base64url
from policies.load import load
from tests.broker.gateway.parties import (
    AGENCY,
    ANSWER,
    BROKER_ROOT,
    BROKERS_OWN,
    HAS_ACCOUNT,
    PROGRAMME_ROOT,
    RICH,
    STRANGER,
    Person,
    above,
    vouch,
)
from tests.broker.gateway.world import World, reason


def other() -> Person:
    return Person(RICH, b"\x31" * 32, base64url.encode(b"\x32" * 32))


# 6. bound


def test_a_grant_of_one_person_does_not_serve_for_another(world: World) -> None:
    payload = world.access(world.give(Person()))
    assert reason(world.send(replace(payload, nik=RICH))) == "grant_not_bound"


def test_a_part_that_no_trusted_key_signed_is_refused(world: World) -> None:
    assert reason(world.ask(world.give(Person(), signer=STRANGER))) == "grant_not_bound"


def test_a_part_signed_after_the_fact_is_refused(world: World) -> None:
    """The consent key alone is not enough: the log's entry commits to every part."""
    person = Person()
    narrow = world.give(person, [HAS_ACCOUNT])
    wide = world.give(person, committed_part=narrow.part)
    assert reason(world.ask(wide, [above(5_000_000)])) == "grant_not_bound"


def test_the_message_commits_to_the_grant(world: World) -> None:
    payload = world.access(world.give(Person()))
    cid = base64url.encode(b"c" * 32)
    assert reason(world.send(payload, cid=cid)) == "grant_not_bound"


def test_the_proven_grant_is_the_one_of_the_question(world: World) -> None:
    """One grant's entry, another's secret name: the first may be withdrawn."""
    person = Person()
    first, second = world.give(person), world.give(person)
    assert reason(world.ask(replace(second, index=first.index))) == "grant_not_bound"


def test_the_pseudonym_is_the_part_s(world: World) -> None:
    payload = world.access(world.give(Person()), subject=other().subject)
    assert reason(world.send(payload)) == "grant_not_bound"


def test_a_grant_for_one_purpose_does_not_serve_for_another(world: World) -> None:
    payload = world.access(world.give(Person()), purpose="objection")
    assert reason(world.send(payload)) == "grant_not_bound"


def test_a_grant_for_one_programme_does_not_serve_for_another(world: World) -> None:
    statement = vouch(ANSWER.thumbprint, "answer", owner="bpnt", root=PROGRAMME_ROOT)
    payload = world.access(world.give(Person()), programme="bpnt", answer_key_statement=statement)
    assert reason(world.send(payload)) == "grant_not_bound"


def test_a_part_for_another_agency_is_refused(world: World) -> None:
    assert reason(world.ask(world.give(Person(), agency="bpjs_tk"))) == "grant_not_bound"


# 7. traced


def test_a_share_of_another_trace_key_is_refused(world: World) -> None:
    """P5: the person could never find an access under it."""
    share = trace.share(other().trace_key, AGENCY)
    tag = trace.tag(share, world.clock().date(), 0)
    payload = world.access(world.give(Person()), share=share, entry={"tag": tag.hex()})
    assert reason(world.send(payload)) == "trace_not_committed"


def test_a_tag_that_her_key_does_not_find_is_refused(world: World) -> None:
    payload = world.access(world.give(Person()), entry={"tag": "ab" * 16})
    assert reason(world.send(payload)) == "tag_wrong"


def test_a_tag_of_another_day_is_refused(world: World) -> None:
    person = Person()
    yesterday = world.clock().date() - timedelta(days=1)
    tag = trace.tag(trace.share(person.trace_key, AGENCY), yesterday, 0)
    payload = world.access(world.give(person), entry={"tag": tag.hex()})
    assert reason(world.send(payload)) == "tag_wrong"


# 8. allowed


def test_a_question_that_she_did_not_allow_is_refused(world: World) -> None:
    grant = world.give(Person(), [HAS_ACCOUNT])
    assert reason(world.ask(grant, [above(5_000_000)])) == "question_not_granted"


def test_a_value_that_she_did_not_allow_is_refused(world: World) -> None:
    grant = world.give(Person(), [above(5_000_000)])
    assert reason(world.ask(grant, [above(10_000_000)])) == "question_not_granted"


def test_a_value_that_the_catalogue_does_not_list_is_refused(world: World) -> None:
    """Even if the person's part has it: the broker wrote the part."""
    grant = world.give(Person(), [above(1_234_567)])
    assert reason(world.ask(grant, [above(1_234_567)])) == "question_not_granted"


def test_a_grant_ends_with_its_last_day(world: World) -> None:
    grant = world.give(Person(), valid_until=world.clock().date())
    assert "message" in world.ask(grant)
    world.clock.advance(hours=15)
    assert reason(world.ask(grant)) == "grant_expired"


# 9. evident


def test_evidence_of_another_grant_is_none(world: World) -> None:
    person = Person()
    first, second = world.give(person), world.give(person)
    assert reason(world.ask(replace(second, evidence=first.evidence))) == "evidence_too_weak"


def test_evidence_by_another_key_is_none(world: World) -> None:
    grant = world.give(Person())
    over = challenge("aa" * 32, [], [])
    assert reason(world.ask(replace(grant, evidence=attest(over, STRANGER)))) == "evidence_too_weak"


def test_evidence_that_calls_itself_stronger_is_refused(world: World) -> None:
    grant = world.give(Person())
    claimed = {**grant.evidence, "kind": "passkey"}
    assert reason(world.ask(replace(grant, evidence=claimed))) == "evidence_too_weak"


def test_an_agency_may_ask_for_stronger_evidence(tmp_path: Path) -> None:
    world = World(tmp_path, more='[gateway.least_evidence]\nbalance_above = "passkey"\n')
    grant = world.give(Person())
    assert "message" in world.ask(grant)
    assert reason(world.ask(grant, [above(5_000_000)])) == "evidence_too_weak"


def test_the_catalogue_may_ask_for_stronger_evidence(world: World) -> None:
    desk = world.gateway.desk
    catalogue = load().catalogue
    key = (AGENCY, "has_account")
    strict = replace(catalogue.questions[key], least_evidence="id-token")
    catalogue = replace(catalogue, questions={**catalogue.questions, key: strict})
    desk._rules = replace(desk._rules, catalogue=catalogue)
    assert reason(world.ask(world.give(Person()))) == "evidence_too_weak"


# 10. vouched


def test_an_answer_key_of_the_broker_s_own_is_refused(world: World) -> None:
    """P3: the programme's statement for its key does not cover the swapped one."""
    payload = world.access(world.give(Person()), answer_key=BROKERS_OWN.public.jwk())
    assert reason(world.send(payload)) == "answer_key_unvouched"


@pytest.mark.parametrize(
    "statement",
    [
        vouch(BROKERS_OWN.thumbprint, "answer", owner="pkh", root=BROKER_ROOT),
        vouch(BROKERS_OWN.thumbprint, "answer", owner="bpnt", root=PROGRAMME_ROOT),
        vouch(BROKERS_OWN.thumbprint, "seal", owner="pkh", root=PROGRAMME_ROOT),
        vouch(BROKERS_OWN.thumbprint, "answer", owner="pkh", root=PROGRAMME_ROOT, days=1),
    ],
    ids=["another root", "another owner", "another use", "over"],
)
def test_a_statement_must_be_the_programme_s_for_this_key_now(world: World, statement: str) -> None:
    payload = world.access(
        world.give(Person()), answer_key=BROKERS_OWN.public.jwk(), answer_key_statement=statement
    )
    assert reason(world.send(payload)) == "answer_key_unvouched"


def test_a_programme_that_no_agreement_names_is_refused(world: World) -> None:
    world.write_trust(programmes={"bpnt": PROGRAMME_ROOT.public})
    world.open()
    assert reason(world.ask(world.give(Person()))) == "answer_key_unvouched"
