"""docs/formats says what the code does: every kind, every reason, every problem."""

from __future__ import annotations

import re
from pathlib import Path

from audit.answers import PROBLEMS
from audit.entry import CHECKS
from broker.gateway.errors import REASONS
from broker.problems import TYPES

FORMATS = Path(__file__).resolve().parents[1] / "docs" / "formats"


def _read(name: str) -> str:
    return (FORMATS / name).read_text("utf-8")


def test_every_kind_of_entry_is_described() -> None:
    text = _read("log.md")
    assert [] == [kind for kind in CHECKS if f"`{kind}`" not in text]


def test_every_member_of_an_entry_is_described() -> None:
    text = _read("log.md")
    names = {name for members in CHECKS.values() for name in members}
    assert [] == sorted(name for name in names if f"`{name}`" not in text)


def test_every_reason_of_a_gateway_is_described() -> None:
    text = _read("gateway-api.md")
    assert [] == [reason for reason in REASONS if f"`{reason}`" not in text]


def test_every_problem_is_described_with_its_status() -> None:
    described = dict(re.findall(r"`/problems/([a-z-]+)` \| (\d+)", _read("problems.md")))
    assert {name: str(kind.status) for name, kind in TYPES.items()} == described


def test_the_log_s_own_problems_are_those_of_the_table() -> None:
    """`audit` stands alone, so it names them a second time."""
    ours = {name: (kind.status, kind.title) for name, kind in TYPES.items()}
    assert {name: ours[name] for name in PROBLEMS} == PROBLEMS
