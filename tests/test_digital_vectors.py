"""The vectors of digital receipts: our code agrees, and so do the documents alone."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jsonschema import Draft202012Validator

from audit.note import parse_vkey
from consent.errors import DigitalReceiptError
from consent.receipt_check import CheckedDigitalReceipt, check_digital_receipt
from consent.receipt_schema import schema
from consent.status_check import check_status
from keys.signing import VerifyKey
from tests.vectors import generate

TOLD: dict[str, Any] = generate.read("digital")
VERIFIER = parse_vkey(TOLD["vkey"])
KEYS = [VerifyKey.from_jwk(each) for each in TOLD["keys"]["keys"]]


def check(text: str) -> CheckedDigitalReceipt:
    return check_digital_receipt(text, VERIFIER, schema=schema(), keys=KEYS)


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jcs(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


@pytest.mark.parametrize("name", ["live", "withdrawn"])
def test_the_receipts_hold(name: str) -> None:
    assert name == check(TOLD[name]).state


def test_the_status_holds_for_the_receipt_that_was_made_before() -> None:
    assert "withdrawn" == check_status(TOLD["status"], check(TOLD["live"]), VERIFIER).state


@pytest.mark.parametrize("told", TOLD["receipts_that_fail"], ids=lambda told: told["step"])
def test_what_fails_fails_at_the_step_that_is_told(told: dict[str, str]) -> None:
    with pytest.raises(DigitalReceiptError) as caught:
        check(told["receipt"])
    assert told["step"] == caught.value.step


@pytest.mark.parametrize("name", ["live", "withdrawn"])
def test_what_the_document_says_is_enough_to_check_one(name: str) -> None:
    """Signature, schema, challenge and digest, by other people's code alone."""
    header, payload, signature = TOLD[name].split(".")
    receipt = json.loads(decoded(payload))
    assert jcs(receipt) == decoded(payload)
    assert "consent-receipt+jws" == json.loads(decoded(header))["typ"]
    Draft202012Validator(schema()).validate(receipt)

    (jwk,) = TOLD["keys"]["keys"]
    assert jwk == receipt["izin:key"]
    key = Ed25519PublicKey.from_public_bytes(decoded(jwk["x"]))
    key.verify(decoded(signature), f"{header}.{payload}".encode())
    for part in receipt["izin:parts"]:
        signed, _, by = part.rpartition(".")
        key.verify(decoded(by), signed.encode())

    entry = json.loads(receipt["izin:given"]["izin:entry"])
    record = receipt["dpv:hasRecordOfActivity"]
    parts = sorted(sha(part.encode()) for part in receipt["izin:parts"])
    over = {"g": record["dct:identifier"], "traces": entry["traces"], "parts": parts}
    assert entry["challenge"] == sha(b"izin/v1/consent/", jcs(over))
    words = sha(b"izin/v1/notice/", jcs(receipt["izin:notice"]))
    said = [json.loads(decoded(part.split(".")[1])) for part in receipt["izin:parts"]]
    assert {words} == {record["dpv:hasNotice"]["dct:identifier"], *(p["notice"] for p in said)}
    if name == "withdrawn":
        assert receipt["izin:w"] == json.loads(receipt["izin:ended"]["izin:entry"])["w"]
