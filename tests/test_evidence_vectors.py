"""The vectors of receipts, bundles and samples: our code agrees, and so do the documents alone."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from audit.bundle import check_bundle
from audit.errors import ReceiptError
from audit.note import parse_vkey
from audit.receipt import check_receipt
from audit.trace import parse_trace_key
from tests.vectors import generate

TOLD: dict[str, Any] = generate.read("evidence")
VERIFIER = parse_vkey(TOLD["vkey"])


def test_the_receipt_holds() -> None:
    origin, key = parse_trace_key(TOLD["receipt"]["part_b"])
    checked = check_receipt(TOLD["receipt"]["part_a"], key, VERIFIER, key_origin=origin)
    assert TOLD["receipt"]["index"] == checked.index


@pytest.mark.parametrize("told", TOLD["receipts_that_fail"], ids=lambda told: told["step"])
def test_what_fails_fails_at_the_step_that_is_told(told: dict[str, str]) -> None:
    origin, key = parse_trace_key(told["part_b"])
    with pytest.raises(ReceiptError) as caught:
        check_receipt(told["part_a"], key, VERIFIER, key_origin=origin)
    assert told["step"] == caught.value.step


def test_the_bundle_holds_and_its_sum_is_as_documented() -> None:
    raw = TOLD["bundle"].encode()
    checked = check_bundle(raw, VERIFIER)
    assert ["grant.given", "access.sent"] == [entry.kind for _, entry in checked.entries]
    head, body = raw.split(b"\n", 1)
    assert b"izin-bundle:1:" + hashlib.sha256(body).hexdigest().encode() == head
    again = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert again.encode() == body


def test_the_draws_follow_from_the_document() -> None:
    told = TOLD["sample"]
    nonce, coin, root = (bytes.fromhex(told[name]) for name in ("nonce", "coin", "root"))
    assert hashlib.sha256(b"izin/v1/sample/nonce/" + nonce).hexdigest() == told["commitment"]
    for draw in told["draws"]:
        found: set[int] = set()
        for number in range(50_000):
            parts = (b"izin/v1/sample/", root, nonce, coin, number.to_bytes(8, "big"))
            value = int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")
            index = value % draw["size"]
            if index % 3 == 0 and len(found) < draw["n"]:
                found.add(index)
        assert sorted(found) == draw["indexes"]
