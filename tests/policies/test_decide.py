"""All rules or nothing: whatever is taken from a permitted ask, the permit is gone."""

from __future__ import annotations

import copy
import pickle
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policies.decide
from policies.ask import Ask, Frequency, GrantView, Item
from policies.decide import Permit, Refusal, decide, minimise
from policies.errors import PolicyError
from policies.load import load
from policies.policy import Policy
from policies.rules import RULES

POLICY = load()
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
GIVEN_AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@st.composite
def permitted(draw: st.DrawFn) -> tuple[Ask, GrantView]:
    """Draw an ask that the pilot's policy permits, with its grant."""
    ceiling = draw(st.sampled_from(list(POLICY.ceilings.values())))
    area = draw(st.sampled_from(list(POLICY.areas.values())))
    programme = draw(st.sampled_from(sorted(area.programmes)))
    keys = draw(
        st.lists(st.sampled_from(sorted(ceiling.questions)), min_size=1, max_size=6, unique=True)
    )
    items = []
    for key in keys:
        params = POLICY.catalogue.question(*key).params
        values = {name: draw(st.sampled_from(allowed)) for name, allowed in params.items()}
        items.append(Item(*key, values, optional=draw(st.booleans())))
    agency = draw(st.sampled_from([item.agency for item in items]))
    grant = GrantView(
        programme=programme,
        purpose=ceiling.purpose,
        items=tuple(items),
        valid_until=date(2026, 12, 1),
        frequency=ceiling.frequency,
        given_at=GIVEN_AT,
        live_index=draw(st.integers(0, 10**9)),
        evidence="broker-attested",
        retention_days=draw(st.integers(1, ceiling.retention_days)),
        uses={agency: draw(st.integers(0, ceiling.frequency.max - 1))},
    )
    asked = tuple(item for item in items if item.agency == agency)
    return Ask(programme, ceiling.purpose, agency, asked, area.code), grant


def _without_one_member(ask: Ask) -> list[Ask]:
    """Return every ask that lacks one member of `ask`, at any depth; "" and None are lacking."""
    lacking: list[Ask] = []
    gone: Any
    for gone in (None, "", ()):
        lacking += [replace(ask, **{each.name: gone}) for each in fields(ask)]
        for number, item in enumerate(ask.items):
            twins = [replace(item, agency=gone), replace(item, question=gone)]
            twins += [
                replace(item, params={k: v for k, v in item.params.items() if k != name})
                for name in item.params
            ]
            twins += [replace(item, params={**item.params, name: gone}) for name in item.params]
            lacking += [
                replace(ask, items=(*ask.items[:number], twin, *ask.items[number + 1 :]))
                for twin in twins
            ]
    return lacking


@given(permitted())
def test_removing_any_member_of_a_permitted_ask_never_keeps_the_permit(
    drawn: tuple[Ask, GrantView],
) -> None:
    ask, grant = drawn
    assert isinstance(decide(ask, grant, POLICY, at=AT), Permit)
    for lacking in _without_one_member(ask):
        answer = decide(lacking, grant, POLICY, at=AT)
        assert isinstance(answer, Refusal)
        assert answer.reasons


@given(permitted())
def test_removing_any_member_of_the_grant_never_keeps_the_permit(
    drawn: tuple[Ask, GrantView],
) -> None:
    ask, grant = drawn
    gone: Any
    for each in fields(grant):
        if each.name in {"withdrawn_at", "declined"}:  # lacking is their good state
            continue
        for gone in (None, "", ()):
            assert isinstance(
                decide(ask, replace(grant, **{each.name: gone}), POLICY, at=AT), Refusal
            )


@given(permitted())
def test_removing_any_part_of_the_policy_that_is_needed_never_keeps_the_permit(
    drawn: tuple[Ask, GrantView],
) -> None:
    ask, grant = drawn
    none: Any = {}
    for name in ("purposes", "ceilings", "programmes", "areas"):
        assert isinstance(decide(ask, grant, replace(POLICY, **{name: none}), at=AT), Refusal)


