"""`izin audit check-receipt`: is the key on the paper the one that the log committed to?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from audit.errors import ReceiptError
from audit.note import format_vkey
from audit.receipt import ProofText, check_receipt, format_proof_text, parse_proof_text
from audit.trace import format_trace_key, parse_trace_key
from tests.audit.memory_log import TestSigner
from tests.receipts import Paper, paper_of
from tests.world import World

ROOT = Path(__file__).parents[2]


@pytest.fixture
def paper(world: World) -> Paper:
    """Return the receipt of somebody's second grant: the first has other commitments."""
    world.consent(world.person("eligible"))
    return paper_of(world, world.consent(world.person("eligible")))


def run(
    folder: Path, paper: Paper, vkey: str, *more: str, part_b: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command as a process; part B goes through standard input."""
    path = folder / "izin-2.txt"
    path.write_text(paper.part_a, "utf-8")
    command = [sys.executable, "-m", "broker.cli", "audit", "check-receipt", str(path)]
    return subprocess.run(
        [*command, "--trace-key", "-", "--vkey", vkey, *more],
        input=(paper.part_b if part_b is None else part_b) + "\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


def step(world: World, part_a: str, part_b: str) -> str:
    """Return the step at which the check ends, or `ok`."""
    origin, key = parse_trace_key(part_b)
    try:
        check_receipt(part_a, key, world.log_verifier, key_origin=origin)
    except ReceiptError as error:
        return error.step
    return "ok"


def test_both_parts_of_one_paper_hold(world: World, paper: Paper, tmp_path: Path) -> None:
    done = run(tmp_path, paper, world.prepared.vkey)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("IT HOLDS: the key on this paper")
    assert f"Entry {paper.index} of" in done.stdout
    assert paper.part_b.rsplit(":", 1)[1] not in done.stdout


def test_the_bare_key_is_enough(world: World, paper: Paper, tmp_path: Path) -> None:
    bare = paper.part_b.rsplit(":", 1)[1]
    assert 0 == run(tmp_path, paper, world.prepared.vkey, part_b=bare).returncode


def test_it_says_the_same_in_indonesian(world: World, paper: Paper, tmp_path: Path) -> None:
    done = run(tmp_path, paper, world.prepared.vkey, "--lang", "id")
    assert done.stdout.startswith("COCOK: kunci di kertas ini")


def test_it_says_the_same_as_json(world: World, paper: Paper, tmp_path: Path) -> None:
    said = json.loads(run(tmp_path, paper, world.prepared.vkey, "--json").stdout)
    assert (said["result"], said["n"], said["index"]) == ("ok", 2, paper.index)
    assert 9 == len(said["agencies"])


def test_another_person_s_part_b_does_not_hold(world: World, paper: Paper, tmp_path: Path) -> None:
    other = paper_of(world, world.consent(world.person("declines")))
    done = run(tmp_path, paper, world.prepared.vkey, part_b=other.part_b)
    assert 1 == done.returncode
    assert done.stdout.startswith("IT DOES NOT HOLD (step 5, number)")
    failed = run(tmp_path, paper, world.prepared.vkey, "--json", part_b=other.part_b)
    assert ("fails", "number") == tuple(
        json.loads(failed.stdout)[each] for each in ("result", "step")
    )


def test_what_cannot_run_exits_2(world: World, paper: Paper, tmp_path: Path) -> None:
    vkey = world.prepared.vkey
    assert 2 == run(tmp_path, paper, vkey, part_b="izin-trace:1:x").returncode
    assert 2 == run(tmp_path, paper, vkey, part_b="").returncode
    assert 2 == run(tmp_path, paper, "nonsense").returncode


def test_a_file_that_is_no_receipt_does_not_hold(
    world: World, paper: Paper, tmp_path: Path
) -> None:
    done = run(tmp_path, Paper("hello\n", paper.part_b, 0), world.prepared.vkey)
    assert (1, True) == (done.returncode, "step 1, text" in done.stdout)


def test_every_flipped_byte_of_part_a_is_noticed(world: World, paper: Paper) -> None:
    raw = paper.part_a.encode()
    assert "ok" == step(world, paper.part_a, paper.part_b)
    unnoticed = []
    for place in range(len(raw)):
        flipped = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        if "ok" == step(world, flipped.decode("utf-8", errors="replace"), paper.part_b):
            unnoticed.append(place)
    assert [] == unnoticed


def test_every_flipped_bit_of_part_b_is_noticed(world: World, paper: Paper) -> None:
    origin, key = parse_trace_key(paper.part_b)
    for bit in range(256):
        flipped = (int.from_bytes(key, "big") ^ (1 << bit)).to_bytes(32, "big")
        assert "number" == step(world, paper.part_a, format_trace_key(origin, flipped))


def test_another_log_s_key_does_not_hold(world: World, paper: Paper, tmp_path: Path) -> None:
    signer = TestSigner(name=world.broker.log.origin, seed=9)
    done = run(tmp_path, paper, format_vkey(signer.name, signer.public_key))
    assert (1, True) == (done.returncode, "step 3, proof" in done.stdout)
    elsewhere = format_vkey("other.example", signer.public_key)
    assert "step 2, log" in run(tmp_path, paper, elsewhere).stdout


def test_an_agency_under_another_key_s_share_is_noticed(world: World, paper: Paper) -> None:
    """The grant is hers, and one agency would be shown another key: no name explains its share."""
    said = parse_proof_text(paper.part_a)
    fewer = ProofText(said.origin, said.n, said.entry, said.proof, said.agencies[1:])
    assert "shares" == step(world, format_proof_text(fewer), paper.part_b)
    renamed = ProofText(said.origin, said.n, said.entry, said.proof, ("x", *said.agencies[1:]))
    assert "shares" == step(world, format_proof_text(renamed), paper.part_b)


def test_a_text_of_version_1_needs_the_agencies_names(
    world: World, paper: Paper, tmp_path: Path
) -> None:
    said = parse_proof_text(paper.part_a)
    older = format_proof_text(ProofText(said.origin, said.n, said.entry, said.proof))
    assert older.startswith("izin-receipt:1:")
    old_paper = Paper(older, paper.part_b, paper.index)
    assert "step 6, shares" in run(tmp_path, old_paper, world.prepared.vkey).stdout
    names = [word for agency in said.agencies for word in ("--agency", agency)]
    assert 0 == run(tmp_path, old_paper, world.prepared.vkey, *names).returncode
