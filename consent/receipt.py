"""What a person keeps: part A, which can be shown, and part B, her secret trace key.

Pure: no I/O. Part A holds no NIK and no name. Part B's text is `audit.trace.format_trace_key`'s.
`check_receipt` is how anybody, without Izin, sees that the key on paper is the one to which the
log committed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from audit.canonical import JsonInput
from audit.entry import parse_entry
from audit.errors import AuditError, EntryError
from audit.note import Verifier
from audit.proof import check_proof
from audit.trace import IZIN, find, given_commitment, share, share_commitment
from audit.trace import gid as grant_gid
from consent.authorization_details import format_items
from consent.errors import ReceiptError
from consent.grants import GrantRecord, GrantState
from policies.ask import Item

VERSION: Final = 1
# An origin has no colon, so the first line splits at them.
_FIRST_LINE = re.compile(r"izin-receipt:1:([a-z0-9_./-]{1,128}):([1-9][0-9]{0,8})", re.ASCII)


@dataclass(frozen=True)
class ProofText:
    """What part A's QR code holds: which grant of which log, its entry and the entry's proof."""

    origin: str
    n: int
    entry: bytes
    proof: str


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
    record: GrantRecord, *, origin: str, entry: bytes, proof: str, agent: str | None = None
) -> Receipt:
    """Return part A for a live grant. entry, proof: as the log gave them."""
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
        proof=format_proof_text(ProofText(origin, record.n, entry, proof)),
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


def format_proof_text(text: ProofText) -> str:
    """Return the text of part A's QR code."""
    formatted = f"izin-receipt:1:{text.origin}:{text.n}\n{text.entry.decode('utf-8')}\n{text.proof}"
    if parse_proof_text(formatted) != text:
        raise ReceiptError("a receipt cannot hold these values")
    return formatted


def parse_proof_text(text: str) -> ProofText:
    """Return what the text of part A's QR code says; nothing in it is checked yet."""
    first, _, rest = text.partition("\n")
    # An entry is canonical JSON: no line break inside.
    entry, gap, proof = rest.partition("\n")
    match = _FIRST_LINE.fullmatch(first)
    if match is None or not gap or not entry or not proof:
        raise ReceiptError("not a receipt's text")
    try:
        return ProofText(match[1], int(match[2]), entry.encode("utf-8"), proof)
    except UnicodeEncodeError:
        raise ReceiptError("not a receipt's text") from None


def check_receipt(
    text: str, trace_key: bytes, verifier: Verifier, *, agencies: Collection[str]
) -> int:
    """Return the index of the grant's entry once part A and part B are shown to belong together.

    1. The entry stands in the log (proof, checkpoint, signature). 2. It gives a grant whose `g`
    follows from the key and `n`. 3. Its `traces` commit to the key's share for each agency.
    4. Its tag is one that the key finds. Raises ReceiptError.
    """
    said = parse_proof_text(text)
    if said.origin != verifier.name:
        raise ReceiptError("the receipt is of another log")
    try:
        index, _ = check_proof(said.proof, said.entry, verifier)  # 1
        entry = parse_entry(said.entry)
        gid = grant_gid(trace_key, said.n)
        traces = sorted(
            share_commitment(gid, share(trace_key, each), each).hex() for each in agencies
        )
        found = find([said.entry], trace_key, agencies)
    except EntryError as error:
        raise ReceiptError("the receipt's entry is not one that a log holds") from error
    except AuditError as error:
        raise ReceiptError("the receipt's proof does not hold") from error
    if entry.kind != "grant.given":
        raise ReceiptError("the receipt's entry gives no grant")
    if entry.members["g"] != given_commitment(gid).hex():  # 2
        raise ReceiptError("the entry is not about a grant of this trace key and number")
    if entry.members["traces"] != traces:  # 3
        raise ReceiptError("the entry commits to other shares than this trace key's")
    if [each.agency for each in found] != [IZIN]:  # 4
        raise ReceiptError("the entry's tag is not one of this trace key's")
    return index
