"""The list of third-party vectors names every file that is there."""

from __future__ import annotations

from pathlib import Path

from tests.vectors_report import USES, table


def test_every_file_of_the_vectors_is_listed(vectors: Path) -> None:
    listed = [use.path for use in USES]
    found = [
        str(path.relative_to(vectors))
        for path in vectors.rglob("*")
        if path.is_file() and path.name not in {"README.md", "SOURCES.md", "LICENSE"}
    ]
    assert [] == [name for name in found if not name.startswith(tuple(listed))]


def test_what_is_not_run_has_a_reason() -> None:
    assert [] == [use.path for use in USES if bool(use.tests) == bool(use.why)]


def test_a_failure_is_not_hidden_by_a_pass() -> None:
    node = "tests/keys/test_signing.py::test_every_wycheproof_verdict_is_ours"
    lines = [line for line in table([node], [node]) if "ed25519" in line]
    assert ["FAILED 1"] == [line.split(maxsplit=1)[1] for line in lines]
