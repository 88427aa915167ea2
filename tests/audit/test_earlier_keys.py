"""A log's key that was replaced counts up to a size of the log, and no further."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from audit.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from audit.cli import audit
from audit.errors import NoteError, ProofError
from audit.export import export_folder
from audit.log import Log
from audit.merkle import leaf_hash
from audit.note import Verifier, format_vkey, open_note, with_earlier
from audit.proof import InclusionProof, check_proof, format_proof
from tests.audit.logs import Clock, access
from tests.audit.memory_log import TestSigner, log_of, some_entries

NEW, OLD, STRANGER = TestSigner(), TestSigner(seed=8), TestSigner(seed=9)
OLD_VKEY = format_vkey(OLD.name, OLD.public_key)
ROOT = bytes(range(32))


def known(last_size: int | None = 300) -> Verifier:
    return with_earlier(NEW.verifier, [(OLD_VKEY, last_size)])


def note(size: int, *signers: TestSigner) -> str:
    return sign_checkpoint(Checkpoint(NEW.name, size, ROOT), *signers)


@pytest.mark.parametrize("size", [0, 1, 299, 300])
def test_a_retired_key_counts_up_to_its_size(size: int) -> None:
    assert size == open_checkpoint(note(size, OLD), known()).size


@pytest.mark.parametrize("size", [301, 2**62])
def test_and_no_further(size: int) -> None:
    with pytest.raises(NoteError, match="retired"):
        open_checkpoint(note(size, OLD), known())
    assert size == open_checkpoint(note(size, OLD), known(None)).size


@pytest.mark.parametrize("size", [1, 300, 301])
def test_the_new_key_counts_at_every_size_beside_the_old_one_or_alone(size: int) -> None:
    for signers in ((NEW,), (NEW, OLD), (OLD, NEW)):
        assert size == open_checkpoint(note(size, *signers), known()).size


def test_a_bad_signature_of_an_earlier_key_rejects_the_note() -> None:
    good = note(300, NEW)
    bad = good + note(299, OLD).rpartition("\n\n")[2]
    assert 300 == open_checkpoint(bad, NEW.verifier).size
    with pytest.raises(NoteError, match="does not hold"):
        open_checkpoint(bad, known())


def test_a_strangers_key_counts_never() -> None:
    with pytest.raises(NoteError, match="no signature of a known key"):
        open_checkpoint(note(1, STRANGER), known())


def test_who_cosigns_is_not_who_signs() -> None:
    """Would succeed where any known key under the log's name counts as the log's."""
    with pytest.raises(NoteError):
        open_checkpoint(note(301, OLD), known())
    opened = open_note(note(301, OLD), [known()])
    assert 1 == len(opened.signatures)  # it holds, and says nothing at this size


def test_a_proof_under_a_retired_key_holds_at_its_size_only() -> None:
    entry = some_entries(1)[0]
    for size, last_size, good in ((1, 1, True), (1, 0, False)):
        signed = sign_checkpoint(Checkpoint(NEW.name, size, leaf_hash(entry)), OLD)
        text = format_proof(InclusionProof(0, (), signed))
        if good:
            assert 0 == check_proof(text, entry, known(last_size))[0]
        else:
            with pytest.raises(ProofError, match="retired"):
                check_proof(text, entry, known(last_size))


@pytest.mark.parametrize(
    "vkey",
    [
        format_vkey("other.example", OLD.public_key),
        format_vkey(NEW.name, NEW.public_key),
        "nonsense",
    ],
)
def test_earlier_keys_are_of_the_same_log_and_others(vkey: str) -> None:
    with pytest.raises(NoteError):
        with_earlier(NEW.verifier, [(vkey, 1)])
    with pytest.raises(NoteError, match="once"):
        with_earlier(NEW.verifier, [(OLD_VKEY, 1), (OLD_VKEY, 2)])


def test_a_log_signs_with_both_keys(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.db", NEW, clock=Clock(), also=[OLD])
    appended = log.append([access()])
    for signer in (NEW, OLD):
        for text in (appended.note, log.checkpoint()):
            assert 1 == open_checkpoint(text, signer.verifier).size
    assert (format_vkey(NEW.name, NEW.public_key), OLD_VKEY) == log.vkeys
    log.close()


def test_the_command_takes_earlier_keys(tmp_path: Path) -> None:
    """An export and a kept checkpoint from before the change, with the new key in hand."""
    entries = some_entries(5)
    export_folder(log_of(entries, OLD), tmp_path / "old")
    export_folder(log_of(entries[:3], OLD), tmp_path / "kept")
    since = ["--since", str(tmp_path / "kept" / "checkpoint")]
    arguments = ["verify", str(tmp_path / "old"), "--vkey", format_vkey(NEW.name, NEW.public_key)]
    for size, code in (("5", 0), ("4", 1), ("five", 2)):
        told = CliRunner().invoke(audit, [*arguments, *since, "--earlier", f"{size}:{OLD_VKEY}"])
        assert code == told.exit_code, told.output
    assert 1 == CliRunner().invoke(audit, arguments).exit_code
