"""P2, no proof in the log, no answer: proofs missing, wrong, reused, stale or of another log."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2 as sqlite

from audit.cosignature import format_cosigner_vkey
from audit.entry import draft, format_entry, parse_entry
from audit.errors import LogUnavailableError, TamperedError
from audit.log import Log
from audit.note import parse_vkey
from audit.verify import verify
from broker.binding import SeenCheckpoint
from broker.question import QuestionPayload
from keys import base64url, trust
from keys.signing import NamedSigner, SigningKey
from tests.attacks.rogue import AGENCY, HAS_ACCOUNT, Rogue, Victim, above, is_answered, reason
from tests.attacks.stages import WorldStage

STRANGER = SigningKey.from_seed(b"\x79" * 32)


def test_an_access_that_was_never_logged(rogue: Rogue, victim: Victim) -> None:
    """Would work where a proof is only looked for: the entry is made up, the proof another's."""
    payload = rogue.access(rogue.give(victim))
    members = {**parse_entry(payload.access_entry.encode()).members, "digest": "ee" * 32}
    unlogged = format_entry(draft("access.sent", members), rogue.stage.clock(), bytes(32)).decode()
    assert reason(rogue.send(replace(payload, access_entry=unlogged))) == "no_proof"


@pytest.mark.parametrize("proof", ["x", "c2sp.org/tlog-proof@v1\n", "."])
def test_no_proof_at_all(rogue: Rogue, victim: Victim, proof: str) -> None:
    """Would work where what cannot be read is not checked."""
    payload = rogue.access(rogue.give(victim))
    message = rogue.seal(replace(payload, access_proof=proof), outside=payload)
    assert reason(rogue.post(message)[0]) in {"no_proof", "not_witnessed"}


def test_the_proof_of_another_entry(rogue: Rogue, victim: Victim) -> None:
    """Would work where a valid proof of anything is enough."""
    held = rogue.give(victim)
    first, second = rogue.access(held), rogue.access(held)
    changed = replace(second, access_proof=first.access_proof)
    assert reason(rogue.send(changed)) == "no_proof"


def test_a_log_that_a_stranger_signed(rogue: Rogue, victim: Victim, tmp_path: Path) -> None:
    """Would work where the proof brings its log's key along."""
    origin = rogue.log.origin
    fake = Log(tmp_path / "fake.db", NamedSigner(origin, STRANGER), clock=rogue.stage.clock)
    held = rogue.give(victim, log=fake)
    assert reason(rogue.send(rogue.access(held, log=fake))) == "no_proof"
    fake.close()


@pytest.mark.parametrize("which", ["size", "root"])
def test_a_message_that_names_another_checkpoint(rogue: Rogue, victim: Victim, which: str) -> None:
    """Would work where the outside, which bridges and auditors see, need not be the inside."""
    payload = rogue.access(rogue.give(victim))
    true = rogue.binding(payload, AGENCY).ckpt
    seen = SeenCheckpoint(true.size - 1, true.root)
    if which == "root":
        seen = SeenCheckpoint(true.size, bytes(32))
    assert reason(rogue.send(payload, ckpt=seen)) == "no_proof"


