"""`izin audit`: what it prints last, and how it exits."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audit.cli import audit
from audit.log import Log
from audit.note import format_vkey
from audit.proof import check_proof
from audit.trace import IZIN, format_trace_key, share, tag
from tests.audit.logs import access, open_log, verifier
from tests.audit.memory_log import TestSigner

KEY = bytes(range(32))
DAY = date(2026, 11, 24)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    opened = open_log(tmp_path)
    opened.append([access() for _ in range(20)])
    opened.append([access(tag=tag(share(KEY, "polri"), DAY, 3).hex())])
    opened.append([access(tag=tag(share(KEY, IZIN), DAY, 63).hex())])
    return opened


@pytest.fixture
def folder(log: Log, tmp_path: Path) -> Path:
    out = tmp_path / "out"
    result = run("export", str(tmp_path / "log.db"), "--out", str(out))
    assert (result.exit_code, result.output) == (0, "exported 22 entries\n")
    return out


def run(*arguments: str, stdin: str | None = None, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(audit, arguments, input=stdin, env=env, catch_exceptions=False)


def last_line(result: Result) -> str:
    return result.output.rstrip("\n").split("\n")[-1]


def change_entry(folder: Path, index: int) -> None:
    path = folder / "tile/entries/000.p/22"
    parts = path.read_bytes().split(b'"access.sent"')
    parts[index + 1] = parts[index + 1].replace(b"pkh", b"pkx", 1)
    path.write_bytes(b'"access.sent"'.join(parts))


def test_a_good_export_is_ok(log: Log, folder: Path) -> None:
    result = run("verify", str(folder), "--vkey", log.vkey)
    assert result.exit_code == 0
    assert result.output.startswith("1. checkpoint: 22 entries\n2. bundles: 22 entries\n")
    assert last_line(result).startswith("OK 22 entries")


def test_a_good_export_is_ok_as_json(log: Log, folder: Path) -> None:
    result = run("verify", str(folder), "--vkey", log.vkey, "--json")
    members = json.loads(result.output)
    assert (members["v"], members["result"], members["size"]) == (2, "ok", 22)
    assert members["kinds"] == {"access.sent": 22}


def test_a_changed_entry_is_named_with_the_promise(log: Log, folder: Path) -> None:
    change_entry(folder, 5)
    result = run("verify", str(folder), "--vkey", log.vkey)
    assert result.exit_code == 1
    assert last_line(result).startswith("TAMPERED P7")
    assert "entry 5:" in last_line(result)
    members = json.loads(run("verify", str(folder), "--vkey", log.vkey, "--json").output)
    fault = members["fault"]
    assert (members["result"], fault["promise"], fault["index"]) == ("tampered", "P7", 5)


def test_an_unexpected_file_is_tampering(log: Log, folder: Path) -> None:
    (folder / "extra").write_text("")
    result = run("verify", str(folder), "--vkey", log.vkey)
    assert result.exit_code == 1
    assert last_line(result).startswith("TAMPERED")


def test_another_key_is_tampering(folder: Path) -> None:
    other = TestSigner(seed=8)
    vkey = format_vkey(other.name, other.public_key)
    assert run("verify", str(folder), "--vkey", vkey).exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "/nowhere", "--vkey", "VKEY"),
        ("verify", "http://127.0.0.1:9/log", "--vkey", "VKEY"),
        ("verify", "FOLDER", "--vkey", "nonsense"),
        ("verify", "FOLDER", "--vkey", "VKEY", "--since", "/nowhere"),
        ("verify", "FOLDER", "--vkey", "VKEY", "--witness", "nonsense"),
        ("verify", "FOLDER", "--vkey", "VKEY", "--token-file", "/nowhere"),
        ("prove", "22", "--source", "FOLDER"),
        ("trace", "FOLDER", "--trace-key", "nonsense"),
    ],
)
def test_what_cannot_run_exits_2(log: Log, folder: Path, arguments: tuple[str, ...]) -> None:
    values = {"VKEY": log.vkey, "FOLDER": str(folder)}
    result = run(*(values.get(argument, argument) for argument in arguments))
    assert result.exit_code == 2
    assert "could not run" in result.output


def test_a_log_that_no_longer_extends_a_kept_checkpoint_is_tampering(
    log: Log, folder: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.write_text((folder / "checkpoint").read_text())
    arguments = ("verify", str(folder), "--vkey", log.vkey, "--since", str(kept))
    assert run(*arguments).exit_code == 0
    other = tmp_path / "other"
    other.mkdir()
    fork = open_log(other)
    fork.append([access() for _ in range(23)])
    run("export", str(other / "log.db"), "--out", str(other / "out"))
    result = run("verify", str(other / "out"), *arguments[2:])
    assert result.exit_code == 1
    assert "since" in last_line(result)


def test_a_witness_that_did_not_sign_is_tampering(log: Log, folder: Path) -> None:
    other = TestSigner("witness.example", seed=9)
    witness = format_vkey(other.name, other.public_key)
    result = run("verify", str(folder), "--vkey", log.vkey, "--witness", witness)
    assert result.exit_code == 1
    assert "witness.example" in last_line(result)


def test_the_log_of_izin_home_is_the_default(log: Log, tmp_path: Path) -> None:
    env = {"IZIN_HOME": str(tmp_path)}
    assert run("export", "--out", str(tmp_path / "mine"), env=env).exit_code == 0
    proof = run("prove", "4", "--vkey", log.vkey, env=env)
    assert proof.exit_code == 0
    assert check_proof(proof.output, log.entry(4), verifier(log))[0] == 4


def test_a_proof_that_does_not_hold_is_not_printed(log: Log, folder: Path) -> None:
    path = folder / "tile/0/000.p/22"
    path.write_bytes(bytes(32) + path.read_bytes()[32:])
    result = run("prove", "1", "--source", str(folder))
    assert result.exit_code == 1
    assert "tlog-proof" not in result.output


@pytest.mark.parametrize("stdin", [False, True])
def test_a_person_finds_her_entries_and_no_others(log: Log, folder: Path, stdin: bool) -> None:
    key = format_trace_key(log.origin, KEY)
    given = ("-", key + "\n") if stdin else (key, None)
    result = run("trace", str(folder), "--trace-key", given[0], "--vkey", log.vkey, stdin=given[1])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert [line.split()[0] for line in lines[:2]] == ["20", "21"]
    assert "polri was asked for pkh about owns_car (eligibility)" in lines[0]
    assert lines[-1] == "2 of 22 entries are about this person."
    assert key.rsplit(":", 1)[1] not in result.output


def test_a_list_from_a_log_that_was_not_verified_says_so(log: Log, folder: Path) -> None:
    key = format_trace_key(log.origin, KEY)
    assert "not verified" in run("trace", str(folder), "--trace-key", key).output
    members = json.loads(run("trace", str(folder), "--trace-key", key, "--json").output)
    assert members["verified"] is False
    assert [entry["index"] for entry in members["entries"]] == [20, 21]


def test_a_list_from_a_tampered_log_is_not_given(log: Log, folder: Path) -> None:
    change_entry(folder, 20)
    key = format_trace_key(log.origin, KEY)
    result = run("trace", str(folder), "--trace-key", key, "--vkey", log.vkey)
    assert result.exit_code == 1
    assert "about this person" not in result.output


def test_a_key_of_another_log_is_refused(folder: Path) -> None:
    key = format_trace_key("other.example", KEY)
    assert run("trace", str(folder), "--trace-key", key).exit_code == 2


def test_the_commands_need_the_base_install_only(log: Log, folder: Path) -> None:
    """Flask, the ORM, the logger and the database driver are not even looked for."""
    forbidden = ("flask", "sqlmodel", "sqlalchemy", "pysqlite3", "structlog", "pydantic")
    script = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {forbidden!r}:
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
from audit.cli import audit
audit(sys.argv[1:])
"""
    done = subprocess.run(
        [sys.executable, "-c", script, "verify", str(folder), "--vkey", log.vkey],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    database = str(folder.parent / "log.db")
    done = subprocess.run(
        [sys.executable, "-c", script, "verify", database, "--vkey", log.vkey],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == 2
    assert "izin[server]" in done.stderr
