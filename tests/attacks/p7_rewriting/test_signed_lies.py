"""P7: a log that signs what it likes; the verifier's steps, one by one, and views held together.

Whoever holds the log's key can make a tree of anything. Steps 2 to 8 refuse what no honest log
signs; what is consistent in itself is refused by whoever holds a second view (step 9).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pysqlite3 import dbapi2 as sqlite

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.entry import draft, format_entry
from audit.errors import TamperedError
from audit.export import export_folder
from audit.log import Log
from audit.merkle import leaf_hash
from audit.note import parse_vkey, sign_note
from audit.source import FolderSource
from audit.verify import verify
from audit.web import log_blueprint
from broker.asked import Asked
from keys.signing import NamedSigner
from tests.attacks.rogue import AGENCY, Rogue, is_answered
from tests.attacks.stages import WorldStage
from tests.audit.memory_log import START, MemoryLog, TestSigner, log_of, some_entries, some_members

SIGNER = TestSigner()
ENTRIES = some_entries(300)
GOOD = log_of(ENTRIES, SIGNER)


def blame(log: MemoryLog, since: Checkpoint | None = None, **more: Any) -> tuple[str, int | None]:
    with pytest.raises(TamperedError) as caught:
        verify(log, SIGNER.verifier, since=since, **more)
    return caught.value.step, caught.value.index


def signed(*entries: bytes) -> MemoryLog:
    return log_of(entries, SIGNER)


def test_a_checkpoint_that_another_key_signed() -> None:
    """Step 1. Would work where any signature by the log's name counts."""
    other = log_of(ENTRIES, TestSigner(seed=8))
    assert blame(other)[0] == "checkpoint"


def test_a_checkpoint_of_another_log_under_the_same_key() -> None:
    """Step 1. Would work where the origin is not compared: one key, two logs."""
    root = open_checkpoint(GOOD.checkpoint(), SIGNER.verifier).root
    text = f"izin.example/two\n300\n{base64.b64encode(root).decode()}\n"
    note = sign_note(text, SIGNER)
    assert blame(GOOD.with_file("checkpoint", note.encode()))[0] == "checkpoint"


def test_a_witness_that_did_not_cosign() -> None:
    """Step 1. Would work where witnesses are counted only if they are there."""
    witness = TestSigner("witness.example", seed=9).verifier
    assert blame(GOOD, witnesses=[witness])[0] == "checkpoint"


def test_bundles_that_are_missing_short_or_long() -> None:
    """Step 2. Would work where what is not there is not checked."""
    path = "tile/entries/001.p/44"
    raw = GOOD.files[path]
    assert blame(GOOD.with_file(path, None)) == ("bundles", 256)
    assert blame(GOOD.with_file(path, raw[:-1])) == ("bundles", 299)
    assert blame(GOOD.with_file(path, raw + b"\x00\x01x"))[0] == "bundles"


@pytest.mark.parametrize("bad", [b"{}", b"", b"[1]", b"\xff", b'{"v":1}'])
def test_what_is_no_entry(bad: bytes) -> None:
    """Step 3. Would work where entries are opaque: a NIK could stand in the log, truly signed."""
    assert blame(signed(*ENTRIES[:9], bad)) == ("entries", 9)


def test_an_entry_with_a_member_more() -> None:
    """Step 3. Would work where unknown members are skipped."""
    raw = ENTRIES[9].replace(b'"v":1', b'"name":"x","v":1')
    assert raw != ENTRIES[9]
    assert blame(signed(*ENTRIES[:9], raw))[0] == "entries"


@pytest.mark.parametrize("index", [1, 255, 256, 299])
def test_a_chain_with_a_link_taken_out(index: int) -> None:
    """Step 4. Would work where the tree alone counts: the log signs a history with a hole."""
    assert blame(signed(*ENTRIES[:index], *ENTRIES[index + 1 :], ENTRIES[0])) == ("chain", index)


def test_hours_that_go_back() -> None:
    """Step 5. Would work where the log dates entries as it likes: withdrawals after the fact."""
    late = draft("policy.changed", some_members("policy.changed", 0))
    raw = format_entry(late, START.replace(year=2020), leaf_hash(ENTRIES[255]))
    assert blame(signed(*ENTRIES[:256], raw)) == ("hours", 256)


@pytest.mark.parametrize("kind", ["access.sent", "grant.given", "grant.withdrawn"])
def test_a_mark_that_stands_twice(kind: str) -> None:
    """Step 6. Would work where one entry may serve two questions, or a grant be given twice."""
    raws = some_entries(20, (kind,))
    again = draft(kind, some_members(kind, 3))
    raws.append(format_entry(again, START.replace(year=2027), leaf_hash(raws[-1])))
    assert blame(signed(*raws)) == ("marks", 20)


def test_another_history_under_the_true_signature() -> None:
    """Step 7. Would work where the tree is not computed from the entries."""
    other = log_of(some_entries(300, ("access.answered",)), SIGNER)
    lie = other.with_file("checkpoint", GOOD.files["checkpoint"])
    assert blame(lie) == ("root", None)


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"])
def test_hash_tiles_that_are_not_the_entries(path: str) -> None:
    """Step 8. Would work where tiles are a cache: gateways compare histories by them."""
    raw = GOOD.files[path]
    assert blame(GOOD.with_file(path, raw[:-1] + bytes([raw[-1] ^ 1])))[0] == "tiles"
    assert blame(GOOD.with_file(path, None))[0] == "tiles"
    assert blame(GOOD.with_file(path, raw + bytes(32)))[0] == "tiles"


