"""Checkpoints: a log's name, size and root, signed as a note.

Source: C2SP tlog-checkpoint.

This file must not judge whether a root is right; it says only what was signed by whom.
"""

from __future__ import annotations

from audit.errors import NoteError
from audit.note import Signer, Verifier, open_note, sign_note
from audit.tree_head import Checkpoint, format_checkpoint, parse_checkpoint

__all__ = [
    "Checkpoint",
    "format_checkpoint",
    "open_checkpoint",
    "parse_checkpoint",
    "sign_checkpoint",
]


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> str:
    """Return `checkpoint` as a note signed by the log it names."""
    if checkpoint.origin != signer.name:
        raise NoteError("a log signs checkpoints of its own origin only")
    return sign_note(format_checkpoint(checkpoint), signer)


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """Return the checkpoint in `note` if `verifier`, the log's key, signed it.

    The origin must be the key's name: a key that signs for two logs would otherwise let one
    stand in for the other.
    """
    checkpoint = parse_checkpoint(open_note(note, [verifier]).text)
    if checkpoint.origin != verifier.name:
        raise NoteError("a checkpoint of another origin")
    return checkpoint
