"""No person slips into a log line: fields are allowed by name, long numbers are scrubbed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from broker.logging import ALLOWED_FIELDS, SCRUBBED, FieldFilter

ROOT = Path(__file__).resolve().parents[2]
METHODS = {"debug", "info", "warning", "error", "critical", "exception"}
NIK = "3510990101800001"


def _filtered(**event: object) -> dict[str, object]:
    return dict(FieldFilter()(None, "info", {"event": "asked", **event}))


def test_an_unknown_field_is_dropped_and_counted() -> None:
    assert {"event": "asked", "count": 2, "error": "fields dropped"} == _filtered(
        nik=NIK, name="Sulastri"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NIK, SCRUBBED),
        (int(NIK), SCRUBBED),
        (f"about {NIK}!", f"about {SCRUBBED}!"),
        ([NIK, "polri"], [SCRUBBED, "polri"]),
        (ValueError(NIK), "ValueError"),
        ({"nik": NIK}, "dict"),
        (17, 17),
    ],
)
def test_a_number_like_a_nik_is_scrubbed(value: object, expected: object) -> None:
    assert expected == _filtered(reason=value)["reason"]


def _calls() -> list[tuple[str, ast.Call]]:
    found = []
    for package in ("broker", "consent"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                source = ast.unparse(node.func.value)
                if node.func.attr in METHODS and ("_log" in source or "structlog" in source):
                    found.append((f"{path.relative_to(ROOT)}:{node.lineno}", node))
    return found


def test_every_line_that_the_code_writes_uses_allowed_fields_and_a_constant_event() -> None:
    calls = _calls()
    assert 5 < len(calls)
    for where, call in calls:
        assert isinstance(call.args[0], ast.Constant), where
        assert {word.arg for word in call.keywords} <= ALLOWED_FIELDS, where
