"""Each rule has a twin of the permitted ask that this rule, and no other, refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from policies.ask import Ask, Frequency, GrantView, Item
from policies.decide import Permit, Refusal, decide
from policies.policy import Policy
from policies.rules import RULES

CAR = Item("polri", "owns_car")


class _Twin:
    """What one change of the permitted case does to it."""

    def __init__(
        self,
        ask: Callable[[Ask], Ask] = lambda ask: ask,
        grant: Callable[[GrantView], GrantView] = lambda grant: grant,
    ) -> None:
        self.ask = ask
        self.grant = grant


TWINS: list[tuple[str, _Twin]] = [
    ("grant_live", _Twin(grant=lambda g: replace(g, live_index=None))),
    ("grant_live", _Twin(grant=lambda g: replace(g, live_index=-1))),
    ("grant_live", _Twin(grant=lambda g: replace(g, withdrawn_at=g.given_at))),
    (
        "grant_live",
        _Twin(grant=lambda g: replace(g, withdrawn_at=datetime(2099, 1, 1, tzinfo=UTC))),
    ),
    ("grant_live", _Twin(grant=lambda g: replace(g, valid_until=date(2026, 11, 23)))),
    (
        "grant_live",
        _Twin(grant=lambda g: replace(g, given_at=datetime(2026, 11, 24, 9, 31, tzinfo=UTC))),
    ),
    ("programme", _Twin(ask=lambda a: replace(a, programme="bpnt"))),
    ("programme", _Twin(grant=lambda g: replace(g, programme="bpnt"))),
    ("purpose", _Twin(ask=lambda a: replace(a, purpose="recertification"))),
    ("question", _Twin(grant=lambda g: replace(g, declined=(g.items[1],)))),
    ("question", _Twin(ask=lambda a: replace(a, items=(*a.items, CAR)))),
    ("question", _Twin(ask=lambda a: replace(a, items=a.items * 2))),
    (
        "parameters",
        _Twin(
            ask=lambda a: replace(
                a, items=(Item("himbara", "balance_above", {"rupiah": 10_000_000}),)
            )
        ),
    ),
    ("area", _Twin(ask=lambda a: replace(a, area="35.10.15.2005"))),
    ("area", _Twin(ask=lambda a: replace(a, area=None))),
    ("frequency", _Twin(grant=lambda g: replace(g, uses={"himbara": 1}))),
    ("frequency", _Twin(grant=lambda g: replace(g, uses={"polri": 0}))),
    ("frequency", _Twin(grant=lambda g: replace(g, uses={"himbara": -1}))),
    ("ceiling", _Twin(grant=lambda g: replace(g, retention_days=91))),
    ("ceiling", _Twin(grant=lambda g: replace(g, frequency=Frequency("month", 3)))),
    ("ceiling", _Twin(grant=lambda g: replace(g, valid_until=date(2027, 5, 23)))),
    ("evidence", _Twin(grant=lambda g: replace(g, evidence="my-word"))),
]


@pytest.mark.parametrize(("rule", "twin"), TWINS)
def test_exactly_the_rule_concerned_refuses(
    rule: str,
    twin: _Twin,
    case: Any,
    policy: Policy,
) -> None:
    answer = decide(twin.ask(case.ask), twin.grant(case.grant), policy, at=case.at)

    assert isinstance(answer, Refusal)
    assert [rule] == answer.reason_ids


def test_every_rule_has_a_twin() -> None:
    assert {rule.id for rule in RULES} == {rule for rule, _ in TWINS}


def test_the_grants_last_day_counts_whole_in_utc(case: Any, policy: Policy) -> None:
    grant = replace(case.grant, valid_until=date(2026, 11, 24))
    last = datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)

    assert isinstance(decide(case.ask, grant, policy, at=last), Permit)
    assert isinstance(decide(case.ask, grant, policy, at=last + timedelta(seconds=1)), Refusal)


def test_a_question_that_wants_stronger_evidence_is_refused_by_evidence(
    case: Any,
    policy: Policy,
) -> None:
    key = ("himbara", "balance_above")
    stronger = replace(policy.catalogue.questions[key], least_evidence="passkey")
    questions = {**policy.catalogue.questions, key: stronger}
    strict = replace(policy, catalogue=replace(policy.catalogue, questions=questions))

    answer = decide(case.ask, case.grant, strict, at=case.at)

    assert isinstance(answer, Refusal)
    assert answer.reason_ids == ["evidence"]
    passkey = replace(case.grant, evidence="passkey")
    assert isinstance(decide(case.ask, passkey, strict, at=case.at), Permit)


def test_each_rule_has_its_article_and_both_languages() -> None:
    for rule in RULES:
        assert rule.article.startswith("UU 27/2022 Pasal ")
        assert rule.text.id
        assert rule.text.en
