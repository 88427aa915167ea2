"""What a person keeps: part A, which can be shown, and part B, her secret trace key.

Pure: no I/O. Part A holds no NIK and no name. Part B's text is `audit.trace.format_trace_key`'s.
`audit.receipt.check_receipt` is how anybody, without Izin, sees that the key on paper is the one to
which the log committed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from audit.canonical import JsonInput
from audit.receipt import ProofText, format_proof_text
from consent.authorization_details import format_items
from consent.errors import ReceiptError
from consent.grants import GrantRecord, GrantState
from policies.ask import Item

VERSION: Final = 1


@dataclass(frozen=True)
class Receipt:
    """Part A.

    n: the grant's number. proof: the QR code's text. agent: the agent's number, if one helped.
    """

    origin: str
    n: int
    index: int
    programme: str
    purpose: str
    allowed: tuple[Item, ...]
    declined: tuple[Item, ...]
    given_at: datetime
    valid_until: date
    notice: str
    proof: str
    agent: str | None = None


def make_receipt(
    record: GrantRecord,
    *,
    origin: str,
    entry: bytes,
    proof: str,
    agencies: Iterable[str],
    agent: str | None = None,
) -> Receipt:
    """Return part A for a live grant.

    entry, proof: as the log gave them. agencies: all of the catalogue, as the grant's `traces`.
    """
    if record.state is not GrantState.LIVE or record.index is None or record.given_at is None:
        raise ReceiptError("only a live grant has a receipt")
    return Receipt(
        origin=origin,
        n=record.n,
        index=record.index,
        programme=record.programme,
        purpose=record.purpose,
        allowed=record.granted,
        declined=record.declined,
        given_at=record.given_at,
        valid_until=record.valid_until,
        notice=record.notice,
        proof=format_proof_text(ProofText(origin, record.n, entry, proof, tuple(agencies))),
        agent=agent,
    )


def receipt_members(receipt: Receipt) -> dict[str, JsonInput]:
    """Return part A as JSON members, for a download."""
    members: dict[str, JsonInput] = {
        "v": VERSION,
        "origin": receipt.origin,
        "n": receipt.n,
        "index": receipt.index,
        "programme": receipt.programme,
        "purpose": receipt.purpose,
        "allowed": format_items(receipt.allowed),
        "declined": format_items(receipt.declined),
        "given_on": receipt.given_at.date().isoformat(),
        "valid_until": receipt.valid_until.isoformat(),
        "notice": receipt.notice,
        "proof": receipt.proof,
    }
    if receipt.agent is not None:
        members["agent"] = receipt.agent
    return members
