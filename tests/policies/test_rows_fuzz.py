"""The policy's rows with anything changed in them: loaded, or refused with the file's name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.errors import PolicyError
from policies.frequency import parse_per
from policies.load import PILOT, load

FILES = sorted(path.relative_to(PILOT) for path in PILOT.rglob("*.yaml"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the pilot's rows to change and mend."""
    copy = tmp_path_factory.mktemp("policies") / "pilot"
    shutil.copytree(PILOT, copy)
    return copy


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(FILES),
    st.integers(0, 400),
    st.sampled_from(["drop", "twice", "value", "text"]),
    st.sampled_from(["null", "[]", "{}", "-1", "''", "yes", "1e9", "[1, [2]]", "{a: {b: 1}}"])
    | st.text(alphabet="ab:-[]{}&*!|>?'\"\\#%@, 01", max_size=12),
)
def test_any_changed_line_is_loaded_or_refused(
    folder: Path, name: Path, line: int, how: str, text: str
) -> None:
    path = folder / name
    right = path.read_text("utf-8")
    lines = right.splitlines()
    at = line % len(lines)
    before, colon, _ = lines[at].partition(":")
    changed = {
        "drop": [],
        "twice": [lines[at], lines[at]],
        "value": [f"{before}{colon} {text}"],
        "text": [lines[at] + text],
    }[how]
    path.write_text("\n".join([*lines[:at], *changed, *lines[at + 1 :]]) + "\n", "utf-8")
    said = name.name
    try:
        load(folder)
    except PolicyError as error:
        said = str(error)
    finally:
        path.write_text(right, "utf-8")
    assert ".yaml" in said


@given(st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.lists(st.text()))
def test_any_period_is_one_or_none(value: object) -> None:
    assert parse_per(value) in ("day", "week", "month", "year", None)