@given(permitted(), st.data())
def test_asking_for_more_than_granted_is_refused(
    drawn: tuple[Ask, GrantView], data: st.DataObject
) -> None:
    ask, grant = drawn
    gone = data.draw(st.sampled_from(ask.items))
    narrower = replace(grant, items=tuple(item for item in grant.items if item != gone))

    assert isinstance(decide(ask, narrower, POLICY, at=AT), Refusal)


@given(permitted())
def test_what_leaves_is_exactly_the_granted_values(drawn: tuple[Ask, GrantView]) -> None:
    ask, grant = drawn
    permit = decide(ask, grant, POLICY, at=AT)
    assert isinstance(permit, Permit)

    assert {item.key for item in ask.items} == {item.key for item in minimise(permit)}
    assert all(any(item is own for own in grant.items) for item in minimise(permit))


def test_without_a_grant_every_rule_that_needs_one_says_so(case: Any, policy: Policy) -> None:
    answer = decide(case.ask, None, policy, at=case.at)

    assert isinstance(answer, Refusal)
    assert {rule.id for rule in RULES} - {"area"} == set(answer.reason_ids)


def test_all_reasons_are_listed_not_the_first(case: Any, policy: Policy) -> None:
    ask = replace(case.ask, area="99.99.99.9999", programme="bpnt")
    grant = replace(case.grant, uses={"himbara": 5})

    answer = decide(ask, grant, policy, at=case.at)

    assert isinstance(answer, Refusal)
    assert answer.reason_ids == ["area", "frequency", "programme"]


def _raises(*_: object) -> bool:
    raise RuntimeError("3510990000000001")


@pytest.mark.parametrize("check", [_raises, lambda *_: 1, lambda *_: None, lambda *_: "yes"])
def test_a_broken_rule_refuses_and_names_itself(
    check: object,
    case: Any,
    policy: Policy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And what it raised goes nowhere: it may hold somebody's number."""
    broken = SimpleNamespace(id="broken", article="UU", text=RULES[0].text, check=check)
    monkeypatch.setattr(policies.decide, "RULES", (*RULES, broken))

    answer = decide(case.ask, case.grant, policy, at=case.at)

    assert isinstance(answer, Refusal)
    assert answer.reason_ids == ["broken"]
    assert answer.reasons[0].failed is (check is _raises)
    assert "3510990000000001" not in repr(answer)


def test_without_rules_nothing_is_permitted(
    case: Any,
    policy: Policy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(policies.decide, "RULES", ())

    assert isinstance(decide(case.ask, case.grant, policy, at=case.at), Refusal)


def test_a_moment_without_a_zone_is_refused(case: Any, policy: Policy) -> None:
    assert isinstance(
        decide(case.ask, case.grant, policy, at=case.at.replace(tzinfo=None)), Refusal
    )


def test_nobody_else_can_make_a_permit(case: Any, policy: Policy) -> None:
    permit = decide(case.ask, case.grant, policy, at=case.at)
    assert isinstance(permit, Permit)
    with pytest.raises(PolicyError):
        Permit(case.ask, case.grant, case.at)
    with pytest.raises(PolicyError):
        Permit(case.ask, case.grant, case.at, made_by=object())
    with pytest.raises(PolicyError):
        replace(permit, ask=replace(case.ask, agency="polri"))
    with pytest.raises(PolicyError):
        pickle.dumps(permit)
    with pytest.raises(PolicyError):
        copy.deepcopy(permit)
    with pytest.raises(PolicyError):
        type("Own", (Permit,), {"__post_init__": lambda *_: None})


def test_a_lowered_ceiling_stops_a_grant_already_given(case: Any, policy: Policy) -> None:
    ceiling = policy.ceilings["eligibility", None]
    lower = replace(ceiling, frequency=Frequency("year", 1))
    own = replace(policy, ceilings={**policy.ceilings, ("eligibility", "pkh"): lower})

    answer = decide(case.ask, case.grant, own, at=case.at)

    assert isinstance(answer, Refusal)
    assert answer.reason_ids == ["ceiling"]
