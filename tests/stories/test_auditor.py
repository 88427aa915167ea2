"""An auditor at the demo, as a stranger would be: real processes, and the commands as typed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.stages import IZIN, ROOT, Demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo.start(tmp_path_factory.mktemp("auditor"))
    yield running
    running.stop()


@pytest.fixture
def token(demo: Demo, tmp_path: Path) -> str:
    path = tmp_path / "token"
    path.write_text(demo.ready["entries_token"] + "\n", "utf-8")
    return str(path)


def audit(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*IZIN, "audit", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_random_audit_of_the_demo_is_clean(demo: Demo, token: str) -> None:
    log, vkey = demo.ready["log"], demo.ready["vkey"]
    done = audit("sample", log, "--n", "300", "--vkey", vkey, "--token-file", token, "--json")
    assert (0, "") == (done.returncode, done.stderr)
    said = json.loads(done.stdout)
    assert said["population"] == said["sampled"] == len(said["good"]) > 5
    assert {"broker-attested"} == {each["evidence"] for each in said["good"]}
    assert 0 == said["unnamed_policy"]
    assert {"95": 1, "99": 1} == said["excludes"]


def test_a_smaller_sample_excludes_less(demo: Demo, token: str) -> None:
    log, vkey = demo.ready["log"], demo.ready["vkey"]
    done = audit("sample", log, "--n", "2", "--vkey", vkey, "--token-file", token)
    assert 0 == done.returncode
    assert "GOOD: 2 of " in done.stdout
    assert "At 99 % confidence, fewer than" in done.stdout


def test_a_bundle_from_the_log_s_address_carries_the_published_words(
    demo: Demo, token: str, tmp_path: Path
) -> None:
    log, vkey = demo.ready["log"], demo.ready["vkey"]
    done = audit("sample", log, "--vkey", vkey, "--token-file", token, "--json")
    index = str(json.loads(done.stdout)["good"][0]["index"])
    out = str(tmp_path / "one.bundle")
    made = audit("bundle", log, "--entry", index, "--vkey", vkey, "--out", out)
    assert (0, "") == (made.returncode, made.stderr)
    checked = audit("check-bundle", out, "--vkey", vkey)
    assert 0 == checked.returncode
    assert "The questions' words came along as published" in checked.stdout
    assert "The policy it names is entry " in checked.stdout
    said = json.loads(audit("check-bundle", out, "--vkey", vkey, "--json").stdout)
    assert said["catalogue"]["questions"][0]["text"]["id"]
    assert {"key.added", "policy.changed"} == {each["kind"] for each in said["history"]}


def test_nobody_without_the_token_opens_anything(demo: Demo, tmp_path: Path) -> None:
    done = audit("sample", demo.ready["log"], "--vkey", demo.ready["vkey"])
    assert 2 == done.returncode
    assert "the broker answered 401" in done.stderr
