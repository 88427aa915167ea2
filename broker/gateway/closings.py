"""Proven closings of trace keys: what allows a pin to change, as parts of steps 3 and 7.

A closing is a `trace.closed` entry of the broker's log for this agency. Its tag is one of the old
share's, so that her old key finds it; it names the SHA-256 of the one share that may follow, so
that the entry she sees frees the pin for that share and for no other (step 13, `pins`). Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audit.trace import TAGS_A_DAY, share_pin, tag
from broker.closing import Closing
from broker.gateway.errors import GatewayRefusal
from broker.gateway.passed import Closed, InLog, ProvenClosing


def prove_closings(
    closings: Sequence[Closing], prove: Callable[[str, str], InLog]
) -> tuple[ProvenClosing, ...]:
    """Step 3: each closing's entry is in the log. prove: checks an entry's text and proof."""
    return tuple(ProvenClosing(prove(each.entry, each.proof), each.share) for each in closings)


def check_closings(
    closings: Sequence[ProvenClosing], *, agency: str, before: int
) -> tuple[Closed, ...]:
    """Step 7: each closes a share of this agency, to be found with the key that it closes.

    before: the index of the grant's entry. She gave the grant under the new key, so the old one
    was closed by then. Raises GatewayRefusal: trace_changed.
    """
    return tuple(_closed(each, agency, before) for each in closings)


def _closed(closing: ProvenClosing, agency: str, before: int) -> Closed:
    entry, said = closing.shown.entry, closing.shown.entry.members
    day = entry.at.date()
    holds = (
        entry.kind == "trace.closed"
        and said["agency"] == agency
        # Else the broker could close under a share of its own, and her key would find nothing.
        and bytes.fromhex(str(said["tag"]))
        in [tag(closing.share, day, k) for k in range(TAGS_A_DAY)]
        and closing.shown.index < before
    )
    if not holds:
        raise GatewayRefusal("trace_changed")
    return Closed(share_pin(closing.share), bytes.fromhex(str(said["share"])), closing.shown.index)
