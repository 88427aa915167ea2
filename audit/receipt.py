"""The text of a receipt's part A, and whether it and part B belong together.

Part A can be shown to anybody: which grant of which log, the log's entry of it, and the entry's
proof. Part B is the secret trace key (`audit.trace.format_trace_key`). Whoever holds both sees,
without Izin and without a network, whether the key on paper is the one to which the log committed.

This file must not read anything itself; it gets texts, and keys that were parsed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from audit.checkpoint import Checkpoint
from audit.entry import Entry, is_id, parse_entry
from audit.errors import AuditError, EntryError, ProofError, ReceiptError
from audit.note import Verifier
from audit.proof import check_proof
from audit.trace import IZIN, find, given_commitment, share, share_commitment
from audit.trace import gid as grant_gid

TEXT, LOG, PROOF, GRANT, NUMBER, SHARES, TAG = STEPS = (
    "text",
    "log",
    "proof",
    "grant",
    "number",
    "shares",
    "tag",
)
"""The steps' names, in the order of their numbers (docs/formats/receipt.md)."""

# An origin has no colon, so the first line splits at them.
_FIRST_LINE: Final = re.compile(
    r"izin-receipt:([12]):([a-z0-9_./-]{1,128}):([1-9][0-9]{0,8})(?::([a-z0-9_.,-]{1,2000}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class ProofText:
    """What part A's text says.

    n: the grant's number. entry: the log's `grant.given`. proof: C2SP tlog-proof.
    agencies: those of the catalogue when the grant was given, in the catalogue's order; empty in
    a text of version 1, which did not name them.
    """

    origin: str
    n: int
    entry: bytes
    proof: str
    agencies: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckedReceipt:
    """A receipt whose two parts belong together. index: of its entry, in `checkpoint`'s log."""

    n: int
    index: int
    entry: Entry
    checkpoint: Checkpoint
    agencies: tuple[str, ...]


def format_proof_text(text: ProofText) -> str:
    """Return the text of part A's QR code, or raise ReceiptError."""
    head = f"izin-receipt:1:{text.origin}:{text.n}"
    if text.agencies:
        head = f"izin-receipt:2:{text.origin}:{text.n}:{','.join(text.agencies)}"
    formatted = f"{head}\n{text.entry.decode('utf-8')}\n{text.proof}"
    if parse_proof_text(formatted) != text:
        raise ReceiptError(TEXT, "a receipt cannot hold these values")
    return formatted


def parse_proof_text(text: str) -> ProofText:
    """Return what the text of part A says, or raise ReceiptError; nothing in it is checked yet."""
    first, _, rest = text.partition("\n")
    # An entry is canonical JSON: no line break inside.
    entry, gap, proof = rest.partition("\n")
    match = _FIRST_LINE.fullmatch(first)
    if match is None or not gap or not entry or not proof:
        raise ReceiptError(TEXT, "not a receipt's text")
    agencies = tuple(match[4].split(",")) if match[4] else ()
    if (match[1] == "2") != bool(agencies):
        raise ReceiptError(TEXT, "not a receipt's text")
    if not all(map(is_id, agencies)) or len(set(agencies)) != len(agencies):
        raise ReceiptError(TEXT, "the receipt's agencies are not ids, each once")
    try:
        return ProofText(match[2], int(match[3]), entry.encode("utf-8"), proof, agencies)
    except UnicodeEncodeError:
        raise ReceiptError(TEXT, "not a receipt's text") from None


def check_receipt(
    text: str,
    trace_key: bytes,
    verifier: Verifier,
    *,
    agencies: Collection[str] = (),
    key_origin: str | None = None,
) -> CheckedReceipt:
    """Return what the receipt says once part A and part B are shown to belong together.

    agencies: further names of agencies, for a text that does not say them. That the names in the
    text are nobody's promise does no harm: a share that is not the key's is explained by no name.
    key_origin: the log that part B names, if it names one.

    1. The text is a receipt's. 2. It, part B and the verifier are of one log. 3. The entry stands
    in that log (proof, checkpoint, signature). 4. It gives a grant. 5. Its `g` follows from the
    key and `n`. 6. Its `traces` are the key's shares for these agencies, each of them and no
    other. 7. Its tag is one that the key finds. Raises ReceiptError with the step's name.
    """
    said = parse_proof_text(text)  # 1
    if said.origin != verifier.name:  # 2
        raise ReceiptError(LOG, "the receipt is of another log")
    if key_origin is not None and key_origin != said.origin:
        raise ReceiptError(LOG, "the trace key is for another log")
    try:
        index, checkpoint = check_proof(said.proof, said.entry, verifier)  # 3
        entry = parse_entry(said.entry)
    except EntryError as error:
        raise ReceiptError(PROOF, "the receipt's entry is not one that a log holds") from error
    except ProofError as error:
        raise ReceiptError(PROOF, f"the receipt's proof does not hold: {error}") from error
    except AuditError as error:
        raise ReceiptError(PROOF, "the receipt's proof does not hold") from error
    if entry.kind != "grant.given":  # 4
        raise ReceiptError(GRANT, "the receipt's entry gives no grant")
    gid = grant_gid(trace_key, said.n)
    if entry.members["g"] != given_commitment(gid).hex():  # 5
        reason = "the entry is not about a grant of this trace key and number"
        raise ReceiptError(NUMBER, reason)
    names = tuple(dict.fromkeys((*said.agencies, *agencies)))
    _check_shares(entry, gid, trace_key, names)  # 6
    found = find([said.entry], trace_key, names)
    if [each.agency for each in found] != [IZIN]:  # 7
        raise ReceiptError(TAG, "the entry's tag is not one of this trace key's")
    return CheckedReceipt(said.n, index, entry, checkpoint, names)


def _check_shares(entry: Entry, gid: bytes, trace_key: bytes, agencies: Sequence[str]) -> None:
    traces = entry.members["traces"]
    own = {share_commitment(gid, share(trace_key, each), each).hex() for each in agencies}
    if traces == sorted(own):
        return
    if not agencies:
        reason = "the receipt does not say which agencies it is for: name each of them"
        raise ReceiptError(SHARES, reason)
    reason = "the entry commits to other shares than this trace key's"
    raise ReceiptError(SHARES, reason)
