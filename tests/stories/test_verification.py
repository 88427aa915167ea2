"""One verification, whole: consent, policy, log, sealed questions, answers, outcome."""

from __future__ import annotations

import pytest

from audit.entry import parse_entry
from audit.proof import check_proof
from broker.problems import Problem
from policies.ask import Item
from policies.eligibility import evaluate
from tests.world import World


def _kinds(world: World) -> list[str]:
    log = world.broker.log
    return [parse_entry(log.entry(index)).kind for index in range(log.size)]


@pytest.mark.parametrize(
    "kind", ["eligible", "not_eligible", "needs_review", "not_found", "declines", "withdraws"]
)
def test_a_verification_ends_as_the_invented_truth_says(world: World, kind: str) -> None:
    person = world.person(kind)
    grant = world.consent(person, without=person.declined)
    found = world.ask(grant)
    reading = world.read(grant, found)
    assert () == reading.faults
    formula = world.broker.policy.formula(
        person.programme, person.village_code, on=world.clock().date()
    )
    assert formula is not None
    assert person.expected == evaluate(formula, reading.answers).result


def test_every_answer_comes_with_the_proof_of_its_access(world: World) -> None:
    grant = world.consent(world.person("eligible"))
    found = world.ask(grant)
    assert "complete" == found.status
    for item in found.items:
        entry = world.broker.log.entry(item["entry"])
        index, _ = check_proof(item["proof"], entry, world.log_verifier)
        assert item["entry"] == index
        assert "access.sent" == parse_entry(entry).kind
        assert item["agency"] == parse_entry(entry).members["agency"]


def test_accesses_are_logged_before_anything_is_sent(world: World) -> None:
    grant = world.consent(world.person("eligible"))
    world.network.carried.clear()
    before = world.broker.log.size
    world.ask(grant)
    asked = [url for url, _, _ in world.network.carried if url.endswith("/v1/questions")]
    kinds = _kinds(world)[before:]
    sent = kinds.count("access.sent")
    # One batch of accesses, then one of outcomes (a key may be noted before both).
    assert len(asked) == sent == kinds.count("access.answered")
    assert kinds[-2 * sent :] == ["access.sent"] * sent + ["access.answered"] * sent


def test_after_a_withdrawal_nothing_is_asked_and_the_refusal_is_logged(world: World) -> None:
    person = world.person("withdraws")
    grant = world.consent(person)
    world.broker.grants.withdraw(grant.grant_id, grant.person_id)
    world.network.carried.clear()
    before = world.broker.log.size
    with pytest.raises(Problem) as refused:
        world.ask(grant)
    assert "grant-not-live" == refused.value.name
    assert [] == world.network.carried
    assert {"access.refused"} == set(_kinds(world)[before:]) - {"key.added"}


def test_the_same_request_id_asks_the_agencies_once(world: World) -> None:
    grant = world.consent(world.person("eligible"))
    first = world.ask(grant)
    size = world.broker.log.size
    assert first == world.ask(grant)
    assert size == world.broker.log.size


def test_a_request_id_that_stands_for_another_request_is_refused(world: World) -> None:
    grant = world.consent(world.person("eligible"))
    world.ask(grant)
    with pytest.raises(Problem, match="request-id-reused"):
        world.ask(grant, questions=grant.granted[:1])


def test_a_second_request_within_the_month_is_refused_with_its_reason(world: World) -> None:
    grant = world.consent(world.person("eligible"))
    world.ask(grant)
    with pytest.raises(Problem) as refused:
        world.ask(grant, request_id="another-0123456789")
    assert ["frequency"] == refused.value.members["reasons"]


def test_a_question_that_was_declined_is_refused_and_the_others_answered(world: World) -> None:
    person = world.person("declines")
    grant = world.consent(person, without=person.declined)
    found = world.ask(grant, questions=world.request(person).items)
    refused = [item for item in found.items if item["status"] == "refused"]
    assert "partial" == found.status
    assert [person.declined[0][0]] == [item["agency"] for item in refused]
    assert "question" in refused[0]["reasons"]


def test_an_unknown_question_is_named_and_not_logged(world: World) -> None:
    grant = world.consent(world.person("eligible"))
    size = world.broker.log.size
    with pytest.raises(Problem) as wrong:
        world.ask(grant, questions=[Item("polri", "3510991234567890")])
    assert "questions[0].question" == wrong.value.members["member"]
    assert size == world.broker.log.size


def test_an_agency_that_is_down_costs_its_answer_only(world: World) -> None:
    grant = world.consent(world.person("eligible"))
    del world.network.apps[world.plan.gateways["polri"]]
    found = world.ask(grant)
    by_agency = {item["agency"]: item for item in found.items}
    assert "unavailable" == by_agency["polri"]["status"]
    assert "agency_unreachable" == by_agency["polri"]["reason"]
    assert {"answered"} == {
        item["status"] for agency, item in by_agency.items() if agency != "polri"
    }
    assert "access.failed" in _kinds(world)


def test_no_identity_number_reaches_the_network_or_the_log_in_clear(world: World) -> None:
    person = world.person("eligible")
    world.ask(world.consent(person))
    needles = [person.nik.encode(), person.name.encode()]
    for _, sent, received in world.network.carried:
        assert not any(needle in sent or needle in received for needle in needles)
    log = world.broker.log
    for index in range(log.size):
        assert not any(needle in log.entry(index) for needle in needles)


def test_a_flood_of_refusals_is_counted_in_one_entry(world: World) -> None:
    """Above 60 a minute each further refusal is counted, and the person sees how many."""
    grant = world.consent(world.person("withdraws"))
    world.broker.grants.withdraw(grant.grant_id, grant.person_id)
    agencies = len({item.agency for item in grant.granted})
    names = []
    for number in range(10):
        with pytest.raises(Problem) as refused:
            world.ask(grant, request_id=f"flood-{number:016d}")
        names.append(refused.value.name)
    single = names.count("grant-not-live")
    assert single == 60 // agencies
    assert {"too-many-requests"} == set(names[single:])
    world.clock.forward(seconds=61)
    with pytest.raises(Problem):
        world.ask(grant, request_id="after-the-flood-0")
    log = world.broker.log
    entries = [parse_entry(log.entry(index)) for index in range(log.size)]
    counted = [each.members["count"] for each in entries if "count" in each.members]
    assert [(10 - single) * agencies] == counted


@pytest.mark.parametrize("impossible", ["", "\x00", "\ud800", "A" * 23])
def test_what_is_no_verification_s_id_is_nobody_s(world: World, impossible: str) -> None:
    verifications = world.broker.asking.verifications
    assert verifications.find(impossible, client_id="pkh") is None
