"""Verifying a whole log, offline, with nothing but its files and its public key.

The numbered steps are those of docs/verify.md, which somebody can implement without this code.
`verify` walks the log once (`walk`) and stops at the first thing that is wrong; `blame` then
finds out who is to blame.

This file must not read anything itself (a LogSource is passed in) and must not believe anything
but what the checkpoint's signature covers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from audit.blame import blame
from audit.checkpoint import Checkpoint, is_signed, open_checkpoint, parse_checkpoint
from audit.errors import MissingError, NoteError, StateError, TamperedError
from audit.kept import Kept
from audit.note import GoodSignature, Verifier, open_note
from audit.outcomes import Overdue
from audit.pruned import Missing
from audit.rules import Ended
from audit.runs import Checker
from audit.steps import CHECKPOINT, FILES, OUTCOMES, SINCE, STEPS, TAGS, TILES, WITHDRAWN
from audit.walk import CHAIN_NUMBER, FaultsError, Progress, Walk

__all__ = ["STEPS", "TILES", "LogSource", "Opened", "Report", "open_newest", "verify"]

_BY_SOURCE = frozenset({SINCE, FILES, WITHDRAWN, TAGS})
"""Steps that depend on what there is to compare with; every other one is always taken."""


class LogSource(Protocol):
    """Where a log is read: a folder, a URL, a bundle."""

    def checkpoint(self) -> str:
        """Return the newest signed checkpoint."""

    def read(self, path: str) -> bytes:
        """Return a tile or an entry bundle; MissingError if the log has none there."""


@dataclass(frozen=True)
class Opened:
    """A checkpoint that passed step 1. note: as signed. signatures: of the keys asked for."""

    checkpoint: Checkpoint
    note: str
    signatures: tuple[GoodSignature, ...]


@dataclass(frozen=True)
class Report:
    """A log that passed.

    size: entries. steps: names of the steps taken. kinds: entries of each. began, newest: the
    hours of the first and the last entry seen, as text, None where there is none. overdue: accesses
    without an outcome, no fault (see docs/adr/what-outcomes-prove.md). ended:
    withdrawals and expiries, for step 13. kept: for `verify` to go on from, if asked for.
    missing: the bodies that a pruned log no longer has, and where it said so.
    """

    size: int
    steps: tuple[str, ...]
    kinds: Mapping[str, int]
    checkpoint: Checkpoint
    began: str | None = None
    newest: str | None = None
    overdue: tuple[Overdue, ...] = ()
    ended: tuple[Ended, ...] = ()
    kept: Kept | None = None
    missing: Missing = field(default_factory=Missing)

    def with_step(self, step: str) -> Report:
        """Return the report with one more step taken."""
        return replace(self, steps=tuple(each for each in STEPS if each in (*self.steps, step)))


def open_newest(
    source: LogSource, verifier: Verifier, witnesses: Sequence[Verifier] = ()
) -> Opened:
    """Step 1, checkpoint: return the newest one, signed by the log and by every witness.

    Raises TamperedError, and LogUnavailableError if nothing can be said.
    """
    try:
        note = source.checkpoint()
        opened = open_note(note, (verifier, *witnesses))
        checkpoint = parse_checkpoint(opened.text)
    except (NoteError, UnicodeDecodeError) as exc:
        raise TamperedError(CHECKPOINT, None, str(exc)) from exc
    except MissingError as exc:
        raise TamperedError(CHECKPOINT, None, "there is no checkpoint") from exc
    signed = {(signature.name, signature.key_id) for signature in opened.signatures}
    if not is_signed(opened, checkpoint, verifier):
        raise TamperedError(CHECKPOINT, None, f"not signed by {verifier.name}")
    for key in witnesses:
        if (key.name, key.key_id) not in signed:
            raise TamperedError(CHECKPOINT, None, f"not signed by {key.name}")
    if checkpoint.origin != verifier.name:
        raise TamperedError(CHECKPOINT, None, "a checkpoint of another origin")
    return Opened(checkpoint, note, opened.signatures)


def verify(
    source: LogSource,
    verifier: Verifier,
    *,
    witnesses: Sequence[Verifier] = (),
    since: Checkpoint | None = None,
    kept: Kept | None = None,
    opened: Opened | None = None,
    checker: Checker | None = None,
    progress: Progress = lambda _: None,
    keep: bool = False,
) -> Report:
    """Return a report on the log in `source`, or raise TamperedError.

    verifier: the log's public key, obtained elsewhere. witnesses: keys that must each have
    cosigned the checkpoint. since: a checkpoint of this log that the caller kept from earlier,
    already opened; without it a rollback to an older, once true state cannot be seen. kept: what
    an earlier report kept; entries up to there are not read again. opened: the checkpoint to
    verify, if step 1 was taken before. checker: checks runs of bundles, here if absent. progress:
    told after each run how many entries it had. keep: whether the report is to hold `kept`.

    The error names the step and the first bad entry. LogUnavailableError means that nothing could
    be said, StateError that `kept` is not of this log.
    """
    if opened is None:
        opened = open_newest(source, verifier, witnesses)
    checkpoint = opened.checkpoint
    older = [] if since is None else [since]
    if kept is not None:
        kept.check()
        try:
            older.append(open_checkpoint(kept.note, verifier))
        except NoteError as exc:
            raise StateError("a state of another log") from exc
    for old in older:
        _check_older(old, checkpoint)
    walk = Walk(source.read, checkpoint, older, kept, checker, progress)
    try:
        walk.run(opened.note if keep else None)
    except FaultsError as exc:
        fault = blame(source.read, checkpoint, min(exc.faults))
        if kept is not None and fault.entry == kept.edge.size and fault.number == CHAIN_NUMBER:
            walk.check_past()  # the entry may be good, and what it names be rewritten
        raise fault.error() from None
    reader = walk.reader
    not_taken = _BY_SOURCE - ({SINCE} if older else set())
    if reader.rules.agency:
        not_taken |= {OUTCOMES}
    return Report(
        size=checkpoint.size,
        steps=tuple(step for step in STEPS if step not in not_taken),
        kinds=dict(sorted(reader.kinds.items())),
        checkpoint=checkpoint,
        began=reader.began,
        newest=reader.at,
        overdue=reader.rules.accounts.overdue(reader.at) if reader.at else (),
        ended=tuple(reader.rules.ended),
        kept=walk.kept,
        missing=reader.rules.missing,
    )


def _check_older(since: Checkpoint, checkpoint: Checkpoint) -> None:
    """The part of step 9 that needs no entries."""
    if since.origin != checkpoint.origin:
        raise TamperedError(SINCE, None, "the older checkpoint is of another origin")
    if since.size > checkpoint.size:
        # A rollback: the first entry that was promised and is gone.
        raise TamperedError(SINCE, checkpoint.size, "entries that were promised are gone")
