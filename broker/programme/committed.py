"""Whether what the broker says of an entry is true: it is in the log, and it is ours.

Pure. The log's key comes from the trust file.
"""

from __future__ import annotations

from audit.canonical import Json
from audit.entry import parse_entry
from audit.errors import AuditError
from audit.note import Verifier
from audit.proof import check_proof
from broker.programme.errors import IzinContradictionError


def check_committed(
    entry: str, proof: str, index: int, verifier: Verifier, *, kind: str, members: dict[str, Json]
) -> None:
    """Return if the log holds, at `index`, an entry of `kind` with these members at least."""
    raw = entry.encode("utf-8", "replace")
    try:
        proven, _ = check_proof(proof, raw, verifier)
        said = parse_entry(raw)
    except AuditError as error:
        raise IzinContradictionError(f"the entry is not proven: {error}") from error
    if proven != index:
        raise IzinContradictionError("the proof is of another entry")
    if said.kind != kind or any(said.members.get(name) != members[name] for name in members):
        raise IzinContradictionError("the entry says something else")
