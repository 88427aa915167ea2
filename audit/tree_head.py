"""What a checkpoint says, as text: a log's name, size and root.

Source: C2SP tlog-checkpoint ("Note text": origin, size, root hash, optional extension lines).

This file must not know of signatures: what stands here nobody has vouched for yet.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from audit.encoding import decode_base64
from audit.errors import NoteError
from audit.merkle import HASH_BYTES, MAX_SIZE


@dataclass(frozen=True)
class Checkpoint:
    """What a log promises: its first `size` entries have this root.

    extensions: lines after the root; we write none, and a reader ignores what they say.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """Return the note text of `checkpoint`."""
    if not 0 <= checkpoint.size <= MAX_SIZE:
        raise NoteError("a checkpoint's size is from 0 to 2^63 - 1")
    if len(checkpoint.root) != HASH_BYTES:
        raise NoteError("a checkpoint's root has 32 bytes")
    root = base64.b64encode(checkpoint.root).decode()
    lines = (checkpoint.origin, str(checkpoint.size), root, *checkpoint.extensions)
    if not all(lines) or any("\n" in line for line in lines):
        raise NoteError("a checkpoint's lines are not empty")
    return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that the note text says, or raise NoteError."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise NoteError("a checkpoint is an origin, a size and a root, a line each")
    origin, size_text, root_text, *extensions = lines[:-1]
    # 19 digits hold every size below 2^63, and no hostile text makes int() slow.
    if not (size_text.isascii() and size_text.isdigit() and len(size_text) <= 19):
        raise NoteError("a checkpoint's size is a decimal number")
    size = int(size_text)
    if str(size) != size_text or size > MAX_SIZE:
        raise NoteError("a checkpoint's size is from 0 to 2^63 - 1, without leading zeros")
    root = decode_base64(root_text)
    if len(root) != HASH_BYTES:
        raise NoteError("a checkpoint's root has 32 bytes")
    return Checkpoint(origin, size, root, tuple(extensions))
