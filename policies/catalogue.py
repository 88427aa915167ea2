"""Which agency can be asked which question with which values; it must not judge who may ask.

A parameter takes only the values listed here, so that nobody narrows an amount by asking
again and again with a threshold of their own choosing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from policies.errors import PolicyError
from policies.words import Words

Value = int | str
QuestionKey = tuple[str, str]
"""(agency, question)."""

EVIDENCE: Final = ("broker-attested", "agent-passkey", "id-token", "passkey")
"""Kinds of evidence of a grant, weakest first (design: the grant's evidence)."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one member of what somebody sent, named as in their JSON."""

    member: str
    reason: str


@dataclass(frozen=True)
class Agency:
    """An institution that answers."""

    id: str
    name: Words


@dataclass(frozen=True)
class Question:
    """One yes/no question of an agency.

    params: each parameter's allowed values. labels: words for values that do not speak for
    themselves. text: may hold `{parameter}` placeholders. not_shared: what the agency knows
    and does not tell. least_evidence: the weakest kind of `EVIDENCE` that this question accepts.
    """

    agency: str
    id: str
    text: Words
    not_shared: Words
    least_evidence: str
    params: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    labels: Mapping[tuple[str, Value], Words] = field(default_factory=dict)

    @property
    def key(self) -> QuestionKey:
        """(agency, question)."""
        return (self.agency, self.id)

    def words(self, params: Mapping[str, Value]) -> Words:
        """Return what is asked, with the parameters' values filled in for people to read."""
        text = self.text
        for name, value in params.items():
            label = self.labels.get((name, value)) or _spoken(value)
            hole = "{" + name + "}"
            text = Words(text.id.replace(hole, label.id), text.en.replace(hole, label.en))
        return text


@dataclass(frozen=True)
class Catalogue:
    """Everything that can be asked, of whom."""

    agencies: Mapping[str, Agency]
    questions: Mapping[QuestionKey, Question]

    def agency(self, agency: str) -> Agency:
        """Return the agency, or raise PolicyError."""
        try:
            return self.agencies[agency]
        except (KeyError, TypeError):
            raise PolicyError("the catalogue has no such agency") from None

    def find(self, agency: str, question: str) -> Question | None:
        """Return the question, or None if the agency has no such one."""
        return self.questions.get((agency, question))

    def question(self, agency: str, question: str) -> Question:
        """Return the question, or raise PolicyError."""
        found = self.find(agency, question)
        if found is None:
            raise PolicyError("the catalogue has no such question at this agency")
        return found

    def of_agency(self, agency: str) -> tuple[Question, ...]:
        """Return the agency's questions, in the catalogue's order."""
        return tuple(q for q in self.questions.values() if q.agency == agency)


def validate_asked(
    catalogue: Catalogue, agency: str, question: str, params: Mapping[str, Value]
) -> list[Fault]:
    """Return every fault of one asked question (empty = fine).

    Members are named relative to the item: `agency`, `question`, `params.rupiah`.
    """
    if agency not in catalogue.agencies:
        return [Fault("agency", "is not an agency of the catalogue")]
    found = catalogue.find(agency, question)
    if found is None:
        return [Fault("question", "is not a question of this agency")]
    faults = [Fault(f"params.{name}", "is missing") for name in found.params if name not in params]
    for name, value in params.items():
        allowed = found.params.get(name)
        if allowed is None:
            faults.append(Fault(f"params.{name}", "is not a parameter of this question"))
        elif not is_listed(value, allowed):
            listed = ", ".join(str(each) for each in allowed)
            faults.append(Fault(f"params.{name}", f"must be one of: {listed}"))
    return faults


def is_listed(value: object, allowed: tuple[Value, ...]) -> bool:
    """Whether `value` is one of `allowed`, of the same type too (in Python, True == 1)."""
    return any(type(value) is type(each) and value == each for each in allowed)


def evidence_suffices(kind: str, least: str) -> bool:
    """Whether evidence of `kind` is at least as strong as `least`; unknown kinds never are."""
    if kind not in EVIDENCE or least not in EVIDENCE:
        return False
    return EVIDENCE.index(kind) >= EVIDENCE.index(least)


def _spoken(value: Value) -> Words:
    if isinstance(value, int):
        english = f"{value:,}"
        return Words(english.replace(",", "."), english)
    return Words(value, value)
