"""A log that goes on for another: entry 0 commits to the last checkpoint of the log before it.

A log that lost entries which others hold proofs of cannot go on under its name: that would be a
second history. It goes on under a new one, and its first entry, `log.continued`, says from where:
origin, size and root of the old log, and the old log's own signature over them. So whoever holds
the new log and the old key needs nothing else to know what was promised before.

Pure: what is read comes in. It must not judge which checkpoint was the last one: that shows only
to whoever holds a larger one (`following`).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace

from audit.canonical import JsonInput
from audit.checkpoint import Checkpoint, format_checkpoint, open_checkpoint
from audit.entry import Draft, Entry, draft, parse_entry
from audit.errors import EntryError, NoteError, ProofError, TamperedError
from audit.merkle import check_inclusion, leaf_hash, prove_inclusion
from audit.note import Verifier, open_note
from audit.steps import ENTRIES
from audit.tiles import Fetch, TileNodes, read_entry

CONTINUED = "log.continued"
_DASH = "\N{EM DASH} "


@dataclass(frozen=True)
class Continued:
    """From where a log goes on. checkpoint: the old log's. signature: key id (4), Ed25519 (64)."""

    checkpoint: Checkpoint
    signature: bytes

    @property
    def note(self) -> str:
        """The old checkpoint as the old log signed it."""
        text = format_checkpoint(self.checkpoint)
        signature = base64.b64encode(self.signature).decode()
        return f"{text}\n{_DASH}{self.checkpoint.origin} {signature}\n"

    def check(self, verifier: Verifier) -> None:
        """Raise NoteError unless `verifier`, the old log's key, signed the old checkpoint."""
        open_checkpoint(self.note, verifier)


@dataclass(frozen=True)
class Link:
    """One step back. checkpoint: of the old log, from which the newer one goes on.

    signed: whether its signature was checked. held: how many entries the copy of the old log has,
    all verified; None without a copy.
    """

    checkpoint: Checkpoint
    signed: bool
    held: int | None = None

    @property
    def lost(self) -> tuple[int, int] | None:
        """The first and the last entry that the copy lacks."""
        if self.held is None or self.held >= self.checkpoint.size:
            return None
        return self.held, self.checkpoint.size - 1


def continue_from(note: str, verifier: Verifier) -> Draft:
    """Return the draft of entry 0 of a log that goes on from the checkpoint in `note`.

    verifier: the old log's key. Raises NoteError where it did not sign, EntryError where nothing
    was promised.
    """
    checkpoint = open_checkpoint(note, verifier)
    three_lines = replace(checkpoint, extensions=())
    ids = {each.key_id for each in open_note(note, [verifier]).signatures}
    for line in note.rpartition("\n\n")[2].splitlines():
        name, _, encoded = line.removeprefix(_DASH).rpartition(" ")
        raw = base64.b64decode(encoded)
        if name != verifier.name or raw[:4] not in ids:
            continue
        try:
            # The entry keeps three lines: one with more could not be put together again.
            Continued(three_lines, raw).check(verifier)
        except NoteError:
            continue
        members: dict[str, JsonInput] = {
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "signature": raw.hex(),
        }
        return draft(CONTINUED, members)
    raise NoteError("a checkpoint whose signature covers more than origin, size and root")


def continued_in(entry: Entry) -> Continued | None:
    """Return from where a log goes on whose entry 0 is `entry`; None if it begins itself."""
    if entry.kind != CONTINUED:
        return None
    said = entry.members
    return Continued(
        Checkpoint(str(said["origin"]), int(str(said["size"])), bytes.fromhex(str(said["root"]))),
        bytes.fromhex(str(said["signature"])),
    )


def read_continued(fetch: Fetch, checkpoint: Checkpoint) -> Continued | None:
    """Return from where the log goes on, proven against `checkpoint`; None if it begins itself.

    Raises TamperedError where what is read is not what was signed.
    """
    if not checkpoint.size:
        return None
    try:
        raw = read_entry(fetch, checkpoint.size, 0)
        if not raw:  # pruned; what says from where a log goes on never is
            return None
        path = prove_inclusion(0, checkpoint.size, TileNodes(fetch, checkpoint.size))
        check_inclusion(path, 0, checkpoint.size, leaf_hash(raw), checkpoint.root)
        return continued_in(parse_entry(raw))
    except (ProofError, EntryError) as error:
        raise TamperedError(ENTRIES, 0, str(error)) from error


def check_place(kind: str, index: int) -> None:
    """Raise EntryError where an entry of `kind` may not stand at `index`."""
    if kind == CONTINUED and index:
        raise EntryError("a log says what it continues in entry 0, or never")
