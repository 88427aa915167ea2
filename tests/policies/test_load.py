"""A mistake in a policy file is refused with file, line, member and what to do."""

from __future__ import annotations

import ast
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import policies
from policies.errors import PolicyError
from policies.load import PILOT, load, parse_yaml


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the pilot's policy to spoil."""
    return Path(shutil.copytree(PILOT, tmp_path / "policy"))


# (file, text, its replacement, what the error must say)
MISTAKES = [
    ("areas.yaml", "name: Kemiren", "nam: Kemiren", "areas[0].nam: is not known here"),
    ("areas.yaml", "name: Kemiren, ", "", "areas[0]: add the member 'name'"),
    ("areas.yaml", "[pkh, bpnt]", "[pkh, pbnt]", "areas[0].programmes[1]: write one of: bpnt, pkh"),
    ("areas.yaml", '"35.10.15.2004"', "35", "areas[0].code: write a text"),
    ("areas.yaml", "35.10.16.1014", "35.10.15.2004", "areas[1].code: stands already above"),
    ("agencies.yaml", "id: polri", "id: POLRI", "agencies[4].id: write 1 to 64 of"),
    ("agencies.yaml", "v: 1", "v: 2", "v: write 1"),
    ("questions.yaml", "agency: pln", "agency: pnl", "questions[15].agency: write one of"),
    ("questions.yaml", "[1, 2, 3]", "[1, 2, 2]", "params.count[2]: stands already above"),
    ("questions.yaml", "[1, 2, 3]", "[1, two]", "params.count[1]: write all values"),
    ("questions.yaml", "[1, 2, 3]", "[1, 2.5]", "params.count[1]: write a text in quotes or an"),
    ("questions.yaml", "[1, 2, 3]", "[]", "params.count: write at least one element"),
    ("questions.yaml", "di atas {va} VA", "besar", "both languages must name exactly the param"),
    ("questions.yaml", "broker-attested", "trust-me", "questions[0].least_evidence: write one of"),
    ("questions.yaml", "question: alive", "question: lives_in", "stands already above"),
    ("questions.yaml", '- {value: "35.10.15', '- {value: "35.10.17', "write the code of an area"),
    ("purposes.yaml", "period_days: 14", "period_days: 0", "ceilings[3].period_days: write an"),
    ("purposes.yaml", "per: week", "per: hour", "ceilings[3].frequency.per: write one of: day"),
    ("purposes.yaml", "polri: [owns_car,", "polri: [owns_boat,", "questions.polri[0]: write one"),
    ("purposes.yaml", "polri: [owns_car, ", "police: [owns_car, ", "is no agency with questions"),
    ("purposes.yaml", "purpose: objection", "purpose: eligibility", "ceilings[2]: stands already"),
    ("formulas/pkh-kemiren.yaml", "{rupiah: 5000000}", "{rupiah: 6}", "params.rupiah must be one"),
    ("formulas/pkh-kemiren.yaml", "{rupiah: 5000000}", "{idr: 5000000}", "params.rupiah is miss"),
    ("formulas/pkh-kemiren.yaml", "points: 50", "effect: expel", "effect: write one of: exclude"),
    ("formulas/pkh-kemiren.yaml", "    points: 50\n", "", "write either 'points' or 'effect'"),
    ("formulas/pkh-kemiren.yaml", "points: 50", "points: 5.5", "points: write a text in quotes"),
    ("formulas/pkh-kemiren.yaml", 'answer: "no"', 'answer: "unknown"', "answer: write one of: no"),
    ("formulas/pkh-kemiren.yaml", "review: 50", "review: 71", "thresholds.review: write points"),
    ("formulas/pkh-kemiren.yaml", "2026-01-01", "2026-02-30", "valid_from: write a date"),
    ("formulas/pkh-kemiren.yaml", "question: owns_car", "question: owns_cat", "is not a question"),
    ("formulas/pkh-lateng.yaml", '"35.10.16.1014"', '"35.10.15.2004"', "give it a version"),
    ("formulas/pkh-lateng.yaml", "version: 1", "version: 1.0", "version: write a text in quotes"),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), MISTAKES)
def test_a_mistake_is_named_with_its_place(
    name: str, old: str, new: str, said: str, folder: Path
) -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    spoiled = text.replace(old, new, 1)
    path.write_text(spoiled)

    with pytest.raises(PolicyError) as caught:
        load(folder)

    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{name}:{caught.value.line}: ")


