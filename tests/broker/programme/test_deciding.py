"""The decision: reasons with ids, and a digest that commits to exactly what was decided on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from audit.entry import salted_digest
from broker.programme.answers import AgencyReply, Reading
from broker.programme.deciding import decide, formula_for
from broker.programme.errors import ProgrammeError
from policies.eligibility import formula_digest
from policies.load import load

POLICY = load()
FORMULA = formula_for(POLICY, "pkh", "35.10.15.2004", on=date(2026, 11, 24))
SALT = b"s" * 32
GOOD = {row.key: row.answer for row in FORMULA.rows} | {
    row.key: "no" for row in FORMULA.rows if row.effect == "exclude"
}


def reading(answers: dict[Any, Any]) -> Reading:
    agencies = sorted({key[0] for key in GOOD})
    return Reading(
        tuple(
            AgencyReply(
                agency,
                "answered",
                None,
                number,
                {key: answer for key, answer in answers.items() if key[0] == agency},
            )
            for number, agency in enumerate(agencies)
        ),
        (),
    )


def test_good_answers_make_eligible_with_every_reason() -> None:
    decision = decide(FORMULA, reading(GOOD), salt=SALT)
    assert decision.result == "eligible"
    ids = [reason.id for reason in decision.reasons]
    assert ids[0] == "points"
    assert "dtsen.decile_at_most" in ids


def test_an_exclusion_is_the_first_reason_by_its_question() -> None:
    answers = {
        key: "yes" if key[:2] == ("polri", "owns_car") else said for key, said in GOOD.items()
    }
    decision = decide(FORMULA, reading(answers), salt=SALT)
    assert decision.result == "not_eligible"
    assert decision.reasons[0].id == "polri.owns_car"


def test_a_missing_answer_needs_review_and_never_excludes() -> None:
    answers = {key: said for key, said in GOOD.items() if key[0] != "himbara"}
    decision = decide(FORMULA, reading(answers), salt=SALT)
    assert decision.result == "needs_review"
    assert decision.reasons[0].id == "unknown.himbara.balance_above"


def test_without_any_answer_every_question_is_a_reason() -> None:
    decision = decide(FORMULA, reading({}), salt=SALT)
    assert decision.result == "needs_review"
    wanted = [f"unknown.{agency}.{question}" for agency, question, _ in FORMULA.asked]
    assert [reason.id for reason in decision.reasons] == wanted


def test_the_digest_opens_with_salt_and_opening_only() -> None:
    decision = decide(FORMULA, reading(GOOD), salt=SALT)
    assert decision.digest == salted_digest(SALT, decision.opening)
    assert decision.opening["formula"] == formula_digest(FORMULA)
    assert decision.opening["accesses"] == list(range(len({key[0] for key in GOOD})))
    assert decision.digest != decide(FORMULA, reading(GOOD), salt=b"t" * 32).digest


def test_another_answer_gives_another_digest() -> None:
    changed = {**GOOD, next(iter(GOOD)): "unknown"}
    assert (
        decide(FORMULA, reading(GOOD), salt=SALT).digest
        != decide(FORMULA, reading(changed), salt=SALT).digest
    )


def test_an_area_without_a_formula_is_our_error() -> None:
    with pytest.raises(ProgrammeError, match="no formula"):
        formula_for(POLICY, "pkh", "35.10.99.0001", on=date(2026, 11, 24))
