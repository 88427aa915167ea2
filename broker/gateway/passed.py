"""What has been shown so far: one frozen value for each check, made by that check alone.

The numbers are those of `checks`. No rules here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from audit.checkpoint import Checkpoint
from audit.entry import Entry
from audit.merkle import leaf_hash
from broker.binding import Cb
from broker.question import QuestionPayload
from consent.parts import Part
from keys.sealing import PublicKey


@dataclass(frozen=True, slots=True)
class Read:
    """1: a question of the broker to this agency."""

    payload: QuestionPayload = field(repr=False)
    cb: Cb


@dataclass(frozen=True, slots=True)
class Fresh:
    """2: the question, signed a short while ago."""

    read: Read


@dataclass(frozen=True, slots=True)
class InLog:
    """An entry with the signed checkpoint that its proof leads to. note: the checkpoint's text."""

    entry: Entry = field(repr=False)
    index: int
    checkpoint: Checkpoint
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProvenClosing:
    """3: a closing that stands in a tree which the log signed. share: the old one, as it came."""

    shown: InLog
    share: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proven:
    """3: access, grant and closings as entries that a checkpoint of the log covers."""

    fresh: Fresh
    access: InLog
    grant: InLog
    closings: tuple[ProvenClosing, ...] = ()


@dataclass(frozen=True, slots=True)
class Anchored:
    """4: the proofs' checkpoints are consistent with all that this gateway knows."""

    proven: Proven


@dataclass(frozen=True, slots=True)
class LoggedQuestion:
    """5: the question is the one that was logged. q, tag: of its entry."""

    read: Read
    access: InLog
    grant: InLog
    closings: tuple[ProvenClosing, ...]
    q: bytes
    tag: bytes = field(repr=False)

    @property
    def leaf(self) -> bytes:
        """The leaf hash of the access's entry."""
        return leaf_hash(self.access.entry.raw)


@dataclass(frozen=True, slots=True)
class Bound:
    """6: this agency's part of the logged grant. w: what a withdrawal of it would carry."""

    question: LoggedQuestion
    part: Part = field(repr=False)
    challenge: bytes
    w: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """7: under the pin `before`, the person's own old key finds that `after` may follow."""

    before: bytes
    after: bytes
    index: int


@dataclass(frozen=True, slots=True)
class Traced:
    """7: the trace share that the grant commits to and that makes the entry's tag.

    closed: what may change the person's pin to it.
    """

    share: bytes = field(repr=False)
    closed: tuple[Closed, ...]


@dataclass(frozen=True, slots=True)
class Allowed:
    """8: every question asked is one that the person allowed."""

    part: Part = field(repr=False)


@dataclass(frozen=True, slots=True)
class Evident:
    """9: the grant's evidence, strong enough. credential: SHA-256 of a passkey's public key."""

    kind: str
    credential: bytes | None = None


@dataclass(frozen=True, slots=True)
class Vouched:
    """10: the programme's own key to seal the answer to."""

    answer_key: PublicKey


@dataclass(frozen=True, slots=True)
class Live:
    """11: no withdrawal of the grant was in the log when its lists were last read."""

    w: bytes


@dataclass(frozen=True, slots=True)
class Judged:
    """1 to 11, all that can be checked without a memory of people."""

    bound: Bound
    traced: Traced
    allowed: Allowed
    evident: Evident
    vouched: Vouched
    live: Live


@dataclass(frozen=True, slots=True)
class Entered:
    """12 to 15, committed. retry: the same question was answered before."""

    person: bytes = field(repr=False)
    retry: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """A question that passed every check: the only thing that is ever answered."""

    judged: Judged
    entered: Entered

    @property
    def question(self) -> LoggedQuestion:
        """The question as it was logged."""
        return self.judged.bound.question
