"""`izin receipt verify`: a digital receipt, checked by whoever was shown it, as typed."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from audit.note import format_vkey
from tests.consent.digital import OTHER_KEY, changed, members
from tests.world import World

ROOT = Path(__file__).parents[2]
# What only a server needs: an auditor's install has none of it.
SERVERS = (
    "alembic", "authlib", "flask", "granian", "joserfc", "jsonschema", "limits", "pysqlite3",
    "sqlalchemy", "sqlmodel", "structlog", "webauthn", "yaml",
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A receipt's file, and the log's verifier key."""

    folder: Path
    text: str
    vkey: str

    @property
    def file(self) -> Path:
        return self.folder / "izin-1.jws"

    def run(
        self, *more: str, text: str | None = None, vkey: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command as a process that has the base install only."""
        self.file.write_text((self.text if text is None else text) + "\n", "utf-8")
        blocked = "".join(f"sys.modules[{name!r}] = None\n" for name in SERVERS)
        program = f"import sys\n{blocked}from broker.cli import main\nmain()"
        vkeys = ["--vkey", self.vkey if vkey is None else vkey] if vkey != "" else []
        return subprocess.run(
            [sys.executable, "-c", program, "receipt", "verify", str(self.file), *vkeys, *more],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )


@pytest.fixture
def shown(world: World, tmp_path: Path) -> Shown:
    text = world.broker.receipts().issue(world.consent(world.person("eligible")))
    assert text is not None
    return Shown(tmp_path, text, world.prepared.vkey)


def test_it_says_in_plain_words_what_was_allowed_and_until_when(shown: Shown) -> None:
    done = shown.run()
    assert (0, "") == (done.returncode, done.stderr)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("IT HOLDS: this receipt is genuine")
    assert "The key is the receipt's own" in done.stdout
    assert any("Is a car registered in your name?" in line for line in lines)
    assert any(line.startswith("Until ") for line in lines)
    assert any(line.startswith("As of 2026-") and "in force" in line for line in lines)
    assert "/v1/receipts/" in lines[-1]


def test_it_says_the_same_in_indonesian(shown: Shown) -> None:
    done = shown.run("--lang", "id")
    assert done.stdout.startswith("COCOK: tanda terima ini asli")
    assert "Apakah ada mobil" in done.stdout


def test_it_says_the_same_as_json(shown: Shown) -> None:
    said = json.loads(shown.run("--json").stdout)
    assert ("ok", "live") == (said["result"], said["state"])
    assert members(shown.text) == said["receipt"]


def test_a_trust_file_names_log_and_keys(world: World, shown: Shown) -> None:
    trust = world.plan.gateway_home("polri") / "trust.toml"
    if not trust.is_file():
        trust = next(world.plan.gateway_home("polri").glob("*trust*"))
    done = shown.run("--trust", str(trust), vkey="")
    assert (0, "") == (done.returncode, done.stderr)
    assert "The key is the receipt's own" not in done.stdout


def test_a_file_of_keys_decides_who_may_sign(world: World, shown: Shown) -> None:
    keys = shown.folder / "keys.json"
    keys.write_text(json.dumps({"keys": [world.broker.keys.consent.public.jwk()]}))
    assert 0 == shown.run("--keys", str(keys)).returncode
    keys.write_text(json.dumps({"keys": [OTHER_KEY.public.jwk()]}))
    done = shown.run("--keys", str(keys))
    assert (1, True) == (done.returncode, "step 3, signature" in done.stdout)


def test_a_later_status_is_checked_too(world: World, shown: Shown) -> None:
    grant = world.broker.grants.of_person(world.person_id(world.person("eligible")))[0]
    world.broker.grants.withdraw(grant.grant_id, grant.person_id)
    status = world.broker.receipts().status(members(shown.text)["dct:identifier"])
    file = shown.folder / "status.json"
    file.write_text(json.dumps({"status": status}))
    done = shown.run("--status", str(file))
    assert 0 == done.returncode
    assert "WITHDRAWN" in done.stdout.splitlines()[-1]
    file.write_text(json.dumps({"status": shown.text}))
    lied = shown.run("--status", str(file))
    assert (1, True) == (lied.returncode, "(status)" in lied.stdout)


def test_a_changed_receipt_exits_1_and_names_the_step(world: World, shown: Shown) -> None:
    head, payload, signature = shown.text.split(".")
    flipped = f"{head}.{payload[:-5]}AAAAA.{signature}"
    assert 1 == shown.run(text=flipped).returncode
    lied = changed(
        shown.text,
        lambda d: d["dpv:hasRecordOfActivity"]["dpv:hasProcess"][0]["dpv:hasFrequency"].update(
            {"izin:max": 99}
        ),
        world.broker.keys.consent,
    )
    done = shown.run(text=lied)
    assert (1, True) == (done.returncode, "step 7, fields" in done.stdout)
    said = json.loads(shown.run("--json", text=lied).stdout)
    assert ("fails", "fields") == (said["result"], said["step"])


def test_another_log_does_not_vouch_for_it(world: World, shown: Shown) -> None:
    elsewhere = format_vkey(world.broker.log.origin, OTHER_KEY.public.raw)
    done = shown.run(vkey=elsewhere)
    assert (1, True) == (done.returncode, "step 4, log" in done.stdout)


def test_what_cannot_run_exits_2(shown: Shown) -> None:
    assert 2 == shown.run(vkey="nonsense").returncode
    assert 2 == shown.run(vkey="").returncode
    assert 2 == shown.run("--keys", str(shown.folder / "nothing.json")).returncode
    assert 2 == shown.run("--status", str(shown.file)).returncode


def test_a_file_that_is_no_receipt_does_not_hold(shown: Shown) -> None:
    done = shown.run(text="hello")
    assert (1, True) == (done.returncode, "step 1, text" in done.stdout)