CHANGES: Mapping[str, Mapping[str, Any]] = {
    "threshold": {"questions": (above(10_000_000),)},
    "one more question": {"questions": (above(5_000_000), HAS_ACCOUNT)},
    "purpose": {"purpose": "recertification"},
    "programme": {"programme": "bpnt"},
    "request": {"request_id": "x" * 22},
    "question": {"question_id": base64url.encode(b"q" * 16)},
    "salt": {"salt": b"\x02" * 32},
    "pseudonym": {"subject": base64url.encode(b"s" * 32)},
    "grant": {"gid": b"\x03" * 32},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_question_other_than_the_logged_one(
    rogue: Rogue, victim: Victim, change: Mapping[str, Any]
) -> None:
    """Would work where an access is logged and then something else is asked under its proof."""
    payload = rogue.access(rogue.give(victim), [above(5_000_000)])
    changed = replace(payload, **change)
    assert reason(rogue.send(changed)) == "not_the_logged_question"


CLEAR: Mapping[str, Mapping[str, Any]] = {
    "questions": {"questions": []},
    "more questions": {"questions": ["balance_above", "has_account"]},
    "agency": {"agency": "bpjs_tk"},
    "programme": {"programme": "bpnt"},
    "purpose": {"purpose": "objection"},
    "q": {"q": "ab" * 32},
}


@pytest.mark.parametrize("entry", CLEAR.values(), ids=CLEAR.keys())
def test_an_entry_that_tells_auditors_something_else(
    rogue: Rogue, victim: Victim, entry: Mapping[str, Any]
) -> None:
    """Would work where only `q` is compared: the clear members are what everybody reads."""
    # `q` may stand in the log once; the one of this attack must be new each time.
    if "q" in entry:
        entry = {"q": os.urandom(32).hex()}
    payload = rogue.access(rogue.give(victim), entry=entry)
    assert reason(rogue.send(payload)) == "not_the_logged_question"


def test_a_grant_s_entry_for_an_access(rogue: Rogue, victim: Victim) -> None:
    """Would work where any entry about her will do: here her grant's own."""
    first, second = rogue.give(victim), rogue.give(victim)
    payload = rogue.prove(rogue.access(first), second.index, first.index)
    assert reason(rogue.send(payload)) == "not_the_logged_question"


def test_one_entry_for_two_questions(rogue: Rogue, victim: Victim) -> None:
    """Would work where an entry, once proven, is good for every question like it."""
    held = rogue.give(victim)
    first = rogue.access(held)
    second = rogue.access(held, question_id=first.question_id)
    assert is_answered(rogue.send(first))
    assert reason(rogue.send(second)) == "replayed"


@pytest.mark.parametrize("member", ["tag", "agency", "questions", "digest"])
def test_an_entry_that_lacks_a_member(local: Rogue, member: str) -> None:
    """Would work where an entry is compared as far as it goes: without its tag, nobody finds it.

    The log's own key signs it and its proof is true. In process: a demo's log would be spoilt.
    """
    held = local.give(local.victim())
    assert is_answered(local.send(local.access(held)))
    assert reason(local.send(local.access(held, lacks=member))) == "no_proof"
    # Nor does it get past who reads the log alone.
    bad = local.log.size - 1
    with pytest.raises(TamperedError) as found:
        verify(local.log, parse_vkey(local.log.vkey))
    assert (found.value.step, found.value.index) == ("entries", bad)


def test_an_access_of_two_days_ago(local: Rogue) -> None:
    """Would work where an entry may be kept for later. In process: a day passes."""
    payload = local.access(local.give(local.victim()))  # at 12:00:30, so its `at` is 12:00
    local.stage.wait(24 * 3600 + 59 * 60)
    assert is_answered(local.send(payload))
    local.stage.wait(60)
    assert reason(local.send(payload)) == "access_too_old"


def test_an_access_from_the_future(local: Rogue) -> None:
    """Would work where an entry may be dated ahead, to stay usable longer. In process: clocks."""
    held = local.give(local.victim())
    local.stage.wait(3600)
    payload = local.access(held)
    local.stage.wait(-3600)
    assert reason(local.send(payload)) == "access_too_old"


def test_a_log_that_goes_back(local: Rogue) -> None:
    """Would work where each proof is checked by itself: an old checkpoint hides a withdrawal.

    In process: the gateway allows for messages that overtake each other within 300 s.
    """
    held = local.give(local.victim())
    old = local.access(held)
    local.pad(3)
    assert is_answered(local.ask(held))
    # 299 s later it has been overtaken; its own question has not been asked yet.
    local.stage.wait(299)
    late = local.access(held)
    assert is_answered(local.send(old))
    assert is_answered(local.ask(held))
    local.stage.wait(301)
    assert reason(local.send(late)) == "stale_checkpoint"


def test_a_history_of_its_own(rogue: Rogue, tmp_path: Path) -> None:
    """Would work where the log's signature is enough: the log signs a second history.

    The gateway keeps both signed checkpoints: they prove the fork to everybody.
    """
    victim = rogue.victim()
    assert is_answered(rogue.ask(rogue.give(victim)))
    fork = rogue.fork(tmp_path / "fork.db")
    held = rogue.give(rogue.victim(), log=fork)
    payload = rogue.access(held, log=fork)
    rogue.pad(8)
    assert is_answered(rogue.ask(rogue.give(victim)))
    assert reason(rogue.send(payload)) == "inconsistent_log"
    fork.close()
    assert _is_kept(rogue, payload)


def test_a_second_tree_of_the_same_size(rogue: Rogue, victim: Victim, tmp_path: Path) -> None:
    """Would work where a checkpoint is known by its size."""
    fork = rogue.fork(tmp_path / "fork.db")
    forked = rogue.access(rogue.give(rogue.victim(), log=fork), log=fork)
    fork.close()
    true = rogue.access(rogue.give(victim))
    assert rogue.binding(true, AGENCY).ckpt.size == rogue.binding(forked, AGENCY).ckpt.size
    assert is_answered(rogue.send(true))
    assert reason(rogue.send(forked)) == "inconsistent_log"
    assert _is_kept(rogue, forked)


def test_a_grant_in_a_history_of_its_own(rogue: Rogue, victim: Victim, tmp_path: Path) -> None:
    """Would work where only the access's history is compared, and the grant's is another."""
    fork = rogue.fork(tmp_path / "fork.db")
    held = rogue.give(victim, log=fork)
    given = rogue.proven(fork, held.index)
    fork.close()
    # The access is honestly logged and proven, after the fork's grant in number.
    rogue.pad(4)
    assert is_answered(rogue.ask(rogue.give(rogue.victim())))
    true = rogue.give(rogue.victim())
    payload = rogue.access(replace(held, index=true.index))
    changed = replace(payload, grant_entry=given.entry.decode(), grant_proof=given.proof)
    assert reason(rogue.send(changed)) == "inconsistent_log"


def test_tiles_that_cannot_be_read(local: Rogue) -> None:
    """Would work where the comparison is skipped when the log does not answer. In process."""
    stage = local.stage
    assert isinstance(stage, WorldStage)
    held = local.give(local.victim())
    assert is_answered(local.ask(held))
    stage.world.gateways[AGENCY].desk._checkpoints._fetch = _nothing  # type: ignore[attr-defined]
    assert reason(local.ask(held)) == "log_unavailable"


def test_a_quorum_that_has_not_seen_the_log(local: Rogue) -> None:
    """Would work where an agreement's witnesses are asked for and not waited for. In process."""
    stage = local.stage
    assert isinstance(stage, WorldStage)
    path = stage.home / "agencies" / AGENCY / "trust.toml"
    vkey = format_cosigner_vkey("witness.example", STRANGER.public.raw)
    trusted = trust.parse(path.read_text("utf-8"))
    changed = replace(trusted, quorum=f"witness w1 {vkey}\nquorum w1\n")
    path.write_text(trust.format(changed), "utf-8")
    stage.restart_gateway(AGENCY)
    assert reason(local.ask(local.give(local.victim()))) == "not_witnessed"


def _nothing(_path: str) -> bytes:
    raise LogUnavailableError("cut off")


def _is_kept(rogue: Rogue, payload: QuestionPayload) -> bool:
    """Whether the gateway keeps the checkpoint that this question showed, as evidence of a fork."""
    shown = rogue.binding(payload, AGENCY).ckpt
    path = rogue.stage.home / "agencies" / AGENCY / "gateway.db"
    with closing(sqlite.connect(str(path))) as connection:
        kept = connection.execute("SELECT size, root FROM conflict").fetchall()
    return (shown.size, shown.root) in [(size, bytes(root)) for size, root in kept]
