"""The largest checkpoint of a log that anybody is known to hold: what a new origin goes on from.

Asked are the high-water mark, the log itself, every agency's gateway (`/v1/seen`), the witnesses
for a size, and the operator for what auditors or others hold. Each counts with the log's signature
only. It must not write anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx2

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import NoteError
from audit.log import Log
from audit.note import MAX_NOTE_BYTES, Verifier
from audit.quorum import WitnessPolicy
from broker.errors import BrokerError
from broker.fetching import FetchError, fetch
from broker.highwater import HighWater
from broker.witnessing import Witnessing

_SECONDS: Final = 3.0


@dataclass(frozen=True)
class Promised:
    """A signed checkpoint. silent: the agencies that could not be asked."""

    checkpoint: Checkpoint
    note: str
    silent: tuple[str, ...] = ()


class PromiseError(BrokerError):
    """What was promised last is not known, or contradicts itself."""


def last_promised(
    verifier: Verifier,
    *,
    log: Log | None,
    mark: HighWater,
    given: Iterable[str],
    agencies: Mapping[str, str],
    witnesses: WitnessPolicy,
    http: httpx2.Client,
    clock: Callable[[], datetime],
) -> Promised:
    """Return the largest checkpoint that `verifier`, the log's key, signed.

    log: what is left of it. given: notes that the operator brings. agencies: their gateways' URLs.
    Raises PromiseError, naming what to bring.
    """
    notes = [_opened(note, verifier, "the checkpoint given") for note in given]
    marked = mark.promised()
    if marked is not None and marked[1] is not None:
        notes.append(_opened(marked[1], verifier, "the high-water mark"))
    if log is not None and log.size:
        notes.append(log.newest())
    silent = []
    for agency, url in agencies.items():
        note = _seen(http, url)
        if note is None:
            silent.append(agency)
        elif note:
            try:
                notes.append((open_checkpoint(note, verifier), note))
            except NoteError:
                silent.append(agency)  # of a log that this broker did not sign: no word of ours
    if not notes:
        raise PromiseError("no signed checkpoint of the log is known; give one with --checkpoint")
    best = max(notes, key=lambda each: each[0].size)
    if any(each[0].size == best[0].size and each[0].root != best[0].root for each in notes):
        raise PromiseError("the log signed two histories of one size; neither can be continued")
    most = 0 if marked is None else marked[0].size
    if log is not None:
        asking = Witnessing(witnesses, log, http, mark, clock=clock)
        most = max(most, asking.most_cosigned())
    if most > best[0].size:
        raise PromiseError(
            f"a log of {most} entries was promised, but the largest signed checkpoint at hand has "
            f"{best[0].size}; ask agencies, witnesses and auditors, and give it with --checkpoint"
        )
    return Promised(best[0], best[1], tuple(silent))


def _opened(note: str, verifier: Verifier, what: str) -> tuple[Checkpoint, str]:
    try:
        return open_checkpoint(note, verifier), note
    except NoteError as error:
        raise PromiseError(f"{what} is no checkpoint that this log signed: {error}") from error


def _seen(http: httpx2.Client, url: str) -> str | None:
    """Return the checkpoint that a gateway verified last, "" if it has none, None if silent."""
    try:
        answer = fetch(
            http,
            "GET",
            f"{url}/v1/seen",
            limit_bytes=MAX_NOTE_BYTES,
            deadline_seconds=_SECONDS,
        )
    except FetchError:
        return None
    if answer.status == 404:
        return ""
    return answer.body.decode("utf-8", errors="replace") if answer.status == 200 else None
