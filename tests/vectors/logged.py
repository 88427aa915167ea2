"""The log of the vectors: entries of a grant and an access, checkpoints and proofs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from audit import trace
from audit.canonical import JsonInput
from audit.chain import GENESIS_PREV
from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.entry import draft, format_entry, salted_digest
from audit.merkle import Nodes, leaf_hash, prove_consistency, prove_inclusion
from audit.proof import InclusionProof, format_proof
from broker.question import q_digest
from keys import base64url
from tests.audit.memory_log import naive_root
from tests.vectors import fixed

SALT = b"\x31" * 32
QUESTION_ID = base64url.encode(b"question-id-0001")
REQUEST_ID = "request-0123456789"
OPENING: dict[str, JsonInput] = {"grant_id": "A" * 22, "question_id": QUESTION_ID}
Q = q_digest(
    SALT,
    question_id=QUESTION_ID,
    gid=fixed.GID,
    request_id=REQUEST_ID,
    subject=fixed.SUBJECT,
    programme=fixed.PROGRAMME,
    agency=fixed.AGENCY,
    purpose=fixed.PURPOSE,
    questions=fixed.QUESTIONS[fixed.AGENCY],
)
GIVEN, SENT, ANSWERED = 1, 2, 3  # indexes below


def _tag(agency: str, k: int) -> str:
    return trace.tag(fixed.SHARES[agency], fixed.DAY, k).hex()


def _members() -> list[tuple[str, dict[str, JsonInput]]]:
    about: dict[str, JsonInput] = {"programme": fixed.PROGRAMME, "purpose": fixed.PURPOSE}
    asked = [each.question for each in fixed.QUESTIONS[fixed.AGENCY]]
    digest = salted_digest(SALT, OPENING)
    access = {**about, "agency": fixed.AGENCY, "questions": asked, "digest": digest}
    return [
        ("grant.requested", {**about, "tag": _tag(trace.IZIN, 0), "digest": digest}),
        (
            "grant.given",
            {
                **about,
                "tag": _tag(trace.IZIN, 1),
                "g": fixed.G,
                "traces": [*fixed.TRACES],
                "challenge": fixed.CHALLENGE.hex(),
                "digest": digest,
            },
        ),
        ("access.sent", {**access, "tag": _tag(fixed.AGENCY, 0), "q": Q.hex()}),
        ("access.answered", {**access, "tag": _tag(trace.IZIN, 2), "outcome": "answered"}),
        (
            "access.refused",
            {**access, "tag": _tag(trace.IZIN, 3), "reasons": ["frequency"], "count": 3},
        ),
        (
            "grant.withdrawn",
            {
                **about,
                "tag": _tag(trace.IZIN, 4),
                "w": trace.withdrawn_commitment(fixed.GID).hex(),
            },
        ),
        (
            "decision.made",
            {
                "programme": fixed.PROGRAMME,
                "tag": _tag(trace.IZIN, 5),
                "formula": "ab" * 32,
                "digest": digest,
            },
        ),
    ]


def _entries() -> list[bytes]:
    made: list[bytes] = []
    prev = GENESIS_PREV
    for number, (kind, members) in enumerate(_members()):
        at = fixed.AT + timedelta(minutes=20 * number)
        made.append(format_entry(draft(kind, members), at, prev))
        prev = leaf_hash(made[-1])
    return made


ENTRIES = _entries()
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def nodes(leaves: Sequence[bytes]) -> Nodes:
    """Return what reads inner nodes of the tree over `leaves`, each computed afresh."""

    def read(wanted: Sequence[tuple[int, int]]) -> list[bytes]:
        return [naive_root(leaves[n << level : (n + 1) << level]) for level, n in wanted]

    return read


def checkpoint(size: int) -> Checkpoint:
    """Return the log's checkpoint over its first entries."""
    return Checkpoint(fixed.ORIGIN, size, naive_root(LEAVES[:size]))


def note(size: int) -> str:
    """Return the signed checkpoint."""
    return sign_checkpoint(checkpoint(size), fixed.LOG_SIGNER)


def proof(index: int, size: int) -> str:
    """Return the tlog-proof of an entry against the checkpoint of a size."""
    path = prove_inclusion(index, size, nodes(LEAVES))
    return format_proof(InclusionProof(index, tuple(path), note(size)))


def consistency(old: int, new: int) -> list[bytes]:
    """Return the RFC 6962 proof that one tree begins with the other."""
    return prove_consistency(old, new, nodes(LEAVES))
