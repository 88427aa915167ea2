"""A witness cosigns what extends what it cosigned last, and nothing else."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.cosignature import cosign, format_cosigner_vkey, join
from audit.errors import NoteError
from audit.merkle import leaf_hash, prove_consistency, tree_root
from audit.note import open_note, parse_vkey
from audit.witness import (
    AddCheckpoint,
    WitnessRefusalError,
    format_request,
    judge,
    name_origin,
    parse_request,
)
from tests.audit.memory_log import TestSigner
from tests.audit.test_merkle import nodes_of

LOG = TestSigner("izin.example/log", 7)
OTHER = TestSigner("izin.example/log", 8)
WITNESS = TestSigner("witness.example/w1", 9)
ENTRIES = [b"entry %d" % number for number in range(40)]
AT = 1_795_500_000


def _leaves(entries: list[bytes]) -> list[bytes]:
    return [leaf_hash(entry) for entry in entries]


def _checkpoint(size: int, *, entries: list[bytes] = ENTRIES) -> Checkpoint:
    return Checkpoint(LOG.name, size, tree_root(size, nodes_of(_leaves(entries[:size]))))


def _request(
    old: int, new: int, *, signer: TestSigner = LOG, entries: list[bytes] = ENTRIES
) -> AddCheckpoint:
    nodes = nodes_of(_leaves(entries[:new]))
    proof = prove_consistency(old, new, nodes) if 0 < old < new else []
    note = sign_checkpoint(_checkpoint(new, entries=entries), signer)
    return AddCheckpoint(old, tuple(proof), note)


def _refused(request: AddCheckpoint, last: Checkpoint | None) -> tuple[str, int | None]:
    with pytest.raises(WitnessRefusalError) as refusal:
        judge(request, log=LOG.verifier, last=last)
    return refusal.value.reason, refusal.value.size


@pytest.mark.parametrize(("old", "new"), [(1, 2), (3, 7), (8, 16), (13, 40), (40, 40)])
def test_what_extends_the_last_checkpoint_may_be_cosigned(old: int, new: int) -> None:
    assert _checkpoint(new) == judge(_request(old, new), log=LOG.verifier, last=_checkpoint(old))


def test_the_first_checkpoint_of_a_log_needs_no_proof() -> None:
    assert _checkpoint(9) == judge(_request(0, 9), log=LOG.verifier, last=None)
    proof = (sha256(b"anything").digest(),)
    assert ("bad_proof", None) == _refused(AddCheckpoint(0, proof, _request(0, 9).note), None)


def test_a_rewritten_past_is_not_cosigned() -> None:
    rewritten = [b"another past", *ENTRIES[1:]]
    request = _request(13, 40, entries=rewritten)
    assert ("bad_proof", None) == _refused(request, _checkpoint(13))


def test_a_fork_of_the_same_size_is_not_cosigned() -> None:
    rewritten = [*ENTRIES[:12], b"another last"]
    request = _request(13, 13, entries=rewritten)
    assert ("conflict", 13) == _refused(request, _checkpoint(13))


def test_another_old_size_is_told_the_right_one() -> None:
    assert ("conflict", 13) == _refused(_request(8, 40), _checkpoint(13))
    assert ("conflict", 0) == _refused(_request(8, 40), None)


def test_a_log_that_went_back_is_not_cosigned() -> None:
    assert ("malformed", None) == _refused(
        AddCheckpoint(13, (), _request(0, 9).note), _checkpoint(13)
    )


def test_a_checkpoint_that_another_key_signed_is_not_cosigned() -> None:
    assert ("bad_signature", None) == _refused(_request(0, 9, signer=OTHER), None)


@pytest.mark.parametrize("flipped", range(3))
def test_each_hash_of_the_proof_counts(flipped: int) -> None:
    request = _request(13, 40)
    proof = list(request.proof)
    proof[flipped] = bytes([proof[flipped][0] ^ 1]) + proof[flipped][1:]
    changed = AddCheckpoint(13, tuple(proof), request.note)
    assert ("bad_proof", None) == _refused(changed, _checkpoint(13))


def test_a_request_is_read_as_it_was_written() -> None:
    request = _request(13, 40)
    body = format_request(request.old_size, request.proof, request.note)
    assert request == parse_request(body)
    assert LOG.name == name_origin(request)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 1\n",
        b"old 01\n\nnote\n",
        b"old -1\n\nnote\n",
        b"new 1\n\nnote\n",
        b"old 1\nnot base64\n\nnote\n",
        b"old 1\nAAAA\n\nnote\n",
        b"old 1\n\xff\n\nnote\n",
        b"old 1\n" + b"A" * 70_000,
    ],
)
def test_what_is_not_a_request_is_malformed(body: bytes) -> None:
    with pytest.raises(WitnessRefusalError) as refusal:
        name_origin(parse_request(body))
    assert "malformed" == refusal.value.reason


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        request = parse_request(body)
    except WitnessRefusalError:
        return
    assert body == format_request(request.old_size, request.proof, request.note)


def test_a_cosignature_joins_the_checkpoint_and_says_when() -> None:
    request = _request(0, 9)
    verifier = parse_vkey(format_cosigner_vkey(WITNESS.name, WITNESS.public_key))
    line = cosign(request.text, WITNESS, at=AT)
    stranger = cosign(request.text, TestSigner("stranger.example", 3), at=AT)
    joined = join(request.note, stranger + line, verifier)
    opened = open_note(joined, [LOG.verifier, verifier])
    assert [(LOG.name, None), (WITNESS.name, AT)] == [
        (signature.name, signature.at) for signature in opened.signatures
    ]


def test_a_cosignature_of_another_checkpoint_does_not_join() -> None:
    verifier = parse_vkey(format_cosigner_vkey(WITNESS.name, WITNESS.public_key))
    line = cosign(_request(0, 8).text, WITNESS, at=AT)
    with pytest.raises(NoteError, match="no cosignature of the witness"):
        join(_request(0, 9).note, line, verifier)


def test_a_cosignature_covers_its_time() -> None:
    request = _request(0, 9)
    verifier = parse_vkey(format_cosigner_vkey(WITNESS.name, WITNESS.public_key))
    whole = join(request.note, cosign(request.text, WITNESS, at=AT), verifier)
    later = cosign(request.text, WITNESS, at=AT + 1)
    assert whole != join(request.note, later, verifier)
    assert leaf_hash(whole.encode()) != leaf_hash(request.note.encode())
