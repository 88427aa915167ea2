"""The pilot's policy, and a permitted ask with its grant, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from policies.ask import Ask, Frequency, GrantView, Item, Request
from policies.load import load
from policies.policy import Policy

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
CAR = Item("polri", "owns_car")
BALANCE = Item("himbara", "balance_above", {"rupiah": 5_000_000})
DECILE = Item("dtsen", "decile_at_most", {"decile": 4})


@dataclass(frozen=True)
class Case:
    """An ask that is permitted under its grant at its moment."""

    ask: Ask
    grant: GrantView
    at: datetime


@pytest.fixture(scope="session")
def policy() -> Policy:
    """Return the pilot's policy."""
    return load()


@pytest.fixture
def case() -> Case:
    """Return a permitted question to the banks."""
    return Case(
        ask=Ask("pkh", "eligibility", "himbara", (BALANCE,), "35.10.15.2004"),
        grant=GrantView(
            programme="pkh",
            purpose="eligibility",
            items=(CAR, BALANCE),
            valid_until=date(2027, 2, 28),
            frequency=Frequency("month", 1),
            given_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
            live_index=7,
            evidence="broker-attested",
            retention_days=90,
            uses={"himbara": 0, "polri": 0},
        ),
        at=AT,
    )


@pytest.fixture
def request_of() -> Callable[..., Request]:
    """Return a maker of requests that are fine but for the members given."""

    def make(**changed: object) -> Request:
        members: dict[str, object] = {
            "programme": "pkh",
            "purpose": "eligibility",
            "items": (CAR, BALANCE, DECILE),
            "valid_until": date(2027, 2, 28),
            "frequency": Frequency("month", 1),
            "retention_days": 90,
        }
        return Request(**{**members, **changed})  # type: ignore[arg-type]

    return make
