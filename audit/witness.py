"""The rules of a witness: which checkpoint it may cosign, given the last one that it cosigned.

Source: C2SP tlog-witness, "add-checkpoint". Pure: keeping the last checkpoint, and comparing and
replacing it in one step, is the caller's; without that step two requests at once could roll the
witness back. HTTP statuses are the caller's too.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from audit.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from audit.encoding import decode_base64
from audit.errors import AuditError, NoteError, ProofError
from audit.merkle import HASH_BYTES, check_consistency
from audit.note import Verifier

MAX_REQUEST_BYTES = 65_536
MAX_PROOF_LINES = 63

Reason = Literal["malformed", "unknown_origin", "bad_signature", "conflict", "bad_proof"]


class WitnessRefusalError(AuditError):
    """The witness does not cosign.

    size: for `conflict`, the size of the last checkpoint that it cosigned.
    """

    def __init__(self, reason: Reason, detail: str, *, size: int | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.size = size


@dataclass(frozen=True)
class AddCheckpoint:
    """A request to cosign: the old size, the proof from it (32 bytes each), the signed note."""

    old_size: int
    proof: tuple[bytes, ...]
    note: str

    @property
    def text(self) -> str:
        """The checkpoint that a cosignature covers: the note without its signatures."""
        return self.note.rpartition("\n\n")[0] + "\n"


def format_request(old_size: int, proof: Sequence[bytes], note: str) -> bytes:
    """Return the body of add-checkpoint."""
    lines = [f"old {old_size}", *(base64.b64encode(found).decode() for found in proof)]
    return ("\n".join(lines) + f"\n\n{note}").encode()


def parse_request(body: bytes) -> AddCheckpoint:
    """Return what the body of add-checkpoint says; raises WitnessRefusalError: malformed."""
    if len(body) > MAX_REQUEST_BYTES:
        raise WitnessRefusalError("malformed", "the request is too long")
    try:
        head, gap, note = body.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise WitnessRefusalError("malformed", "the request is not UTF-8") from None
    first, *lines = head.split("\n")
    if not gap or not note or not first.startswith("old "):
        raise WitnessRefusalError("malformed", "a request is an old size, a proof, a checkpoint")
    if len(lines) > MAX_PROOF_LINES:
        raise WitnessRefusalError("malformed", "the proof is longer than any tree is deep")
    digits = first.removeprefix("old ")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
        raise WitnessRefusalError("malformed", "the old size is a decimal number")
    if str(int(digits)) != digits:
        raise WitnessRefusalError("malformed", "the old size has no leading zeros")
    try:
        proof = tuple(decode_base64(line) for line in lines)
    except NoteError:
        raise WitnessRefusalError("malformed", "a line of the proof is not base64") from None
    if any(len(found) != HASH_BYTES for found in proof):
        raise WitnessRefusalError("malformed", "a line of the proof is not a hash")
    return AddCheckpoint(int(digits), proof, note)


def name_origin(request: AddCheckpoint) -> str:
    """Return the origin that the request's checkpoint names, unverified."""
    try:
        return parse_checkpoint(request.text).origin
    except NoteError:
        raise WitnessRefusalError("malformed", "the checkpoint is not one") from None


def judge(request: AddCheckpoint, *, log: Verifier, last: Checkpoint | None) -> Checkpoint:
    """Return the checkpoint that may be cosigned; raises WitnessRefusalError.

    log: the key that the witness trusts for the origin. last: what it cosigned last, or None.
    In the specification's order: signature, sizes, the last checkpoint, the proof.
    """
    try:
        new = open_checkpoint(request.note, log)
    except NoteError:
        raise WitnessRefusalError("bad_signature", "the log's key did not sign this") from None
    if request.old_size > new.size:
        raise WitnessRefusalError("malformed", "the old size is larger than the new one")
    known = 0 if last is None else last.size
    if request.old_size != known:
        raise WitnessRefusalError("conflict", "another size was cosigned last", size=known)
    if last is not None and new.size == last.size and new.root != last.root:
        # Two trees of one size, both signed: the log has forked, and both notes prove it.
        raise WitnessRefusalError("conflict", "another root was cosigned at this size", size=known)
    try:
        if last is None or last.size == 0:
            if request.proof:
                raise ProofError("a proof from the empty tree is empty")
        else:
            check_consistency(request.proof, last.size, new.size, last.root, new.root)
    except ProofError as exc:
        raise WitnessRefusalError("bad_proof", str(exc)) from exc
    return new
