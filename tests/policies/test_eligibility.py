"""Three-valued answers lead to a result with reasons; an unknown never counts against anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.eligibility import (
    Formula,
    Row,
    Thresholds,
    answer_key,
    evaluate,
    formula_digest,
)
from policies.errors import PolicyError
from policies.load import load
from policies.policy import Policy
from policies.words import Words

POLICY = load()
KEMIREN = "35.10.15.2004"

CAR = answer_key("polri", "owns_car")
ALIVE = answer_key("dukcapil", "alive")
DECILE = answer_key("dtsen", "decile_at_most", {"decile": 4})
STATE = answer_key("bpjs_kes", "premium_paid_by_state")

FORMULA = Formula(
    programme="pkh",
    area=KEMIREN,
    version=1,
    legal="Permensos",
    valid_from=date(2026, 1, 1),
    thresholds=Thresholds(eligible=60, review=40),
    rows=(
        Row("dukcapil", "alive", "yes", Words("wafat", "dead"), effect="require"),
        Row("polri", "owns_car", "yes", Words("mobil", "car"), effect="exclude"),
        Row("dtsen", "decile_at_most", "yes", Words("desil", "decile"), 40, params={"decile": 4}),
        Row("bpjs_kes", "premium_paid_by_state", "yes", Words("iuran", "premium"), 20),
    ),
)
GOOD = {ALIVE: "yes", CAR: "no", DECILE: "yes", STATE: "yes"}


@pytest.mark.parametrize(
    ("expected", "points", "changed"),
    [
        ("eligible", 60, {}),
        ("needs_review", 40, {STATE: "no"}),
        ("not_eligible", 20, {DECILE: "no"}),
        ("not_eligible", 60, {CAR: "yes"}),
        ("not_eligible", 60, {ALIVE: "no"}),
        ("needs_review", 40, {STATE: "unknown"}),
        ("needs_review", 20, {DECILE: "unknown"}),
        ("needs_review", 60, {CAR: "unknown"}),
        ("needs_review", 60, {ALIVE: "unknown"}),
        ("not_eligible", 20, {CAR: "yes", DECILE: "unknown"}),
        ("not_eligible", 40, {ALIVE: "no", STATE: "unknown", CAR: "unknown"}),
    ],
)
def test_answers_lead_to_their_result(
    expected: str, points: int, changed: dict[tuple[str, str, str], str]
) -> None:
    outcome = evaluate(FORMULA, {**GOOD, **changed})

    assert (expected, points) == (outcome.result, outcome.points)
    assert outcome.reasons


def test_an_exclusion_is_said_first_and_the_unknown_with_its_question() -> None:
    outcome = evaluate(FORMULA, {**GOOD, CAR: "yes", STATE: "unknown"})

    assert outcome.reasons[0] == Words("mobil", "car")
    assert "bpjs_kes.premium_paid_by_state" in outcome.reasons[1].en
    assert outcome.unknown == (STATE,)


def test_a_missing_answer_is_unknown_not_no() -> None:
    without = {key: value for key, value in GOOD.items() if key != STATE}

    assert evaluate(FORMULA, {**GOOD, STATE: "unknown"}) == evaluate(FORMULA, without)


def test_an_answer_under_another_value_is_not_taken_for_this_one() -> None:
    """The answer for decile 5 says nothing of decile 4."""
    answers = {**GOOD, answer_key("dtsen", "decile_at_most", {"decile": 5}): "yes"}
    del answers[DECILE]

    assert evaluate(FORMULA, answers).result == "needs_review"


def test_an_answer_outside_the_three_values_is_an_error() -> None:
    with pytest.raises(PolicyError):
        evaluate(FORMULA, {**GOOD, CAR: "maybe"})


@given(
    st.sampled_from(sorted(POLICY.formulas)),
    st.lists(st.sampled_from(["yes", "no", "unknown"]), min_size=20, max_size=20),
)
def test_an_unknown_never_decides(which: tuple[str, str], answers: list[str]) -> None:
    """Not eligible with unknowns only if it would be so whatever those answers turn out to be."""
    formula = POLICY.formulas[which][0]
    keys = [answer_key(*asked) for asked in formula.asked]
    given_ = dict(zip(keys, answers, strict=False))
    outcome = evaluate(formula, given_)
    assert outcome.reasons
    if not outcome.unknown:
        return
    assert outcome.result in {"needs_review", "not_eligible"}
    if outcome.result == "not_eligible":
        for value in ("yes", "no"):
            known = {key: value if a == "unknown" else a for key, a in given_.items()}
            assert evaluate(formula, known).result == "not_eligible"


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 2},
        {"area": "35.10.16.1014"},
        {"legal": "other"},
        {"valid_from": date(2026, 1, 2)},
        {"thresholds": Thresholds(60, 39)},
        {"rows": FORMULA.rows[:-1]},
        {"rows": (*FORMULA.rows[:-1], replace(FORMULA.rows[-1], points=21))},
        {"rows": (*FORMULA.rows[:-1], replace(FORMULA.rows[-1], reason=Words("x", "premium")))},
        {"rows": FORMULA.rows[::-1]},
    ],
)
def test_any_change_changes_the_digest(changed: dict[str, object]) -> None:
    assert formula_digest(replace(FORMULA, **changed)) != formula_digest(FORMULA)  # type: ignore[arg-type]


def test_the_digest_is_over_canonical_json() -> None:
    """Pinned: a digest in the log must be recomputable for ever."""
    assert (
        formula_digest(FORMULA)
        == "44ba86f1b1163cfe564c7ae6d5b39ef40e68106b97020235cab1f8dfdf87d729"
    )


def test_a_row_has_points_or_an_effect() -> None:
    with pytest.raises(PolicyError):
        Row("polri", "owns_car", "yes", Words("a", "b"))
    with pytest.raises(PolicyError):
        Row("polri", "owns_car", "yes", Words("a", "b"), points=1, effect="exclude")


def test_the_pilots_formulas_find_a_poor_family_eligible_and_a_car_owner_not(
    policy: Policy,
) -> None:
    for formulas in policy.formulas.values():
        formula = formulas[-1]
        good = {
            row.key: row.answer if row.points is not None or row.effect == "require" else "no"
            for row in formula.rows
        }
        assert evaluate(formula, good).result == "eligible"
        assert evaluate(formula, {**good, CAR: "yes"}).result == "not_eligible"
        assert evaluate(formula, {}).result == "needs_review"


def test_the_formula_in_force_is_the_youngest_valid_one(policy: Policy) -> None:
    first = policy.formulas["pkh", KEMIREN][0]
    second = replace(first, version=2, valid_from=date(2026, 12, 1))
    both = replace(policy, formulas={("pkh", KEMIREN): (first, second)})

    assert both.formula("pkh", KEMIREN, on=date(2025, 12, 31)) is None
    assert both.formula("pkh", KEMIREN, on=date(2026, 11, 30)) is first
    assert both.formula("pkh", KEMIREN, on=date(2026, 12, 1)) is second
    assert both.formula("pkh", "35.10.16.1014", on=date(2026, 12, 1)) is None
