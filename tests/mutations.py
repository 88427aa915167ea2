"""Each check is taken out, one at a time; some test must notice: `python -m tests.mutations`.

A test suite that stays green without a check does not test that check. The work tree is never
touched: the tree is copied to a temporary folder, and the checks are taken out of the copy.

The mutants are every refusal of the gateway (step 7 of the design) and of a grant's evidence, and
every failure of the log's verifier, its rules too. In their place stands `pass`, so the message or
the log goes on as if nothing had been found; where nothing goes on (a `return False` for whatever
was raised), stands `return True`.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 120
SLOW = "no end within"
OPTION = "--in-process"
LEFT_OUT = (
    ".venv", ".git", ".bootstrap", ".hypothesis", "__pycache__", ".*_cache", "node_modules"
)  # fmt: skip

RULES = ("formulas", "outcomes", "pruned", "rules")
GATEWAY = ("checks", "checkpoints", "withdrawals", "asked", "pins", "closings")
# What the raises of each file raise.
RAISED = {
    **{f"broker/gateway/{name}.py": {"GatewayRefusal"} for name in GATEWAY},
    "consent/evidence.py": {"EvidenceError"},
    "consent/id_token.py": {"LoginError"},
    "consent/assertion.py": {"PasskeyError"},
    "audit/verify.py": {"TamperedError"},
    "audit/walk.py": {"TamperedError", "FaultsError", "_rewritten"},
    "audit/withdrawals.py": {"TamperedError", "bad"},
    "audit/archive.py": {"TamperedError"},
    "audit/continued.py": {"EntryError", "TamperedError"},
    "audit/following.py": {"TamperedError"},
    "audit/source.py": {"TamperedError"},
    "audit/tag_checks.py": {"TamperedError"},
    "audit/tag_files.py": {"TamperedError"},
    **{f"audit/{name}.py": set[str]() for name in ("batch", "reader", "runs", *RULES)},
}
# What these say where the slow verifier raises: the quick one `return False` or `return None`,
# a rule the reason for which it is broken.
SAID = {
    "audit/batch.py": (False, None),
    "audit/reader.py": (False,),
    "audit/runs.py": (None,),
}

ATTACKS = "tests/attacks"
# Runs of pytest, the quicker first: what one run notices, the next need not look for.
OF_THE_GATEWAY = (
    (f"{ATTACKS}/p11_refusals/test_entries.py", f"{ATTACKS}/p4_only_asked/test_narrowing.py"),
    (f"{ATTACKS}/p2_log/test_cosignatures.py",),
    (f"{ATTACKS}/p7_rewriting/test_two_histories.py", "tests/broker/gateway"),
    (ATTACKS,),
)
OF_THE_EVIDENCE = (
    (
        "tests/consent/test_evidence.py",
        "tests/consent/test_id_token.py",
        "tests/consent/test_assertion.py",
    ),
    ("tests/broker/gateway/test_signed_evidence.py", f"{ATTACKS}/p1_consent/test_logins.py"),
)
OF_THE_LOG = (
    (
        f"{ATTACKS}/p7_rewriting/test_signed_lies.py",
        f"{ATTACKS}/p7_rewriting/test_quick_reader.py",
        f"{ATTACKS}/p7_rewriting/test_rules.py",
        f"{ATTACKS}/p7_rewriting/test_retired_key.py",
        f"{ATTACKS}/p7_rewriting/test_pruned.py",
        f"{ATTACKS}/p7_rewriting/test_new_origin.py",
        "tests/audit/test_continued.py",
        "tests/audit/test_tag_checks.py",
        "tests/audit/test_tag_files.py",
        "tests/audit/test_archive.py",
        "tests/audit/test_withdrawals.py",
    ),
    ("tests/audit/test_batch.py", "tests/audit/test_state.py", "tests/audit/test_verifying.py"),
    ("tests/audit/test_verify.py",),
    (f"{ATTACKS}/p7_rewriting",),
)
# About what is left behind and how it is measured, not about a check; slow, or processes apart.
LEFT_OUT_TESTS = (
    f"{ATTACKS}/p4_only_asked/test_telling_apart.py",
    f"{ATTACKS}/p6_nobody_else",
    f"{ATTACKS}/p11_refusals/test_floods.py",
)


@dataclass(frozen=True)
class Mutant:
    """One check to take out. start, stop: places in the file's text; instead: what stands there."""

    file: str
    line: int
    start: int
    stop: int
    text: str
    instead: str

    @property
    def name(self) -> str:
        """Return where it is and what is not done there."""
        return f"{self.file}:{self.line} {' '.join(self.text.split())}"

    def of(self, source: str) -> str:
        """Return the file's text without the check."""
        return f"{source[: self.start]}{self.instead}{source[self.stop :]}"


