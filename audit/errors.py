"""Everything that `audit` may raise: one base error, subclasses where a caller acts differently.

This file must not import anything of ours, and no message made here or elsewhere in `audit`
may carry the content of an entry: a person's data never travels in an exception.
"""

from __future__ import annotations

from datetime import date


class AuditError(Exception):
    """Anything that `audit` refuses or cannot do."""


class CanonicalError(AuditError):
    """Bytes or values outside our subset of RFC 8785."""


class NoteError(AuditError):
    """A signed note, a verifier key or a checkpoint that is malformed or not signed as required."""


class PolicyFileError(AuditError):
    """A witness policy's text is not one; the message names the line."""


class ProofError(AuditError):
    """A proof that is malformed or does not lead to the root it claims."""


class EntryError(AuditError):
    """Members that make no entry of the log, or bytes that the log would not have written."""


class ReceiptError(AuditError):
    """A receipt whose parts do not belong together, or which is none.

    step: the name of the step that failed (see docs/formats/receipt.md).
    """

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(reason)
        self.step = step


class BundleError(AuditError):
    """A bundle of evidence that does not show what it should.

    step: the name of the step that failed (see docs/formats/bundle.md). index: the number of the
    entry that it failed at, None where it is none in particular.
    """

    def __init__(self, step: str, index: int | None, reason: str) -> None:
        super().__init__(reason)
        self.step = step
        self.index = index


class TileError(AuditError):
    """A tile, an entry bundle or a path of one that the log would not have written."""


class StateError(AuditError):
    """A state that an earlier verification did not write, or not for this log."""


class TamperedError(AuditError):
    """A log that is not what its checkpoint promises.

    step: the name of the verifier's step that failed (see docs/verify.md).
    index: the number of the first bad entry; for a bad hash tile, the first entry under the bad
        hash; None where the evidence cannot tell.
    """

    def __init__(self, step: str, index: int | None, reason: str = "") -> None:
        where = "" if index is None else f" at entry {index}"
        super().__init__(f"{step} failed{where}" + (f": {reason}" if reason else ""))
        self.step = step
        self.index = index
        self.reason = reason


class WithdrawnError(AuditError):
    """An append refused because the log already holds one of the marks it must not hold."""


class DayTurnedError(AuditError):
    """An append refused because the log's day is not the one that a draft was made for.

    day: the log's day; draw the tags again for it.
    """

    def __init__(self, day: date) -> None:
        super().__init__(f"the log's day is {day.isoformat()}")
        self.day = day


class LogUnavailableError(AuditError):
    """A log or a source that cannot be read or written now: nothing is said about its truth."""


class MissingError(LogUnavailableError):
    """A source that answered, and says that it has no such file.

    Apart from LogUnavailableError because a verifier acts differently: a broken connection means
    that it could not run, a file that the checkpoint promises and the log denies is tampering.
    """


class PrunedError(MissingError):
    """Bodies that the log no longer keeps; their hashes, and so every proof, stay."""
