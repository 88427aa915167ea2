"""The log asks its witnesses, and hands out proofs under checkpoints that they cosigned.

Strict: an access leaves the broker only with a proof under a checkpoint that the quorum has
cosigned lately. One round serves everybody who waits: its checkpoint holds all their entries.
Readers of the log are shown a cosigned checkpoint too, renewed once a second at most. Without a
quorum (`quorum none`) a proof is against the log's own newest checkpoint.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx2
import structlog

from audit.checkpoint import Checkpoint
from audit.cosignature import join
from audit.errors import AuditError, LogUnavailableError, NoteError
from audit.log import Log, Logged
from audit.note import Verifier, open_note, parse_vkey
from audit.quorum import NONE, Witness, WitnessPolicy
from audit.witness import format_request
from broker.highwater import BehindError, HighWater

RENEW_SECONDS: Final = 240
"""A cosigned checkpoint is used again for so long; gateways take it for ten minutes."""

ROUND_SECONDS: Final = 5
ANSWER_LIMIT_BYTES: Final = 16_384

_log = structlog.get_logger()


@dataclass(frozen=True)
class Proven:
    """An entry of the log with a proof that gateways take, and the checkpoint it leads to."""

    logged: Logged
    checkpoint: Checkpoint


@dataclass(frozen=True)
class _Cosigned:
    checkpoint: Checkpoint
    note: str
    at: int


class Witnessing:
    """Keeps the newest cosigned checkpoint; any number of threads."""

    def __init__(
        self,
        policy: WitnessPolicy,
        log: Log,
        http: httpx2.Client,
        high_water: HighWater,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """policy: with the witnesses' submission prefixes. http: reaches them."""
        self.high_water = high_water
        self._policy = policy
        self._log = log
        self._http = http
        self._clock = clock
        self._own = parse_vkey(log.vkey)
        self._lock = threading.Lock()
        self._cosigned: _Cosigned | None = None
        self._sizes: dict[str, int] = {}
        self._tried_at = 0

    def prove(self, index: int) -> Proven:
        """Return the entry at `index` with a proof; raises LogUnavailableError without quorum."""
        if self._policy.quorum == NONE:
            checkpoint, note = self._log.newest()
        else:
            found = self._cosigned_with(index)
            checkpoint, note = found.checkpoint, found.note
        logged = self._log.prove(index, under=(checkpoint, note))
        self.high_water.rise(checkpoint, note)
        return Proven(logged, checkpoint)

    def shown(self) -> tuple[Checkpoint, str]:
        """Return the checkpoint for readers, and its note.

        With a quorum: a cosigned one, at most a second older than the log, or the last one that
        was cosigned while too few witnesses answer; the log's own if there never was one.
        """
        if self._policy.quorum == NONE:
            shown = self._log.newest()
        else:
            found = self._lately_cosigned()
            shown = self._log.newest() if found is None else (found.checkpoint, found.note)
        self.high_water.rise(*shown)
        return shown

    def check_not_behind(self) -> None:
        """Raise BehindError if a witness has cosigned a longer log than this one."""
        most = self.most_cosigned()
        if most > self._log.size:
            raise BehindError(
                f"the log holds {self._log.size} entries, but a witness has cosigned {most}: it is "
                "an older copy; put the newest one back, or, if the rest is lost for good, go on "
                'under a new origin: `izin audit new-origin`, and "After a restore" in '
                "docs/operation.md"
            )

    def most_cosigned(self) -> int:
        """Return the size of the largest log of this name that a witness says it cosigned.

        0 without a quorum, and of witnesses that do not answer.
        """
        if self._policy.quorum == NONE:
            return 0
        with self._lock, suppress(LogUnavailableError):
            self._cosigned = self._round(int(self._clock().timestamp()))
        return max(self._sizes.values(), default=0)

    def _lately_cosigned(self) -> _Cosigned | None:
        at = int(self._clock().timestamp())
        with self._lock:
            found = self._cosigned
            is_whole = found is not None and found.checkpoint.size == self._log.size
            is_lately = found is not None and found.at >= at - RENEW_SECONDS
            # Once a second at most: a crowd of readers must not become a crowd at the witnesses.
            if not (is_whole and is_lately) and at > self._tried_at:
                self._tried_at = at
                with suppress(LogUnavailableError):
                    found = self._cosigned = self._round(at)
            return found

    def _cosigned_with(self, index: int) -> _Cosigned:
        at = int(self._clock().timestamp())
        with self._lock:
            found = self._cosigned
            if found is None or found.checkpoint.size <= index or found.at < at - RENEW_SECONDS:
                found = self._cosigned = self._round(at)
            return found

    def _round(self, at: int) -> _Cosigned:
        """Ask every witness to cosign the log as it stands now."""
        checkpoint, note = self._log.newest()
        witnesses = list(self._policy.witnesses.items())
        with ThreadPoolExecutor(len(witnesses)) as pool:
            answers = pool.map(
                lambda named: self._ask(named[0], named[1], note, checkpoint.size), witnesses
            )
        for (_, witness), answer in zip(witnesses, answers, strict=True):
            if answer is not None:
                note = join(note, answer, witness.verifier)
        verifiers: tuple[Verifier, ...] = (self._own, *self._policy.verifiers)
        if not self._policy.is_met(open_note(note, verifiers).signatures, at=at):
            # Fail closed: without the quorum no gateway would answer, so nothing is sent at all.
            raise LogUnavailableError("too few witnesses have cosigned the log")
        return _Cosigned(checkpoint, note, at)

    def _ask(self, name: str, witness: Witness, note: str, size: int) -> str | None:
        """Return a witness's answer whose cosignature holds, or None."""
        for _ in range(2):
            old = self._sizes.get(name, 0)
            try:
                # An old size above ours is a witness that has seen a longer log than we have.
                proof = self._log.prove_growth(old, size) if 0 < old < size else []
                body = format_request(min(old, size), proof, note)
                response = self._http.post(
                    f"{witness.url.rstrip('/')}/add-checkpoint",
                    content=body,
                    timeout=ROUND_SECONDS,
                )
                if response.status_code == 409:
                    self._sizes[name] = int(response.text[:20])
                    if self._sizes[name] > size:
                        _log.error("witness.ahead", size=size, count=self._sizes[name])
                        return None
                    continue
                if response.status_code != 200 or len(response.content) > ANSWER_LIMIT_BYTES:
                    _log.error("witness.refused", status=response.status_code)
                    return None
                join(note, response.text, witness.verifier)
            except (httpx2.HTTPError, ValueError, NoteError, AuditError) as error:
                _log.warning("witness.unreachable", error=type(error).__name__)
                return None
            self._sizes[name] = size
            return response.text
        return None
