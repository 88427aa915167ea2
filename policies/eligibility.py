"""A programme's formula in one area: typed rows, three-valued answers, a result with reasons.

It must not ask anybody, know who the person is, or treat a missing answer as a "no".

Three values. An answer that is unknown, or missing, leads to a human check with its reason:
never to 0 points, which would count against the person, and never to an exclusion.

A certain exclusion (or a requirement certainly not met) gives `not_eligible` even when other
answers are unknown: no value of those could change the result, so a human check would only
make the person wait, and she can object with the reason in her hand. In the other direction
there is no short cut: enough points do not outweigh an unknown, since it may hide an exclusion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from policies.canonical import Plain, canonical, digest
from policies.catalogue import Value
from policies.errors import PolicyError
from policies.words import Words

Answer = Literal["yes", "no", "unknown"]
Result = Literal["eligible", "not_eligible", "needs_review"]
Effect = Literal["exclude", "require"]
AnswerKey = tuple[str, str, str]
"""(agency, question, canonical JSON of the parameters)."""

_ANSWERS: Final = ("yes", "no", "unknown")


@dataclass(frozen=True)
class Row:
    """What one answer leads to: either `points` or an `effect`, never both.

    points: added when the answer is `answer`. exclude: not eligible when it is. require: not
    eligible when it certainly is not. reason: said when points, exclusion or the failed
    requirement apply. asked: the question in words, from the catalogue, for the reason of an
    unknown; not part of the formula's digest.
    """

    agency: str
    question: str
    answer: Literal["yes", "no"]
    reason: Words
    points: int | None = None
    effect: Effect | None = None
    params: Mapping[str, Value] = field(default_factory=dict)
    asked: Words | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if (self.points is None) == (self.effect is None):
            raise PolicyError("a formula's row has either points or an effect")

    @property
    def key(self) -> AnswerKey:
        """The key under which the row's answer is looked up."""
        return answer_key(self.agency, self.question, self.params)


@dataclass(frozen=True)
class Thresholds:
    """Points from which the result is eligible, and from which a human looks."""

    eligible: int
    review: int


@dataclass(frozen=True)
class Formula:
    """One immutable version of a programme's formula in one area.

    valid_from: the first day (UTC) on which it may be in force, if committed by then.
    """

    programme: str
    area: str
    version: int
    legal: str
    valid_from: date
    thresholds: Thresholds
    rows: tuple[Row, ...]

    @property
    def asked(self) -> tuple[tuple[str, str, Mapping[str, Value]], ...]:
        """Return (agency, question, params) of every question it needs, each once."""
        needed = {row.key: (row.agency, row.question, row.params) for row in self.rows}
        return tuple(needed.values())


@dataclass(frozen=True)
class Outcome:
    """What the formula says, and why.

    reasons: weightiest first. points: of the known answers only. unknown: the questions that
    a human has to clear up.
    """

    result: Result
    reasons: tuple[Words, ...]
    points: int
    unknown: tuple[AnswerKey, ...] = ()


def answer_key(agency: str, question: str, params: Mapping[str, Value] | None = None) -> AnswerKey:
    """Return the key of one question with its parameters' values."""
    return (agency, question, canonical(dict(params or {})).decode())


def formula_members(formula: Formula) -> dict[str, Plain]:
    """Return the formula as the JSON members that its digest covers."""
    return {
        "v": 1,
        "programme": formula.programme,
        "area": formula.area,
        "version": formula.version,
        "legal": formula.legal,
        "valid_from": formula.valid_from.isoformat(),
        "eligible_from": formula.thresholds.eligible,
        "review_from": formula.thresholds.review,
        "rows": [_row_members(row) for row in formula.rows],
    }


def formula_digest(formula: Formula) -> str:
    """Return the SHA-256 (hex) that the log holds of the formula."""
    return digest(formula_members(formula))


def evaluate(formula: Formula, answers: Mapping[AnswerKey, str]) -> Outcome:
    """Return what `formula` says of `answers`; a question that is missing there is unknown.

    Raises PolicyError for an answer that is none of the three values: read as "unknown" it
    would hide a fault, read as "no" it would harm somebody.
    """
    stops: list[Words] = []
    counted: list[Words] = []
    unknown: dict[AnswerKey, Words] = {}
    points = 0
    for row in formula.rows:
        answer = answers.get(row.key, "unknown")
        if answer not in _ANSWERS:
            raise PolicyError(f"an answer to {row.agency}.{row.question} is not yes, no or unknown")
        if answer == "unknown":
            unknown[row.key] = _not_known(row)
        elif row.points is not None:
            if answer == row.answer:
                points += row.points
                counted.append(row.reason)
        elif (answer == row.answer) == (row.effect == "exclude"):
            stops.append(row.reason)
    result, verdict = _result(formula.thresholds, points, bool(stops), bool(unknown))
    reasons = (*stops, *unknown.values(), *verdict, *counted)
    return Outcome(result, reasons, points, tuple(unknown))


def _result(
    thresholds: Thresholds, points: int, stopped: bool, unknown: bool
) -> tuple[Result, tuple[Words, ...]]:
    if stopped:
        return "not_eligible", ()
    if unknown:
        return "needs_review", ()
    if points >= thresholds.eligible:
        return "eligible", (
            Words(
                f"Jumlah poin {points} mencapai batas {thresholds.eligible}.",
                f"{points} points reach the threshold of {thresholds.eligible}.",
            ),
        )
    if points >= thresholds.review:
        return "needs_review", (
            Words(
                f"Jumlah poin {points} di bawah batas {thresholds.eligible}; petugas memeriksa.",
                f"{points} points are below the threshold of {thresholds.eligible}; "
                "an officer will check.",
            ),
        )
    return "not_eligible", (
        Words(
            f"Jumlah poin {points} di bawah batas pemeriksaan {thresholds.review}.",
            f"{points} points are below the threshold of {thresholds.review} for a check.",
        ),
    )


def _row_members(row: Row) -> dict[str, Plain]:
    members: dict[str, Plain] = {
        "agency": row.agency,
        "question": row.question,
        "params": dict(row.params),
        "answer": row.answer,
        "reason_id": row.reason.id,
        "reason_en": row.reason.en,
    }
    if row.points is not None:
        members["points"] = row.points
    if row.effect is not None:
        members["effect"] = row.effect
    return members


def _not_known(row: Row) -> Words:
    asked = row.asked or Words(f"{row.agency}.{row.question}", f"{row.agency}.{row.question}")
    return Words(
        f"Belum diketahui, petugas perlu memeriksa: {asked.id}",
        f"Not known, an officer has to check: {asked.en}",
    )
