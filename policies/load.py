"""Read a policy's folder of YAML files into one `Policy`; the only file here that does I/O.

PyYAML is used to compose nodes, never to construct objects: nodes carry lines, tell duplicate
members apart, and cannot run anything. The YAML we accept is small: texts, integers, lists,
mappings. No anchors, tags, floats or nulls. What YAML 1.1 would make a boolean or a date
(`yes`, `2026-01-01`) is the text that was written.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import yaml

from policies.canonical import digest
from policies.catalogue import Catalogue
from policies.errors import PolicyError
from policies.formula_rows import read_formula, sort_formulas
from policies.located import Content, Located
from policies.policy import Policy
from policies.rows import (
    read_agencies,
    read_areas,
    read_programmes,
    read_purposes,
    read_questions,
)

PILOT: Final = Path(__file__).parent / "data"
"""The pilot's policy, which is part of the package."""

_FILES: Final = ("agencies", "questions", "programmes", "areas", "purposes")
_BIGGEST_BYTES: Final = 1 << 20
_DEEPEST: Final = 20
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_TEXT_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "bool", "timestamp", "merge", "value")
)


def load(folder: Path = PILOT) -> Policy:
    """Return the policy in `folder`; raise PolicyError naming file, line, member, what to do."""
    names = {path.name for path in _yaml_files(folder)}
    for name in sorted(names - {f"{each}.yaml" for each in _FILES}):
        known = ", ".join(f"{each}.yaml" for each in _FILES)
        raise PolicyError(f"is not a file of a policy; rename it to one of: {known}", file=name)
    tops = {name: read_yaml(folder / f"{name}.yaml", f"{name}.yaml") for name in _FILES}
    agencies = read_agencies(tops["agencies"])
    programmes = read_programmes(tops["programmes"])
    areas = read_areas(tops["areas"], programmes)
    catalogue = Catalogue(agencies, read_questions(tops["questions"], agencies, areas))
    purposes, ceilings = read_purposes(tops["purposes"], catalogue, programmes)
    formula_tops = [
        read_yaml(path, f"formulas/{path.name}") for path in _yaml_files(folder / "formulas")
    ]
    located = [
        (top, read_formula(top, catalogue, programmes, areas, ceilings)) for top in formula_tops
    ]
    contents = {top.file: top.plain() for top in (*tops.values(), *formula_tops)}
    return Policy(
        catalogue=catalogue,
        purposes=purposes,
        ceilings=ceilings,
        programmes=programmes,
        areas=areas,
        formulas=sort_formulas(located),
        digest=digest({"v": 1, "files": contents}),
    )


def read_yaml(path: Path, name: str) -> Located:
    """Return one file's content with its places; `name` is how errors call the file."""
    try:
        with path.open("rb") as file:
            raw = file.read(_BIGGEST_BYTES + 1)
    except FileNotFoundError:
        raise PolicyError(
            "the file is missing; add it to the policy's folder", None, name
        ) from None
    except OSError:
        raise PolicyError("the file cannot be read; check its permissions", None, name) from None
    if len(raw) > _BIGGEST_BYTES:
        raise PolicyError("the file is larger than 1 MiB; split or shorten it", None, name)
    return parse_yaml(raw, name)


def parse_yaml(raw: bytes, name: str) -> Located:
    """Return the content of one YAML document with its places; raises only PolicyError."""
    try:
        node = yaml.compose(raw.decode("utf-8"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        raise PolicyError("the file is not UTF-8; save it as UTF-8", None, name) from None
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        problem = getattr(exc, "problem", None) or "cannot be read"
        line = None if mark is None else mark.line + 1
        raise PolicyError(f"is not valid YAML ({problem}); correct it", line, name) from None
    except (RecursionError, ValueError, IndexError, OverflowError):
        # PyYAML leaks these for deep nesting and odd escapes.
        raise PolicyError("is not valid YAML; correct it", None, name) from None
    if node is None:
        raise PolicyError("the file is empty; fill it in", None, name)
    return _locate(node, name, "", seen=set(), depth=0)


def _locate(node: yaml.Node, file: str, member: str, *, seen: set[int], depth: int) -> Located:
    here = Located("", file, node.start_mark.line + 1, member)
    if id(node) in seen:
        # An alias: a few lines of them can stand for millions of values.
        here.refuse("write the value out; anchors and aliases are not used here")
    seen.add(id(node))
    if depth > _DEEPEST:
        here.refuse(f"is nested deeper than {_DEEPEST}; flatten it")
    content: Content
    if isinstance(node, yaml.MappingNode):
        content = _locate_members(node, here, seen=seen, depth=depth)
    elif isinstance(node, yaml.SequenceNode):
        content = [
            _locate(each, file, f"{member}[{number}]", seen=seen, depth=depth + 1)
            for number, each in enumerate(node.value)
        ]
    else:
        content = _scalar(node, here)
    return Located(content, here.file, here.line, here.member)


def _locate_members(
    node: yaml.MappingNode, here: Located, *, seen: set[int], depth: int
) -> dict[str, Located]:
    members: dict[str, Located] = {}
    for key, each in node.value:
        at_key = Located("", here.file, key.start_mark.line + 1, here.member)
        if not isinstance(key, yaml.ScalarNode) or not key.value.isascii():
            at_key.refuse("name the member with plain ASCII text")
        name = f"{here.member}.{key.value}" if here.member else key.value
        if key.value in members:
            # YAML keeps the last one silently: a reviewer would read the first.
            first = members[key.value].line
            Located("", here.file, at_key.line, name).refuse(
                f"stands already in line {first}; keep one of the two"
            )
        members[key.value] = _locate(each, here.file, name, seen=seen, depth=depth + 1)
    return members


def _scalar(node: yaml.Node, here: Located) -> str | int:
    text = str(node.value)
    if node.tag in _TEXT_TAGS:
        return text
    if node.tag != "tag:yaml.org,2002:int" or not _INTEGER.fullmatch(text):
        here.refuse("write a text in quotes or an integer in plain digits")
    return int(text)


def _yaml_files(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"})
    except OSError:
        raise PolicyError("the folder is missing; add it", None, f"{folder.name}/") from None
    return found
