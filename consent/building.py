"""A new grant, computed: its parts, commitments and the challenge that evidence must be over.

Pure: no I/O; keys and ids come as arguments. It must not decide what may be granted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from audit.canonical import JsonInput
from audit.trace import gid as grant_gid
from audit.trace import given_commitment, share, share_commitment, withdrawn_commitment
from consent.authorization_details import format_details, granted_details
from consent.evidence import challenge
from consent.grants import GrantRecord, GrantState
from consent.parts import Part, part_digest, person_binding, sign_part
from keys.signing import SigningKey
from policies.ask import Request


@dataclass(frozen=True)
class Proposal:
    """A prepared grant. traces, challenge: what its entry will commit to; evidence is over it."""

    record: GrantRecord
    traces: tuple[str, ...] = field(repr=False)
    challenge: bytes = field(repr=False)


def build_grant(
    *,
    grant_id: str,
    nik: str,
    trace_key: bytes,
    person_id: str,
    client_id: str,
    request: Request,
    allowed: Collection[int],
    notice_digest: str,
    n: int,
    subject: str,
    key: SigningKey,
    lang: str = "id",
) -> GrantRecord:
    """Return the prepared record of the grant of the allowed items; without evidence yet."""
    gid = grant_gid(trace_key, n)
    granted = tuple(item for i, item in enumerate(request.items) if i in allowed)
    declined = tuple(item for i, item in enumerate(request.items) if i not in allowed)
    parts = {
        agency: sign_part(
            Part(
                programme=request.programme,
                agency=agency,
                subject=subject,
                purpose=request.purpose,
                questions=tuple(item for item in granted if item.agency == agency),
                valid_until=request.valid_until,
                frequency=request.frequency,
                retention_days=request.retention_days,
                sub=person_binding(gid, nik),
                notice=notice_digest,
            ),
            key,
        )
        for agency in sorted({item.agency for item in granted})
    }
    return GrantRecord(
        grant_id=grant_id,
        person_id=person_id,
        client_id=client_id,
        programme=request.programme,
        subject=subject,
        purpose=request.purpose,
        n=n,
        granted=granted,
        declined=declined,
        valid_until=request.valid_until,
        frequency=request.frequency,
        retention_days=request.retention_days,
        given_at=None,
        withdrawn_at=None,
        index=None,
        state=GrantState.PREPARED,
        parts=parts,
        evidence={},
        g=given_commitment(gid).hex(),
        w=withdrawn_commitment(gid).hex(),
        notice=notice_digest,
        lang=lang,
    )


def grant_challenge(record: GrantRecord, traces: Iterable[str]) -> bytes:
    """Return what the evidence of a prepared grant must be over."""
    return challenge(record.g, traces, [part_digest(part) for part in record.parts.values()])


def share_traces(gid: bytes, trace_key: bytes, agencies: Iterable[str]) -> tuple[str, ...]:
    """Return the `traces` member: what ties each agency's share to the grant, hex, sorted.

    agencies: all of the catalogue, so that the log does not tell which ones the grant names.
    """
    return tuple(
        sorted(share_commitment(gid, share(trace_key, each), each).hex() for each in agencies)
    )


def given_members(record: GrantRecord, traces: Iterable[str], over: bytes) -> dict[str, JsonInput]:
    """Return the members of `grant.given` that prove the grant."""
    return {"g": record.g, "traces": [*traces], "challenge": over.hex()}


def request_opening(client_id: str, request: Request) -> dict[str, JsonInput]:
    """Return what the digest of `grant.requested` commits to."""
    return {"client_id": client_id, "details": format_details(request)}


def given_opening(record: GrantRecord) -> dict[str, JsonInput]:
    """Return what the digest of `grant.given` commits to."""
    return {
        "grant_id": record.grant_id,
        "client_id": record.client_id,
        "n": record.n,
        "notice": record.notice,
        "granted": granted_details(record),
        "declined": [f"{item.agency}/{item.question}" for item in record.declined],
    }
