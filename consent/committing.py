"""The challenge of a grant: what its evidence is over, and what the log's entry commits to. Pure.

Apart from `consent.evidence`, so that a receipt is checked without what checks passkeys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from audit.canonical import Json, encode
from audit.errors import AuditError
from consent.errors import EvidenceError


def challenge(g: str, traces: Iterable[str], part_digests: Iterable[str]) -> bytes:
    """Return what the evidence is over.

    All hex, as the log's entry carries them: `g`, the `traces` of every agency, and the digests
    of all parts (each agency gets its own part and the others' digests).
    """
    body: dict[str, Json] = {
        "g": g,
        "traces": [*sorted(traces)],
        "parts": [*sorted(part_digests)],
    }
    try:
        return hashlib.sha256(b"izin/v1/consent/" + encode(body)).digest()
    except AuditError as error:
        raise EvidenceError("the challenge cannot be computed of these values") from error
