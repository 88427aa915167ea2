"""P2 and P7: what the broker cannot do as long as witnesses are honest. Over the demo's processes.

Everywhere else the attacker has the witnesses in its hand (`tests.attacks.collusion`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from audit.checkpoint import open_checkpoint
from audit.errors import TamperedError
from audit.log import Log
from audit.note import parse_vkey
from audit.quorum import parse_policy
from audit.verify import verify
from audit.witness import format_request
from broker.question import QuestionPayload
from tests.attacks.rogue import Held, Rogue, Victim, is_answered, reason
from tests.attacks.stages import Demo


def urls(demo: Demo) -> dict[str, str]:
    policy = parse_policy((demo.home / "broker" / "witnesses.policy").read_text("utf-8"))
    return {name: witness.url for name, witness in policy.witnesses.items()}


def show(url: str, log: Log, *, old: int) -> httpx2.Response:
    """Show the log, as it stands, to a witness that last cosigned `old` entries."""
    checkpoint, note = log.newest()
    proof = log.prove_growth(old, checkpoint.size) if 0 < old < checkpoint.size else []
    return httpx2.post(f"{url}/add-checkpoint", content=format_request(old, proof, note))


def last_seen(url: str, log: Log) -> int:
    """Return how many entries the witness last cosigned, as its refusal says."""
    told = show(url, log, old=0)
    assert 409 == told.status_code
    return int(told.text)


def under(payload: QuestionPayload, held: Held, log: Log, note: str) -> QuestionPayload:
    """Return the question with its proofs under another note of the same checkpoint."""
    newest = (open_checkpoint(note, parse_vkey(log.vkey)), note)
    access = log.prove(newest[0].size - 1, under=newest)
    given = log.prove(held.index, under=newest)
    return replace(payload, access_proof=access.proof, grant_proof=given.proof)


@pytest.mark.usefixtures("demo")  # whose gateways trust witnesses
def test_a_question_under_the_log_s_own_word(rogue: Rogue, victim: Victim) -> None:
    """Would work where the log vouches for itself: it could show each agency another history."""
    held = rogue.give(victim)
    payload = rogue.access(held)
    alone = under(payload, held, rogue.log, rogue.log.checkpoint())
    assert reason(rogue.send(alone)) == "not_witnessed"


def test_one_witness_of_two(demo: Demo, rogue: Rogue, victim: Victim) -> None:
    """Would work where any cosignature counts: the broker's own witness would be enough."""
    held = rogue.give(victim)
    payload = rogue.access(held)
    note = rogue.log.checkpoint()
    both = rogue.stage.collude(note)
    names = [line.split(" ")[1] for line in both.splitlines() if line.startswith("— witness.")]
    assert 2 == len(names)
    for name in names:
        lines = [line for line in both.splitlines(keepends=True) if f"— {name} " not in line]
        assert reason(rogue.send(under(payload, held, rogue.log, "".join(lines)))) == (
            "not_witnessed"
        )
    assert is_answered(rogue.send(payload))


@pytest.mark.parametrize("name", ["own", "university"])
def test_a_split_view_shown_to_witnesses(
    demo: Demo, rogue: Rogue, tmp_path: Path, name: str
) -> None:
    """Would work where a witness signs what the log signed: two histories, one to each of them.

    Whichever history a witness saw first, it cosigns no other: at the next size, at the same, or
    with the true history's proof.
    """
    url = urls(demo)[name]
    is_cosigned = rogue.broker.asking.witnessing.prove(0)
    assert is_cosigned.checkpoint.size
    fork = rogue.fork(tmp_path / f"{name}.db")
    try:
        rogue.pad(1)
        rogue.broker.asking.witnessing.prove(rogue.log.size - 1)
        known = last_seen(url, rogue.log)
        rogue.pad(known - fork.size + 3, fork)
        told = show(url, fork, old=known)
        assert (422, "") != (told.status_code, told.text)
        assert 422 == told.status_code
        assert known == last_seen(url, rogue.log)
    finally:
        fork.close()


def test_yesterday_s_copy_shown_to_a_witness(demo: Demo, rogue: Rogue, tmp_path: Path) -> None:
    """Would work where witnesses keep no memory: a log put back would go on unnoticed."""
    copy = rogue.fork(tmp_path / "yesterday.db")
    try:
        rogue.pad(2)
        rogue.broker.asking.witnessing.prove(rogue.log.size - 1)
        for url in urls(demo).values():
            known = last_seen(url, rogue.log)
            assert known > copy.size
            told = show(url, copy, old=copy.size)
            assert (409, known) == (told.status_code, int(told.text))
    finally:
        copy.close()


def test_what_an_agency_saw_convicts_the_log(
    demo: Demo, rogue: Rogue, victim: Victim, tmp_path: Path
) -> None:
    """Would work where nobody tells what he was shown: every view is fine in itself.

    The agency publishes the largest checkpoint that it verified. An auditor who was shown another
    history, witnesses and all, holds the two together.
    """
    fork = rogue.fork(tmp_path / "shown.db")
    try:
        assert is_answered(rogue.ask(rogue.give(victim)))
        rogue.pad(rogue.log.size - fork.size + 2, fork)
        seen = rogue.stage.http.get(f"{rogue.stage.gateways['himbara']}/v1/seen")
        assert "text/plain; charset=utf-8" == seen.headers["Content-Type"]
        key = parse_vkey(rogue.log.vkey)
        since = open_checkpoint(seen.text, key)
        assert verify(rogue.log, key, since=since).size >= since.size
        assert verify(fork, key).size >= since.size
        with pytest.raises(TamperedError) as found:
            verify(fork, key, since=since)
        assert "since" == found.value.step
    finally:
        fork.close()
