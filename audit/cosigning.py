"""The log's own ML-DSA-44 cosignature on the checkpoint that it serves, at most once a second.

An ML-DSA signature costs thirty times an Ed25519 one and is longer than most proofs, so neither
appending nor proving waits for it: only the checkpoint over HTTP carries it, for evidence that is
to last. Within the second a slightly older checkpoint is served again rather than a newer one
without the cosignature: to a reader who asks for both keys the latter would look tampered with.

This file must not hold a private key: a `Signer` is passed in.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from audit.cosignature import cosign, format_cosigner_vkey
from audit.log import Log
from audit.mldsa import ML_DSA_44
from audit.note import Signer
from audit.tree_head import Checkpoint, format_checkpoint

INTERVAL_SECONDS = 1.0


@dataclass(frozen=True)
class _Kept:
    source: str  # the note without the cosignature
    note: str
    signed_at: float  # of the monotonic clock


class Cosigning:
    """Serves the newest checkpoint with both signatures; any number of threads."""

    def __init__(
        self,
        log: Log,
        signer: Signer,
        *,
        newest: Callable[[], tuple[Checkpoint, str]] | None = None,
        interval_seconds: float = INTERVAL_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """signer: an ML-DSA-44 key under the log's own name.

        newest: returns the checkpoint to cosign and its note; by default the log's newest.
        """
        self._newest = newest or log.newest
        self._log = log
        self._signer = signer
        self._interval = interval_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: _Kept | None = None

    @property
    def vkey(self) -> str:
        """The verifier key that checks the cosignature."""
        name, key = self._signer.name, self._signer.public_key
        return format_cosigner_vkey(name, key, algorithm=ML_DSA_44)

    def checkpoint(self) -> str:
        """Return the note of a checkpoint that was the newest at most a second ago."""
        with self._lock:
            kept, now = self._kept, self._monotonic()
            if kept is not None and now - kept.signed_at < self._interval:
                return kept.note
            checkpoint, note = self._newest()
            if kept is None or kept.source != note:
                at = int(self._log.clock().timestamp())
                text = format_checkpoint(checkpoint)
                line = cosign(text, self._signer, at=at, algorithm=ML_DSA_44)
                kept = self._kept = _Kept(note, note + line, now)
            return kept.note
