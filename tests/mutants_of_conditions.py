"""Parts of conditions are taken out, one at a time: `python -m tests.mutants_of_conditions`.

`tests.mutations` takes out whole refusals. A refusal with a condition of several parts would stay
green there although one part is checked by nobody: here each operand of an `and` or `or`, each
link of a chain of comparisons, each element of two compared tuples and each member that is wanted
goes by itself; of messages and answers (step 1, and the programme's side) each refusal as well.
The work tree is never touched.
"""

from __future__ import annotations

import ast
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import click

from tests.mutations import LEFT_OUT, ROOT, SECONDS, SLOW, Mutant, _run

P1, P2, P3 = "tests/attacks/p1_consent", "tests/attacks/p2_log", "tests/attacks/p3_blind"
P4, P5, P7 = "tests/attacks/p4_only_asked", "tests/attacks/p5_trace", "tests/attacks/p7_rewriting"
MESSAGES = (f"{P2}/test_header.py", f"{P2}/test_replay.py", f"{P3}/test_keys.py")
FILES: Mapping[str, Sequence[str]] = {
    "broker/gateway/checks.py": (P1, f"{P2}/test_entries.py", f"{P3}/test_keys.py", P5),
    "broker/gateway/checkpoints.py": (f"{P2}/test_entries.py", P7),
    "broker/gateway/withdrawals.py": (P1,),
    "broker/gateway/asked.py": (P2, P1, f"{P4}/test_narrowing.py"),
    "broker/gateway/pins.py": (P5, f"{P1}/test_passkeys.py"),
    "broker/gateway/closings.py": (P5,),
    "broker/envelope.py": MESSAGES,
    "broker/binding.py": MESSAGES,
    "broker/programme/answers.py": (f"{P3}/test_keys.py",),
}
"""What is mutated, and the attacks that must notice."""

RAISED = ("broker/envelope.py", "broker/binding.py", "broker/programme/answers.py")
"""Files whose refusals `tests.mutations` does not take out: they go here, whole."""

EQUIVALENT: Mapping[str, str] = {
    "known is None": "step 8 has refused what the catalogue does not have",
    "newest <= at - REFRESH_SECONDS": "only spares the log: without it each question reads anew",
    "row.q in a tuple": "the line above refuses another q under the same tag",
    "row.question_id in a tuple": "q commits to it",
    "not isinstance(pad, str)": "what is no text is not equal to padding",
    "not all(isinstance(member, str) for member in jwe.values())": "parse_jwe refuses it as well",
    "cb.iat < cb.exp": "then the message has expired when it is signed",
    "cb.iat <= cb.answer_by": "then the time to answer is over when it is signed (step 12)",
}
"""Mutants that change nothing an attacker could use, and why; by `Part.label`."""


@dataclass(frozen=True)
class Part:
    """One part of a condition."""

    mutant: Mutant
    label: str


def parts(file: str) -> Iterator[Part]:
    """Yield every part of a file's conditions, in the order of their lines."""
    source = (ROOT / file).read_text("utf-8")
    found = list(_Finder(file, source).parts())
    yield from sorted(found, key=lambda part: (part.mutant.start, part.label))


