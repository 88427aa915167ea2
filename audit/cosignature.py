"""Cosignatures: a witness says that a checkpoint is the newest of a consistent log, and when.

Source: C2SP tlog-cosignature, both kinds: Ed25519 (0x04) and ML-DSA-44 (0x06). Checking them is
`note.open_note`'s; this file makes them and joins them to a checkpoint. It never holds a private
key.
"""

from __future__ import annotations

import base64

from audit.errors import NoteError
from audit.mldsa import ML_DSA_44, cosigned_message
from audit.note import (
    COSIGNATURE_V1,
    KEY_BYTES,
    SIGNATURE_BYTES,
    Signer,
    Verifier,
    key_id,
    open_note,
)

MAX_TIME = 2**63 - 1


def format_cosigner_vkey(name: str, public_key: bytes, *, algorithm: int = COSIGNATURE_V1) -> str:
    """Return the verifier key of a cosigner: type 0x04, or 0x06 for an ML-DSA-44 key."""
    if len(public_key) != KEY_BYTES[algorithm]:
        raise NoteError(f"a public key of this kind has {KEY_BYTES[algorithm]} bytes")
    known = base64.b64encode(bytes([algorithm]) + public_key).decode()
    return f"{name}+{key_id(name, algorithm, public_key).hex()}+{known}"


def cosign(text: str, signer: Signer, *, at: int, algorithm: int = COSIGNATURE_V1) -> str:
    """Return the signature line by which `signer` vouches for a checkpoint's note text.

    text: the checkpoint with its last line feed, without signatures. at: Unix seconds.
    algorithm: of the signer's key, COSIGNATURE_V1 or ML_DSA_44.
    """
    if not 0 <= at <= MAX_TIME:
        raise NoteError("a cosignature's time is from 0 to 2^63 - 1")
    if algorithm == ML_DSA_44:
        message = cosigned_message(signer.name, text, at)
    else:
        message = b"cosignature/v1\ntime %d\n" % at + text.encode()
    signature = at.to_bytes(8, "big") + signer.sign(message)
    if len(signature) != SIGNATURE_BYTES[algorithm]:
        raise NoteError("a cosignature of another length")
    raw = key_id(signer.name, algorithm, signer.public_key) + signature
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
