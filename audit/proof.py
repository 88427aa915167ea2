"""Inclusion proofs that stand alone: index, audit path and signed checkpoint in one text.

Source: C2SP tlog-proof ("Format"). Its optional `extra` line is refused: we never write one, and
a parser accepts only what we would have written.

This file must not decide which log to trust; the verifier is passed in.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.encoding import decode_base64
from audit.errors import NoteError, ProofError
from audit.merkle import HASH_BYTES, MAX_SIZE, check_inclusion, leaf_hash
from audit.note import Verifier

FIRST_LINE = "c2sp.org/tlog-proof@v1"

MAX_HASHES = 63  # the depth of the largest tree that a checkpoint can name


@dataclass(frozen=True)
class InclusionProof:
    """A proof as text holds it; nothing in it is checked yet.

    hashes: the audit path, 32 bytes each, from the leaf up.
    checkpoint: the signed note, as the log gave it.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str


def format_proof(proof: InclusionProof) -> str:
    """Return `proof` as C2SP tlog-proof text."""
    if not 0 <= proof.index < MAX_SIZE:
        raise ProofError("a proof's index is from 0 to 2^63 - 2")
    _check_hashes(proof.hashes)
    hashes = "".join(f"{base64.b64encode(found).decode()}\n" for found in proof.hashes)
    return f"{FIRST_LINE}\nindex {proof.index}\n{hashes}\n{proof.checkpoint}"


def parse_proof(text: str) -> InclusionProof:
    """Return the proof that `text` says, or raise ProofError."""
    # The first empty line ends the proof's own lines; the checkpoint has another further down.
    head, gap, checkpoint = text.partition("\n\n")
    if not gap or not checkpoint:
        raise ProofError("a proof ends with an empty line and a checkpoint")
    first, *lines = head.split("\n")
    if first != FIRST_LINE:
        raise ProofError("a proof of another format or version")
    if lines and lines[0].startswith("extra "):
        raise ProofError("a proof with extra data, which this log never writes")
    if not lines or not lines[0].startswith("index "):
        raise ProofError("a proof names its entry's index")
    digits = lines[0].removeprefix("index ")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
        raise ProofError("a proof's index is a decimal number")
    index = int(digits)
    if str(index) != digits or index >= MAX_SIZE:
        raise ProofError("a proof's index is from 0 to 2^63 - 2, without leading zeros")
    if len(lines) - 1 > MAX_HASHES:
        raise ProofError("a proof longer than any tree is deep")
    try:
        hashes = tuple(decode_base64(line) for line in lines[1:])
    except NoteError as exc:
        raise ProofError("a proof's hashes are base64") from exc
    _check_hashes(hashes)
    return InclusionProof(index, hashes, checkpoint)


def check_proof(text: str, entry: bytes, verifier: Verifier) -> tuple[int, Checkpoint]:
    """Return the index of `entry` and the checkpoint that holds it, or raise ProofError.

    1. The text is a proof. 2. Its checkpoint is signed by the log. 3. The entry's leaf hash and
    the audit path lead to the checkpoint's root. Anything else, a bad signature too, is a
    ProofError, so that a caller has one thing to catch.
    """
    proof = parse_proof(text)  # 1
    try:
        checkpoint = open_checkpoint(proof.checkpoint, verifier)  # 2
    except NoteError as exc:
        raise ProofError(f"the proof's checkpoint: {exc}") from exc
    check_inclusion(  # 3
        proof.hashes, proof.index, checkpoint.size, leaf_hash(entry), checkpoint.root
    )
    return proof.index, checkpoint


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if len(hashes) > MAX_HASHES:
        raise ProofError("a proof longer than any tree is deep")
    if any(len(found) != HASH_BYTES for found in hashes):
        raise ProofError("a proof's hashes have 32 bytes each")
