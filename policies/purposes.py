"""What data may be asked for, and the most that each purpose may ask; no judging here."""

from __future__ import annotations

from dataclasses import dataclass

from policies.catalogue import QuestionKey
from policies.frequency import Frequency
from policies.words import Words


@dataclass(frozen=True)
class Purpose:
    """Why a programme asks, in words that a person can judge."""

    id: str
    text: Words


@dataclass(frozen=True)
class Ceiling:
    """The most a purpose may ask.

    programme: None = of every programme that has no ceiling of its own for this purpose.
    period_days: how far ahead of the asking day a grant may reach.
    """

    purpose: str
    programme: str | None
    questions: frozenset[QuestionKey]
    period_days: int
    frequency: Frequency
    retention_days: int
