"""Whether a receipt's status is genuine, of this receipt, and proven where it has ended. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from audit.canonical import parse
from audit.checkpoint import open_checkpoint
from audit.entry import parse_entry
from audit.errors import AuditError
from audit.note import Verifier
from audit.proof import check_proof
from consent.errors import DigitalReceiptError
from consent.receipt_check import CheckedDigitalReceipt
from keys.errors import KeysError
from keys.jws import verify_compact
from keys.signing import VerifyKey

STATUS: Final = "status"
STATUS_TYP: Final = "consent-receipt-status+jws"
_MEMBERS: Final = {"v", "receipt", "grant", "state", "at", "valid_until", "checkpoint"}
_KINDS: Final = {
    "expired": "grant.expired",
    "replaced": "grant.withdrawn",
    "withdrawn": "grant.withdrawn",
}
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)


@dataclass(frozen=True)
class CheckedStatus:
    """What was true at `at`, and in a log of how many entries. state: as in the receipt."""

    state: str
    at: str
    size: int


def check_status(text: str, receipt: CheckedDigitalReceipt, verifier: Verifier) -> CheckedStatus:
    """Return what a status says of a receipt that holds; raises DigitalReceiptError.

    It must be signed by the receipt's key, name this receipt and grant, and carry the log's own
    checkpoint; "ended" also needs the log's entry, but for a grant whose last day is just over.
    """
    document = receipt.document
    try:
        key = VerifyKey.from_jwk(document["izin:key"])
        _, payload = verify_compact(text, key, typ=STATUS_TYP)
        said = parse(payload)
        size = open_checkpoint(str(said.get("checkpoint")), verifier).size
    except (KeysError, AuditError) as error:
        raise DigitalReceiptError(STATUS, "the status is not signed as it must be") from error
    state, at = str(said.get("state")), str(said.get("at"))
    right = (
        said.keys() - {"entry", "proof"} == _MEMBERS
        and said["v"] == 1
        and said["receipt"] == document["dct:identifier"]
        and said["grant"] == document["dpv:hasRecordOfActivity"]["dct:identifier"]
        and said["valid_until"] == receipt.valid_until.isoformat()
        and _MOMENT.fullmatch(at) is not None
        and at >= receipt.created
        and size >= receipt.size
    )
    if not right:
        raise DigitalReceiptError(STATUS, "the status is of another receipt")
    if "entry" not in said and "proof" not in said:
        over = at[:10] > receipt.valid_until.isoformat()
        if state != ("expired" if over else "live"):
            raise DigitalReceiptError(STATUS, "the status lacks the proof of what it says")
        return CheckedStatus(state, at, size)
    raw = str(said.get("entry")).encode("utf-8")
    try:
        check_proof(str(said.get("proof")), raw, verifier)
        entry = parse_entry(raw)
    except AuditError as error:
        raise DigitalReceiptError(STATUS, "the status does not prove what it says") from error
    if entry.kind != _KINDS.get(state) or entry.members["w"] != document["izin:w"]:
        raise DigitalReceiptError(STATUS, "the status proves the end of another grant")
    return CheckedStatus(state, at, size)
