"""The house is in order: the README's tour is right, files are short, tours hold no code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("audit", "broker", "consent", "keys", "policies")
MOST_LINES = 400
SOURCES = sorted(path for name in (*PACKAGES, "tests") for path in (ROOT / name).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_enough_to_read(path: Path) -> None:
    assert MOST_LINES >= len(path.read_text("utf-8").splitlines())


def test_the_tour_names_files_that_exist() -> None:
    tour = (ROOT / "README.md").read_text("utf-8").split("## One request")[1]
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", tour)
    assert 20 < len(named)
    assert [] == [name for name in named if not (ROOT / name).is_file()]


def test_every_document_that_is_linked_exists() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text("utf-8")):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_s_tour_is_a_docstring_and_nothing_else(name: str) -> None:
    for path in (ROOT / name).rglob("__init__.py"):
        body = ast.parse(path.read_text("utf-8")).body
        code = [node for node in body if not isinstance(node, ast.Expr)]
        assert [] == code, path


@pytest.mark.parametrize("name", PACKAGES)
def test_every_file_says_what_it_is(name: str) -> None:
    for path in (ROOT / name).rglob("*.py"):
        if "versions" not in path.parts:
            assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path
