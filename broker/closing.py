"""What a question brings when its person's trace key was replaced: proofs that the old one closed.

Parse and write; whether a proof holds is decided by the gateway. Nothing here shows in a repr: a
closed share still finds the accesses that were made under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from audit.canonical import Json
from broker.members import read_binary, read_list, read_object, read_text
from keys import base64url

MOST_CLOSINGS: Final = 3
"""How many a question has room for: an agency that missed more asks her to come by."""

ROOM_BYTES: Final = 5_000
"""How much of a question's 16,384 bytes they may take beside all else that it holds."""

_TEXT: Final = 16_384  # no member is longer than the payload


@dataclass(frozen=True, slots=True, repr=False)
class Closing:
    """A `trace.closed` entry with its proof, and the agency's share of the key that it closed.

    entry: the log's entry as text; proof: C2SP tlog-proof text; share: 32 bytes.
    """

    entry: str
    proof: str
    share: bytes


def closing_members(closings: Sequence[Closing]) -> list[Json]:
    """Return the question's member `closed`."""
    return [
        {"entry": each.entry, "proof": each.proof, "share": base64url.encode(each.share)}
        for each in closings
    ]


def fitting(closings: Sequence[Closing]) -> tuple[Closing, ...]:
    """Return the newest of `closings` that a question has room for, in their order.

    Each one's proof grows with the log and its witnesses. An agency that still has an older share
    pinned will refuse, which shows; a question that is too long would not leave at all.
    """
    kept: list[Closing] = []
    room = ROOM_BYTES
    for each in reversed(closings[-MOST_CLOSINGS:]):
        room -= len(each.entry) + len(each.proof)
        if room < 0:
            break
        kept.insert(0, each)
    return tuple(kept)


def read_closings(value: object) -> tuple[Closing, ...]:
    """Return what the member `closed` says, or raise MessageError."""
    return tuple(_read(each) for each in read_list(value, "closed", most=MOST_CLOSINGS))


def _read(value: object) -> Closing:
    members = read_object(value, {"entry", "proof", "share"}, "closed")
    return Closing(
        entry=read_text(members["entry"], "closed.entry", most=_TEXT),
        proof=read_text(members["proof"], "closed.proof", most=_TEXT),
        share=read_binary(members["share"], "closed.share", size=32),
    )