def test_the_line_is_the_mistakes_own(folder: Path) -> None:
    path = folder / "agencies.yaml"
    lines = path.read_text().splitlines()
    number = lines.index("  - id: polri")
    lines[number] = "  - id: Polri"
    path.write_text("\n".join(lines))

    with pytest.raises(PolicyError) as caught:
        load(folder)

    assert (number + 1, "agencies.yaml") == (caught.value.line, caught.value.file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "t.yaml:3: a: stands already in line 1"),
        ("a: {b: 1,\n b: 2}\n", "t.yaml:2: a.b: stands already in line 1"),
        ("a: &x [1]\nb: *x\n", "anchors and aliases are not used here"),
        ("a: &x [*x]\n", "anchors and aliases are not used here"),
        ("a: null\n", "t.yaml:1: a: write a text in quotes or an integer"),
        ("a: 1.5\n", "a: write a text in quotes or an integer"),
        ("a: 0x10\n", "a: write a text in quotes or an integer"),
        ("a: 1_000\n", "a: write a text in quotes or an integer"),
        ("a: 010\n", "a: write a text in quotes or an integer"),
        ("a: 9999999999999999\n", "a: write a text in quotes or an integer"),
        ("a: !!python/object/apply:os.system [ls]\n", ""),
        ("a: [1\n", "t.yaml:2: is not valid YAML"),
        ("a: 1\n---\nb: 2\n", "is not valid YAML"),
        ("? [1]\n: 2\n", "name the member with plain ASCII text"),
        ("", "t.yaml: the file is empty"),
        ("[" * 5000, ""),
        ("a: " + "[" * 50 + "]" * 50, "is nested deeper than 20"),
    ],
)
def test_yaml_that_two_readers_could_read_differently_is_refused(text: str, said: str) -> None:
    if "python" in text:  # the tag is ignored: nodes are composed, never constructed
        assert parse_yaml(text.encode(), "t.yaml").plain() == {"a": ["ls"]}
        return
    with pytest.raises(PolicyError) as caught:
        parse_yaml(text.encode(), "t.yaml")
    assert said in str(caught.value)


def test_what_yaml_would_make_a_boolean_or_a_date_stays_text() -> None:
    parsed = parse_yaml(b"a: no\nb: 2026-01-01\nc: 7\n", "t.yaml").plain()

    assert parsed == {"a": "no", "b": "2026-01-01", "c": 7}


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode())))
def test_the_parser_raises_only_our_error(raw: bytes) -> None:
    with suppress(PolicyError):
        parse_yaml(raw, "t.yaml")


@given(st.text(alphabet="ab:-[]{}&*!|>?'\"\\#%@, \n01", max_size=60))
def test_the_parser_raises_only_our_error_near_yaml(text: str) -> None:
    with suppress(PolicyError):
        parse_yaml(text.encode(), "t.yaml")


def test_a_file_that_is_missing_or_unknown_is_named(folder: Path) -> None:
    (folder / "areas.yaml").rename(folder / "area.yaml")
    with pytest.raises(PolicyError, match=r"area\.yaml: is not a file of a policy"):
        load(folder)
    (folder / "area.yaml").unlink()
    with pytest.raises(PolicyError, match=r"areas\.yaml: the file is missing"):
        load(folder)
    with pytest.raises(PolicyError, match=r"nowhere/: the folder is missing"):
        load(folder / "nowhere")


def test_the_digest_follows_the_content_not_the_layout(folder: Path) -> None:
    path = folder / "areas.yaml"
    before = load(folder).digest
    path.write_text("# a comment\n\n" + path.read_text())
    assert before == load(folder).digest
    path.write_text(path.read_text().replace("Lateng", "Lateng "))
    assert before == load(folder).digest
    path.write_text(path.read_text().replace("[pkh, bpnt]", "[pkh]", 1))
    (folder / "formulas" / "bpnt-kemiren.yaml").unlink()
    assert before != load(folder).digest


def test_a_ceiling_of_one_programme_wins_over_the_common_one(folder: Path) -> None:
    path = folder / "purposes.yaml"
    own = (
        "  - purpose: eligibility\n    programme: bpnt\n    period_days: 30\n"
        "    frequency: {per: month, max: 1}\n    retention_days: 30\n"
        "    questions:\n      dtsen: [registered]\n"
    )
    path.write_text(path.read_text() + own)
    for formula in (folder / "formulas").glob("bpnt-*.yaml"):
        with pytest.raises(PolicyError, match="this question may not be asked"):
            load(folder)
        formula.unlink()

    policy = load(folder)

    narrow, common = policy.ceiling("bpnt", "eligibility"), policy.ceiling("pkh", "eligibility")
    assert narrow is not None
    assert common is not None
    assert (narrow.period_days, common.period_days) == (30, 180)
    assert policy.ceiling("bpnt", "curiosity") is None


def test_only_load_reads_files_and_yaml() -> None:
    package = Path(policies.__path__[0])
    banned = {"yaml", "os", "pathlib", "time", "random", "secrets", "io"}
    for path in package.glob("*.py"):
        tree = ast.parse(path.read_text())
        names = {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            (node.module or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
        }
        assert path.name == "load.py" or not names & banned, path.name