def mutants(files: Sequence[str]) -> Iterator[Mutant]:
    """Yield every mutant of the files, in the order of their lines."""
    for file in files:
        source = (ROOT / file).read_text("utf-8")
        starts = [0]
        for line in source.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        tree = ast.parse(source)
        checks = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        found = [node for node in checks if _is_check(node, file)]
        ends = {line for node in ast.walk(tree) for line in _ends_of_handlers(node)}
        for node in sorted(found, key=lambda one: one.lineno):
            start = starts[node.lineno - 1] + node.col_offset
            stop = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
            last = isinstance(node, ast.Return) and node.lineno in ends
            instead = "return True" if last else "pass"
            yield Mutant(file, node.lineno, start, stop, source[start:stop], instead)


def _ends_of_handlers(node: ast.AST) -> list[int]:
    return [node.body[-1].lineno] if isinstance(node, ast.ExceptHandler) else []


def _is_check(node: ast.stmt, file: str) -> bool:
    if isinstance(node, ast.Raise):
        made = node.exc
        name = made.func if isinstance(made, ast.Call) else made
        return isinstance(name, ast.Name) and name.id in RAISED[file]
    if not isinstance(node, ast.Return):
        return False
    if file.removeprefix("audit/").removesuffix(".py") in RULES:
        return _is_reason(node.value)
    said = SAID.get(file, ())
    return isinstance(node.value, ast.Constant) and any(node.value.value is each for each in said)


def _is_reason(value: ast.expr | None) -> bool:
    """Whether this is what a rule says of entries that break it, or hands on."""
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "Broken"
    return isinstance(value, ast.Constant) and type(value.value) is str


def caught_by(tree: Path, mutant: Mutant, seconds: int) -> str | None:
    """Take the check out of the copy in `tree`; return the test that noticed, None if none did.

    seconds: how long each run of pytest may take.
    """
    path = tree / mutant.file
    whole = path.read_text("utf-8")
    path.write_text(mutant.of(whole), "utf-8")
    try:
        return _first_failure(tree, mutant.file, seconds)
    finally:
        path.write_text(whole, "utf-8")


def _first_failure(tree: Path, file: str, seconds: int) -> str | None:
    runs = {"broker": OF_THE_GATEWAY, "consent": OF_THE_EVIDENCE}.get(
        file.split("/")[0], OF_THE_LOG
    )
    return next((failed for tests in runs if (failed := _run(tree, tests, seconds))), None)


def _run(tree: Path, tests: Sequence[str], seconds: int) -> str | None:
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += ["--tb=no", *(f"--ignore={path}" for path in LEFT_OUT_TESTS)]
    command += [*_in_process(tree, tests), *tests]
    try:
        done = subprocess.run(
            command, cwd=tree, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return f"{SLOW} {seconds} s"
    if done.returncode == 0:
        return None
    for line in done.stdout.splitlines():
        if line.startswith(("FAILED ", "ERROR ")):
            return line.split(" - ")[0].split(maxsplit=1)[1]
    raise click.ClickException(f"pytest could not run: {done.stdout}{done.stderr}")


def _in_process(tree: Path, tests: Sequence[str]) -> list[str]:
    """Return the option that leaves out the attacks on a running demo, where it is known."""
    conftest = tree / ATTACKS / "conftest.py"
    is_loaded = any(test.startswith(ATTACKS) for test in tests) and conftest.is_file()
    return [OPTION] if is_loaded and OPTION in conftest.read_text("utf-8") else []


@click.command(help=__doc__)
@click.option("--only", type=int, multiple=True, help="The mutant of this number; repeatable.")
@click.option("--files", multiple=True, type=click.Choice(list(RAISED)), help="Of these files.")
@click.option(
    "--seconds", default=SECONDS, show_default=True, help="How long each run of tests may take."
)
@click.option("--list", "only_list", is_flag=True, help="List the mutants and run nothing.")
def main(only: tuple[int, ...], files: tuple[str, ...], seconds: int, only_list: bool) -> None:
    """Take out each check and print who noticed; exit 1 if nobody did."""
    found = list(enumerate(mutants(files or list(RAISED)), 1))
    chosen = [(number, mutant) for number, mutant in found if not only or number in only]
    if only_list:
        for number, mutant in chosen:
            click.echo(f"{number:3} {mutant.name}")
        return
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="izin-mutations-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_OUT))
        for package in sorted({mutant.file.split("/")[0] for _, mutant in chosen}):
            already = _first_failure(tree, package, seconds)
            if already is not None and not already.startswith(SLOW):
                raise click.ClickException(f"red before anything was taken out: {already}")
        for number, mutant in chosen:
            by = caught_by(tree, mutant, seconds)
            # A run that does not end has noticed nothing: on a busy machine it may just be slow.
            survivors += by is None or by.startswith(SLOW)
            click.echo(f"{number:3} {mutant.name}\n      {by or 'SURVIVES'}")
    click.echo(f"{len(chosen) - survivors} of {len(chosen)} noticed")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