class _Finder:
    def __init__(self, file: str, source: str) -> None:
        self._file = file
        self._source = source
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def parts(self) -> Iterator[Part]:
        for node in ast.walk(ast.parse(self._source)):
            if isinstance(node, ast.If):
                yield from self._of(node.test)
            elif isinstance(node, ast.Assign | ast.Return) and _is_and(node.value):
                yield from self._of(node.value)
            elif isinstance(node, ast.Raise) and self._file in RAISED:
                yield self._part(node, "pass", self._text(node))
            elif isinstance(node, ast.AnnAssign) and _is_wanted(node.target):
                assert isinstance(node.value, ast.Dict)
                yield from self._wanted(node.value)

    def _of(self, test: ast.expr) -> Iterator[Part]:
        if isinstance(test, ast.BoolOp):
            neutral = "True" if isinstance(test.op, ast.And) else "False"
            for operand in test.values:
                yield self._part(operand, neutral, self._text(operand))
                yield from self._of(operand)
        elif isinstance(test, ast.UnaryOp):
            yield from self._of(test.operand)
        elif isinstance(test, ast.Call):
            for argument in test.args:
                if isinstance(argument, ast.GeneratorExp):
                    yield from self._of(argument.elt)
        elif isinstance(test, ast.Compare):
            yield from self._compared(test)

    def _compared(self, test: ast.Compare) -> Iterator[Part]:
        sides = [test.left, *test.comparators]
        if len(sides) == 3:
            first = f"{self._text(sides[0])} {_sign(test.ops[0])} {self._text(sides[1])}"
            last = f"{self._text(sides[1])} {_sign(test.ops[1])} {self._text(sides[2])}"
            yield self._part(test, last, first)
            yield self._part(test, first, last)
        left, right = sides[0], sides[1]
        if isinstance(left, ast.Tuple) and isinstance(right, ast.Tuple):
            for number, element in enumerate(left.elts):
                rest = [
                    ", ".join(self._text(one) for n, one in enumerate(side.elts) if n != number)
                    for side in (left, right)
                ]
                instead = f"({rest[0]},) {_sign(test.ops[0])} ({rest[1]},)"
                yield self._part(test, instead, f"{self._text(element)} in a tuple")

    def _wanted(self, members: ast.Dict) -> Iterator[Part]:
        texts = [
            f"{self._text(name)}: {self._text(value)}"
            for name, value in zip(members.keys, members.values, strict=True)
            if name is not None
        ]
        for number, text in enumerate(texts):
            rest = ", ".join(one for n, one in enumerate(texts) if n != number)
            yield self._part(members, f"{{{rest}}}", text)

    def _part(self, node: ast.expr | ast.stmt, instead: str, label: str) -> Part:
        start, stop = self._span(node)
        text = self._source[start:stop]
        return Part(Mutant(self._file, node.lineno, start, stop, text, instead), _one_line(label))

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        start = self._starts[node.lineno - 1] + node.col_offset
        return start, self._starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)

    def _text(self, node: ast.expr | ast.stmt) -> str:
        start, stop = self._span(node)
        return self._source[start:stop]


_SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
}  # fmt: skip


def _is_and(value: ast.expr | None) -> TypeGuard[ast.expr]:
    return isinstance(value, ast.BoolOp) and isinstance(value.op, ast.And)


def _is_wanted(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "wanted"


def _sign(operator: ast.cmpop) -> str:
    return _SIGNS[type(operator)]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _noticed(tree: Path, part: Part) -> str | None:
    path = tree / part.mutant.file
    whole = path.read_text("utf-8")
    path.write_text(part.mutant.of(whole), "utf-8")
    try:
        return _run(tree, FILES[part.mutant.file], SECONDS)
    finally:
        path.write_text(whole, "utf-8")


@click.command(help=__doc__)
@click.option("--files", multiple=True, type=click.Choice(list(FILES)), help="Of these files.")
@click.option("--only", type=int, multiple=True, help="The part of this number; repeatable.")
@click.option("--list", "only_list", is_flag=True, help="List the parts and run nothing.")
def main(files: tuple[str, ...], only: tuple[int, ...], only_list: bool) -> None:
    """Take out each part and print who noticed; exit 1 if nobody did."""
    found = enumerate((part for file in files or FILES for part in parts(file)), 1)
    chosen = [(number, part) for number, part in found if not only or number in only]
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="izin-conditions-") as folder:
        tree = Path(folder) / "tree"
        if not only_list:
            shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_OUT))
        for number, part in chosen:
            by: str | None = EQUIVALENT.get(part.label)
            if by is not None:
                by = f"equivalent: {by}"
            elif not only_list:
                by = _noticed(tree, part)
                # A run that does not end has noticed nothing.
                survivors += by is None or by.startswith(SLOW)
            place = f"{part.mutant.file}:{part.mutant.line}"
            click.echo(f"{number:3} {place} {part.label}")
            if by or not only_list:
                click.echo(f"      {by or 'SURVIVES'}")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
