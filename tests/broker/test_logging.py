"""No person slips into a log line: fields are allowed by name, long numbers are scrubbed."""

from __future__ import annotations

import ast
import json
import logging
import sys
from pathlib import Path

import pytest

from broker.logging import ALLOWED_FIELDS, EVENTS, SCRUBBED, UNNAMED, FieldFilter, ServerFormatter

ROOT = Path(__file__).resolve().parents[2]
METHODS = {"debug", "info", "warning", "error", "critical", "exception"}
NIK = "3510990101800001"


def _filtered(**event: object) -> dict[str, object]:
    return dict(FieldFilter()(None, "info", {"event": "answered", **event}))


def test_an_unknown_field_is_dropped_and_counted() -> None:
    assert {"event": "answered", "count": 2, "error": "fields dropped"} == _filtered(
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
                if node.func.attr in METHODS and ("log" in source):
                    found.append((f"{path.relative_to(ROOT)}:{node.lineno}", node))
    return found


def test_every_line_that_the_code_writes_has_a_listed_event_and_allowed_fields() -> None:
    """A name or field that is not listed is dropped at run time: the line would say nothing."""
    events = set()
    for where, call in _calls():
        (event,) = call.args
        assert isinstance(event, ast.Constant), where
        events.add(event.value)
        assert {word.arg for word in call.keywords} <= ALLOWED_FIELDS, where
    assert EVENTS - {"server.trouble"} == events


def test_an_event_that_is_not_listed_has_no_name() -> None:
    assert {"event": UNNAMED} == dict(FieldFilter()(None, "info", {"event": f"asked {NIK}"}))


def test_what_the_server_says_is_a_line_of_the_same_form() -> None:
    try:
        raise ValueError(f"about {NIK}")
    except ValueError:
        caught = sys.exc_info()
    for exception, expected in ((None, f"of {SCRUBBED}"), (caught, "ValueError")):
        record = logging.LogRecord("_granian", 40, "", 0, f"of {NIK}\nmore", None, exception)
        line = json.loads(ServerFormatter().format(record))
        assert ("server.trouble", expected) == (line["event"], line["error"])
