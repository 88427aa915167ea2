"""What people keep and what auditors draw, of the same log: a receipt, a bundle, a sample."""

from __future__ import annotations

from typing import Any

from audit.bundle import Bundle, ProvenEntry, format_bundle_file
from audit.merkle import prove_inclusion
from audit.note import format_vkey
from audit.receipt import ProofText, format_proof_text
from audit.sample import commitment, draw
from audit.trace import format_trace_key
from tests.vectors import fixed, logged

VKEY = format_vkey(fixed.ORIGIN, fixed.SIGNING["log"].public.raw)
SIZE = len(logged.ENTRIES)
NONCE, COIN = b"\x41" * 32, b"\x42" * 32


def evidence() -> dict[str, Any]:
    """A receipt's two parts with what does not go with them, a bundle, and draws."""
    text = ProofText(
        fixed.ORIGIN,
        fixed.GRANT_NUMBER,
        logged.ENTRIES[logged.GIVEN],
        logged.proof(logged.GIVEN, SIZE),
        tuple(fixed.QUESTIONS),
    )
    part_a = format_proof_text(text)
    part_b = format_trace_key(fixed.ORIGIN, fixed.TRACE_KEY)
    return {
        "vkey": VKEY,
        "receipt": {"part_a": part_a, "part_b": part_b, "index": logged.GIVEN},
        "receipts_that_fail": [
            {"step": "text", "part_a": part_a.replace(":2:", ":3:", 1), "part_b": part_b},
            {"step": "log", "part_a": part_a.replace("izin.", "x.", 1), "part_b": part_b},
            {"step": "proof", "part_a": part_a.replace("pkh", "bpnt", 1), "part_b": part_b},
            {"step": "number", "part_a": part_a.replace(":1:polri", ":2:polri"), "part_b": part_b},
            {
                "step": "number",
                "part_a": part_a,
                "part_b": format_trace_key(fixed.ORIGIN, fixed.TRACE_KEY[::-1]),
            },
            {"step": "shares", "part_a": part_a.replace(",himbara", "", 1), "part_b": part_b},
        ],
        "bundle": format_bundle_file(
            Bundle(logged.note(SIZE), VKEY, (_proven(logged.GIVEN), _proven(logged.SENT)))
        ).decode(),
        "sample": {
            "nonce": NONCE.hex(),
            "commitment": commitment(NONCE).hex(),
            "coin": COIN.hex(),
            "root": logged.checkpoint(SIZE).root.hex(),
            # As if every third entry were an access.
            "draws": [
                {"size": size, "n": n, "indexes": _drawn(size, n)}
                for size, n in ((SIZE, 300), (1_000, 10), (490_000_000, 20))
            ],
        },
    }


def _proven(index: int) -> ProvenEntry:
    path = prove_inclusion(index, SIZE, logged.nodes(logged.LEAVES))
    return ProvenEntry(index, logged.ENTRIES[index], tuple(path))


def _drawn(size: int, n: int) -> list[int]:
    root = logged.checkpoint(SIZE).root
    return draw(root, NONCE, COIN, size=size, most=n, is_access=lambda index: index % 3 == 0)
