"""Cosignatures: a witness says that a checkpoint is the newest of a consistent log, and when.

Source: C2SP tlog-cosignature, "Ed25519 signed message". Checking them is `note.open_note`'s; this
file makes them and joins them to a checkpoint. It never holds a private key.
"""

from __future__ import annotations

import base64

from audit.errors import NoteError
from audit.note import COSIGNATURE_V1, Signer, Verifier, key_id, open_note

MAX_TIME = 2**63 - 1


def format_cosigner_vkey(name: str, public_key: bytes) -> str:
    """Return the verifier key of a witness: type 0x04, cosignature/v1."""
    if len(public_key) != 32:
        raise NoteError("an Ed25519 public key has 32 bytes")
    known = base64.b64encode(bytes([COSIGNATURE_V1]) + public_key).decode()
    return f"{name}+{key_id(name, COSIGNATURE_V1, public_key).hex()}+{known}"


def cosign(text: str, signer: Signer, *, at: int) -> str:
    """Return the signature line by which `signer` vouches for a checkpoint's note text.

    text: the checkpoint with its last line feed, without signatures. at: Unix seconds.
    """
    if not 0 <= at <= MAX_TIME:
        raise NoteError("a cosignature's time is from 0 to 2^63 - 1")
    signature = signer.sign(b"cosignature/v1\ntime %d\n" % at + text.encode())
    raw = key_id(signer.name, COSIGNATURE_V1, signer.public_key) + at.to_bytes(8, "big") + signature
    return f"— {signer.name} {base64.b64encode(raw).decode()}\n"


def join(note: str, answer: str, witness: Verifier) -> str:
    """Return `note` with the witness's line of its `answer`, if one there holds.

    answer: the body of add-checkpoint: signature lines, also of keys that we do not know, which
    are left out (C2SP tlog-witness, "add-checkpoint"). Raises NoteError if none is the witness's.
    """
    for line in answer.splitlines(keepends=True):
        whole = note + line
        try:
            opened = open_note(whole, [witness])
        except NoteError:
            continue
        if any(signature.at is not None for signature in opened.signatures):
            return whole
    raise NoteError("the answer holds no cosignature of the witness")
