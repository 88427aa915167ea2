"""The decision: the formula in force over the answers, with reasons, and the digest for the log.

Pure. It does not know the person, and it cannot decide against her for want of an answer: see
`policies.eligibility`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from audit.canonical import JsonInput
from audit.entry import salted_digest
from broker.programme.answers import Reading
from broker.programme.errors import ProgrammeError
from policies.eligibility import Formula, Outcome, Result, evaluate, formula_digest
from policies.policy import Policy
from policies.words import Words

SALT_BYTES: Final = 32


@dataclass(frozen=True)
class Reason:
    """One reason. id: `AGENCY.QUESTION`, `unknown.AGENCY.QUESTION` or `points`."""

    id: str
    text: Words


@dataclass(frozen=True)
class Decision:
    """A decision with everything that its digest commits to.

    formula, digest: hex SHA-256. salt: 32 bytes; with `opening` it opens the digest.
    """

    result: Result
    reasons: tuple[Reason, ...]
    points: int
    formula: str
    digest: str
    salt: bytes = field(repr=False)
    opening: Mapping[str, Any] = field(repr=False)


def formula_for(policy: Policy, programme: str, area: str, *, on: date) -> Formula:
    """Return the formula that the programme uses in an area on a day; the broker checks again."""
    formula = policy.formula(programme, area, on=on)
    if formula is None:
        raise ProgrammeError(f"there is no formula of {programme} for this area")
    return formula


def decide(formula: Formula, reading: Reading, *, salt: bytes) -> Decision:
    """Return what `formula` says of the answers that passed every check."""
    outcome = evaluate(formula, reading.answers)
    reasons = name_reasons(formula, outcome)
    digest = formula_digest(formula)
    opening: dict[str, JsonInput] = {
        "v": 1,
        "formula": digest,
        "answers": [
            {"agency": agency, "question": question, "params": params, "answer": answer}
            for (agency, question, params), answer in sorted(reading.answers.items())
        ],
        "accesses": reading.accesses,
        "result": outcome.result,
        "reasons": [{"id": each.id, "text": each.text.id} for each in reasons],
    }
    return Decision(
        outcome.result,
        reasons,
        outcome.points,
        digest,
        salted_digest(salt, opening),
        salt,
        opening,
    )


def name_reasons(formula: Formula, outcome: Outcome) -> tuple[Reason, ...]:
    """Return the outcome's reasons with ids, in their order."""
    rows = {row.reason: f"{row.agency}.{row.question}" for row in formula.rows}
    # `evaluate` gives the unknown questions and their sentences in one order.
    unknown = iter(f"unknown.{agency}.{question}" for agency, question, _ in outcome.unknown)
    return tuple(
        Reason(rows[text] if text in rows else next(unknown, "points"), text)
        for text in outcome.reasons
    )
