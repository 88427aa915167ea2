"""A digital receipt, live and withdrawn, with twins that fail and its status: a log of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from audit import trace
from audit.canonical import JsonInput, encode
from audit.chain import GENESIS_PREV
from audit.checkpoint import Checkpoint, sign_checkpoint
from audit.entry import draft, format_entry
from audit.merkle import leaf_hash, prove_inclusion
from audit.note import format_vkey
from audit.proof import InclusionProof, format_proof
from consent.building import build_grant, given_members, grant_challenge
from consent.digital_receipt import (
    RECEIPT_TYP,
    Ending,
    Issue,
    Proven,
    Shown,
    moment,
    receipt_document,
    sign_receipt,
)
from consent.notice import Notice, NoticeItem
from consent.status_check import STATUS_TYP
from keys.jws import sign_compact
from policies.ask import Frequency, Item, Request
from policies.words import Words
from tests.audit.memory_log import naive_root
from tests.vectors import fixed
from tests.vectors.logged import nodes

ISSUER: Final = "https://izin.example"
REFERENCE: Final = "AAECAwQFBgcICQoLDA0ODw"
KEY: Final = fixed.SIGNING["consent"]
REQUEST: Final = Request(
    programme=fixed.PROGRAMME,
    purpose=fixed.PURPOSE,
    items=(
        Item("polri", "owns_car"),
        Item("himbara", "balance_above", {"rupiah": 5_000_000}),
        Item("himbara", "has_account", optional=True),
    ),
    valid_until=date(2027, 2, 28),
    frequency=Frequency("month", 1),
    retention_days=90,
)


def _item(agency: str, question: str, *, optional: bool = False) -> NoticeItem:
    none = Words("Rinciannya.", "The details.")
    return NoticeItem(Words(agency, agency), Words(question, f"{question} (en)"), none, optional)


NOTICE: Final = Notice(
    programme=Words("Program contoh", "An invented programme"),
    purpose=Words("Contoh.", "An example."),
    items=(
        _item("Polri", "Punya mobil?"),
        _item("Himbara", "Saldo di atas Rp 5.000.000?"),
        _item("Himbara", "Punya rekening?", optional=True),
    ),
    valid_until=Words("28 Februari 2027", "28 February 2027"),
    frequency=Words("Sekali sebulan.", "Once a month."),
    retention=Words("90 hari.", "90 days."),
)
RECORD: Final = replace(
    build_grant(
        grant_id="A" * 22,
        nik=fixed.NIK,
        trace_key=fixed.TRACE_KEY,
        person_id="B" * 22,
        client_id="client",
        request=REQUEST,
        allowed=(0, 1),
        notice_digest=NOTICE.digest,
        n=fixed.GRANT_NUMBER,
        subject=fixed.SUBJECT,
        key=KEY,
    ),
    evidence={"kind": "broker-attested"},
    index=0,
)
SHOWN: Final = Shown(NOTICE, tuple((item.agency, item.question) for item in REQUEST.items))


def _entries() -> list[bytes]:
    head: dict[str, JsonInput] = {"programme": fixed.PROGRAMME, "purpose": fixed.PURPOSE}
    tags = [trace.tag(fixed.SHARES[trace.IZIN], fixed.DAY, k).hex() for k in (0, 1)]
    over = grant_challenge(RECORD, fixed.TRACES)
    given = {**head, **given_members(RECORD, fixed.TRACES, over), "tag": tags[0]}
    first = format_entry(
        draft("grant.given", {**given, "digest": "cd" * 32}), fixed.AT, GENESIS_PREV
    )
    ended = draft("grant.withdrawn", {**head, "tag": tags[1], "w": RECORD.w})
    return [first, format_entry(ended, fixed.AT + timedelta(hours=2), leaf_hash(first))]


ENTRIES: Final = _entries()


def _note(size: int) -> str:
    root = naive_root([leaf_hash(entry) for entry in ENTRIES[:size]])
    return sign_checkpoint(Checkpoint(fixed.ORIGIN, size, root), fixed.LOG_SIGNER)


def _proven(index: int, size: int) -> Proven:
    path = prove_inclusion(index, size, nodes([leaf_hash(entry) for entry in ENTRIES[:size]]))
    return Proven(ENTRIES[index], format_proof(InclusionProof(index, tuple(path), _note(size))))


def _document(hours: int, size: int, ending: Ending | None) -> dict[str, Any]:
    issue = Issue(ISSUER, REFERENCE, fixed.AT + timedelta(hours=hours))
    given = _proven(0, size)
    return dict(receipt_document(RECORD, SHOWN, issue, given=given, ending=ending, key=KEY))


def _twin(step: str, change: Callable[[Any], object]) -> dict[str, str]:
    """Return a receipt that its own server signed although it is not so."""
    document = json.loads(json.dumps(_document(1, 1, None)))
    change(document)
    return {"step": step, "receipt": sign_compact(encode(document), KEY, typ=RECEIPT_TYP)}


def digital() -> dict[str, Any]:
    """Receipts, what fails at which step, and a signed status."""
    ended = Ending("withdrawn", _proven(1, 2))
    live = sign_receipt(_document(1, 1, None), KEY)
    status: dict[str, JsonInput] = {
        "v": 1,
        "receipt": REFERENCE,
        "grant": RECORD.g,
        "state": "withdrawn",
        "at": moment(fixed.AT + timedelta(hours=3)),
        "valid_until": REQUEST.valid_until.isoformat(),
        "checkpoint": _note(2),
        "entry": ENTRIES[1].decode(),
        "proof": _proven(1, 2).proof,
    }
    record = "dpv:hasRecordOfActivity"
    return {
        "vkey": format_vkey(fixed.ORIGIN, fixed.SIGNING["log"].public.raw),
        "keys": {"keys": [KEY.public.jwk()]},
        "live": live,
        "withdrawn": sign_receipt(_document(3, 2, ended), KEY),
        "status": sign_compact(encode(status), KEY, typ=STATUS_TYP),
        "receipts_that_fail": [
            {"step": "text", "receipt": RECORD.parts["polri"]},
            _twin("schema", lambda d: d.update(more=1)),
            {
                "step": "signature",
                "receipt": live[:-4] + "AAAA",
            },
            _twin("log", lambda d: d["izin:given"].update({"izin:entry": ENTRIES[1].decode()})),
            _twin("grant", lambda d: d[record].update({"dct:identifier": "0" * 64})),
            _twin("parts", lambda d: d["izin:parts"].pop()),
            _twin(
                "fields",
                lambda d: d[record]["dpv:hasProcess"][0]["dpv:hasFrequency"].update(
                    {"izin:max": 2}
                ),
            ),
            _twin("notice", lambda d: d["izin:notice"]["purpose"].update(en="Another.")),
            _twin("ended", lambda d: d.update({"izin:ended": d["izin:given"]})),
        ],
    }