@pytest.mark.parametrize("size", [10, 255, 256, 257, 300])
def test_a_history_rewritten_and_signed_anew(size: int) -> None:
    """Step 9. Would work, and does without --since: the key makes another consistent history."""
    rewritten = log_of(some_entries(size, ("access.answered",)), SIGNER)
    kept = open_checkpoint(rewritten.checkpoint(), SIGNER.verifier)
    verify(rewritten, SIGNER.verifier)
    assert blame(GOOD, kept) == ("since", None)


def test_a_rollback() -> None:
    """Step 9. Would work where an old, once true state is not compared with a newer one."""
    kept = open_checkpoint(GOOD.checkpoint(), SIGNER.verifier)
    assert blame(signed(*ENTRIES[:200]), kept) == ("since", 200)


def test_an_older_checkpoint_of_another_log() -> None:
    """Step 9. Would work where sizes and roots are compared and not whose they are."""
    foreign = Checkpoint(
        "other.example", 300, open_checkpoint(GOOD.checkpoint(), SIGNER.verifier).root
    )
    assert blame(GOOD, foreign) == ("since", None)


def test_a_split_view(local: Rogue, tmp_path: Path) -> None:
    """Two agencies see two histories; each is fine in itself, together they convict the log.

    In process, since the log must serve each agency other tiles. What one gateway keeps is the
    `--since` of an audit of what the other was shown.
    """
    stage = local.stage
    assert isinstance(stage, WorldStage)
    fork = local.fork(tmp_path / "fork.db")
    other = "polri"
    _serve_to(stage, other, fork)
    assert is_answered(local.ask(local.give(local.victim())))
    car = [Asked("owns_car")]
    held = local.give(local.victim(), car, agency=other, log=fork)
    assert is_answered(local.send(local.access(held, car, log=fork), other))
    # Entries after the two parted, so that neither is the beginning of the other.
    local.pad(4)
    seen = {agency: _largest(stage, agency) for agency in (AGENCY, other)}
    verifier = parse_vkey(local.log.vkey)
    export_folder(fork_source(fork), tmp_path / "shown")
    verify(FolderSource(tmp_path / "shown"), verifier)
    verify(FolderSource(tmp_path / "shown"), verifier, since=open_checkpoint(seen[other], verifier))
    since = open_checkpoint(seen[AGENCY], verifier)
    with pytest.raises(TamperedError) as caught:
        verify(FolderSource(tmp_path / "shown"), verifier, since=since)
    assert caught.value.step == "since"
    fork.close()


def test_a_log_restored_from_a_backup_opens_and_is_behind(local: Rogue, tmp_path: Path) -> None:
    """Would work where gateways forget: a restored log, which grows anew, is refused by all.

    In process: the restored file is served in place of the true one.
    """
    stage = local.stage
    assert isinstance(stage, WorldStage)
    restored = local.fork(tmp_path / "backup.db")
    assert is_answered(local.ask(local.give(local.victim())))
    _serve_to(stage, AGENCY, restored)
    local.pad(12, restored)
    held = local.give(local.victim(), log=restored)
    told = local.send(local.access(held, log=restored))
    assert told["problem"]["reason"] == "inconsistent_log"
    restored.close()


def _serve_to(stage: WorldStage, agency: str, log: Log) -> None:
    """Have the log show one agency another history."""
    app = Flask("fork")
    app.register_blueprint(log_blueprint(log, may_read_entries=lambda _: True))
    client = app.test_client()

    def read(path: str) -> bytes:
        response = client.get(f"/log/{path}")
        assert response.status_code == 200
        return bytes(response.data)

    desk = stage.world.gateways[agency].desk
    desk._checkpoints._fetch = read
    desk._withdrawals._fetch = read


def _largest(stage: WorldStage, agency: str) -> str:
    """Return the largest checkpoint that a gateway keeps, as signed."""
    path = stage.home / "agencies" / agency / "gateway.db"
    with closing(sqlite.connect(str(path))) as connection:
        (note,) = connection.execute(
            "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1"
        ).fetchone()
        return str(note)


def fork_source(log: Log) -> Any:
    class Source:
        def checkpoint(self) -> str:
            return log.checkpoint()

        def read(self, path: str) -> bytes:
            return log.read(path)

    return Source()


def test_the_same_key_signs_as_the_log_and_nothing_else(rogue: Rogue) -> None:
    """Would work where the log's key signs under any name: a checkpoint could pass for a part."""
    keys = rogue.broker.keys
    assert isinstance(keys.log_signer, NamedSigner)
    public: Mapping[str, bytes] = {
        "log": keys.log_signer.public_key,
        "consent": keys.consent.public.raw,
        "sign": keys.sender.key.public.raw,
        "root": keys.root.public.raw,
    }
    assert len(set(public.values())) == len(public)
