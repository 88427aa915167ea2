"""`izin audit verify`: state, processes, JSON, watching and exit codes, as auditors see them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audit import runs, workers
from audit.cli import audit
from audit.errors import LogUnavailableError
from audit.examine import Place, Trust, examine
from audit.note import format_vkey
from audit.source import FolderSource
from audit.steps import PROMISES, STEPS, promise_of
from audit.verdict import Verdict
from audit.verify import open_newest
from audit.watch import OVERDUE, STALE, TAMPERED, UNREACHABLE, Look, metrics
from tests.audit.memory_log import MemoryLog, TestSigner, log_of, some_entries

SIGNER = TestSigner()
VKEY = format_vkey(SIGNER.name, SIGNER.public_key)
ENTRIES = some_entries(900)
MEMBERS = {
    "v", "result", "origin", "size", "root", "newest_hour", "steps", "fault", "error",
    "cosignatures", "kinds", "overdue", "pruned", "read_from", "timings", "continues",
}  # fmt: skip


def run(*arguments: str) -> Result:
    return CliRunner().invoke(audit, ("verify", *arguments), catch_exceptions=False)


def document(*arguments: str) -> tuple[int, dict[str, object]]:
    result = CliRunner().invoke(audit, ("verify", *arguments, "--json"), catch_exceptions=False)
    assert result.stdout.count("\n") == 1
    members = json.loads(result.stdout)
    assert members.keys() == MEMBERS
    return result.exit_code, members


def write(folder: Path, log: MemoryLog) -> str:
    for name, raw in log.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    return str(folder)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return write(tmp_path / "log", log_of(ENTRIES, SIGNER))


@pytest.fixture
def bad(tmp_path: Path) -> str:
    raws = [*ENTRIES[:700], ENTRIES[701]]
    return write(tmp_path / "bad", log_of(raws, SIGNER))


def test_the_document_of_a_good_log(folder: str) -> None:
    code, members = document(folder, "--vkey", VKEY)
    assert (code, members["v"], members["result"], members["size"]) == (0, 2, "ok", 900)
    assert (members["origin"], members["fault"], members["error"]) == (SIGNER.name, None, None)
    assert members["newest_hour"] == "2026-11-24T17:00:00Z"
    outcomes = {each["step"]: each["outcome"] for each in members["steps"]}  # type: ignore[attr-defined]
    assert tuple(outcomes) == STEPS
    assert {step for step, outcome in outcomes.items() if outcome == "skipped"} == {
        "since",
        "withdrawn",
        "tags",
    }
    assert set(outcomes.values()) == {"passed", "skipped"}


def test_the_document_of_a_bad_log(bad: str) -> None:
    code, members = document(bad, "--vkey", VKEY)
    assert (code, members["result"]) == (1, "tampered")
    assert members["fault"] == {
        "step": "chain",
        "number": 4,
        "promise": "P7",
        "index": 700,
        "message": "an entry that names another predecessor",
    }
    outcomes = {each["step"]: each["outcome"] for each in members["steps"]}  # type: ignore[attr-defined]
    assert (outcomes["checkpoint"], outcomes["chain"]) == ("passed", "failed")
    assert outcomes["root"] == "not_finished"


def test_the_document_where_nothing_can_be_said() -> None:
    code, members = document("/nowhere", "--vkey", VKEY)
    assert (code, members["result"], members["fault"]) == (2, "error", None)
    assert "source cannot be read" in str(members["error"])


def test_the_page_about_verifying_names_members_alerts_metrics_and_promises() -> None:
    page = (Path(__file__).parents[2] / "docs/verify.md").read_text()
    for name in (*MEMBERS, "alerts", "age_seconds", TAMPERED, STALE, UNREACHABLE, OVERDUE):
        assert f"`{name}`" in page, name
    look = Look(Verdict(), frozenset(), grew=False, age=0)
    for line in metrics(look, at=0, looks=1).splitlines():
        if not line.startswith("#"):
            assert line.split()[0].removeprefix("izin_audit") in page
    assert PROMISES.keys() == {promise_of(step) for step in STEPS}
    for promise in PROMISES:
        assert f"`{promise}`" in page


def test_a_broken_rule_names_its_promise(tmp_path: Path) -> None:
    made = some_entries(2, ("policy.changed", "access.answered"))
    source = write(tmp_path / "log", log_of(made, SIGNER))
    result = run(source, "--vkey", VKEY)
    assert result.exit_code == 1
    assert result.output == (
        "TAMPERED P2 (no proof in the log, no answer): step 12, outcomes: entry 1: "
        "an answer for which there was no access\n"
    )


def test_a_state_is_left_and_gone_on_from(folder: str, tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    early = write(tmp_path / "early", log_of(ENTRIES[:600], SIGNER))
    assert run(early, "--vkey", VKEY, "--state", state).exit_code == 0
    code, members = document(folder, "--vkey", VKEY, "--state", state)
    assert (code, members["read_from"], members["size"]) == (0, 512, 900)
    code, members = document(early, "--vkey", VKEY, "--state", state)
    assert (code, members["fault"]["step"], members["fault"]["index"]) == (1, "since", 600)  # type: ignore[index]


def test_a_state_that_is_none_accuses_nobody(folder: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_bytes(b"izin-audit-state/1\n{}")
    assert run(folder, "--vkey", VKEY, "--state", str(state)).exit_code == 2
    other = TestSigner("other.example", seed=9)
    source = write(tmp_path / "other", log_of(some_entries(3), other))
    state.unlink()
    other_key = format_vkey(other.name, other.public_key)
    assert run(source, "--vkey", other_key, "--state", str(state)).exit_code == 0
    assert run(folder, "--vkey", VKEY, "--state", str(state)).exit_code == 2


def test_watching_ends_with_1_when_the_log_is_put_back(folder: str, tmp_path: Path) -> None:
    told = tmp_path / "told"
    put_back = tmp_path / "put_back"
    write(put_back, log_of(ENTRIES[:100], SIGNER))
    # The first alert is `stale`; what it runs puts the log back.
    script = tmp_path / "alert.py"
    script.write_text(
        "import shutil, sys\n"
        f"open({str(told)!r}, 'a').write(sys.argv[1] + '\\n')\n"
        f"shutil.copytree({str(put_back)!r}, {folder!r}, dirs_exist_ok=True)\n"
    )
    command = f"'{sys.executable}' '{script}'"
    result = run(
        folder, "--vkey", VKEY, "--watch", "0.4", "--stale-after", "1", "--on-alert", command,
        "--metrics", str(tmp_path / "metrics"),
    )  # fmt: skip
    assert result.exit_code == 1
    assert told.read_text().split() == ["stale", "tampered"]
    assert "step 9, since: entry 100" in result.output
    assert "izin_audit_tampered 1" in (tmp_path / "metrics").read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--on-alert", "true"),
        ("--metrics", "/tmp/never-written"),
        ("--watch", "1", "--on-alert", "'"),
        ("--watch", "1", "--on-alert", " "),
        ("--watch", "1", "--metrics", "/nowhere/metrics"),
        ("--state", "/nowhere/state"),
        ("--jobs", "0"),
    ],
)
def test_what_cannot_run_exits_2(folder: str, arguments: tuple[str, ...]) -> None:
    assert run(folder, "--vkey", VKEY, *arguments).exit_code == 2


def test_an_error_of_our_own_is_no_accusation(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python exits 1 on what nobody catches, and 1 is what accuses a log."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(runs, "complete_root", broken)
    result = run(folder, "--vkey", VKEY)
    assert (result.exit_code, "ZeroDivisionError" in result.output) == (2, True)


def test_an_interruption_is_no_accusation(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "complete_root", interrupted)
    assert run(folder, "--vkey", VKEY).exit_code == 130


def test_two_processes_say_what_one_says(
    folder: str, bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "SMALL", 10)
    monkeypatch.setattr(runs, "RUN", 1)
    for source in (folder, bad):
        one = document(source, "--vkey", VKEY, "--jobs", "1")
        two = document(source, "--vkey", VKEY, "--jobs", "2")
        assert (one[1].pop("timings"), two[1].pop("timings")) != (None, None)
        assert one == two


def test_a_process_that_dies_accuses_nobody(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process opens the source itself; where it cannot, nothing is said about the log."""
    monkeypatch.setattr(workers, "SMALL", 10)
    source = FolderSource(Path(folder))
    trust = Trust(SIGNER.verifier)
    with pytest.raises(LogUnavailableError):
        examine(Place(source, "/nowhere", None, 2), trust, open_newest(source, trust.verifier))


def test_two_processes_need_the_base_install_only(folder: str) -> None:
    script = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("flask", "sqlmodel", "sqlalchemy", "pysqlite3", "structlog"):
            raise ImportError(name)
if __name__ == "__main__":
    sys.meta_path.insert(0, Refuse())
    from audit import workers
    from audit.cli import audit
    workers.SMALL = 10
    audit(sys.argv[1:])
"""
    done = subprocess.run(
        [sys.executable, "-c", script, "verify", folder, "--vkey", VKEY, "--jobs", "2"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("OK 900 entries")
