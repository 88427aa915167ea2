"""Checkpoints: a log's name, size and root, signed as a note.

Source: C2SP tlog-checkpoint.

This file must not judge whether a root is right; it says only what was signed by whom.
"""

from __future__ import annotations

from audit.errors import NoteError
from audit.note import OpenedNote, Signer, Verifier, open_note, sign_note
from audit.tree_head import Checkpoint, format_checkpoint, parse_checkpoint

__all__ = [
    "Checkpoint",
    "format_checkpoint",
    "is_signed",
    "open_checkpoint",
    "parse_checkpoint",
    "sign_checkpoint",
]


def sign_checkpoint(checkpoint: Checkpoint, *signers: Signer) -> str:
    """Return `checkpoint` as a note signed by the log it names: one key, or new and old one."""
    if any(checkpoint.origin != signer.name for signer in signers):
        raise NoteError("a log signs checkpoints of its own origin only")
    return sign_note(format_checkpoint(checkpoint), *signers)


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """Return the checkpoint in `note` if `verifier`, the log's key, signed it.

    An earlier key of the verifier will do for a log no larger than it counts for.

    The origin must be the key's name: a key that signs for two logs would otherwise let one
    stand in for the other.
    """
    opened = open_note(note, [verifier])
    checkpoint = parse_checkpoint(opened.text)
    if not is_signed(opened, checkpoint, verifier):
        raise NoteError("signed by a key that was retired before the log had this size")
    if checkpoint.origin != verifier.name:
        raise NoteError("a checkpoint of another origin")
    return checkpoint


def is_signed(opened: OpenedNote, checkpoint: Checkpoint, verifier: Verifier) -> bool:
    """Whether a key of `verifier` that counts at the checkpoint's size signed the opened note."""
    allowed = verifier.counts_at(checkpoint.size)
    return any(
        signature.name == verifier.name and signature.key_id in allowed
        for signature in opened.signatures
    )
