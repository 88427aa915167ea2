"""Whether a digital receipt holds: its signature, and that the log committed to what it says.

Pure: the schema, the keys and the log's verifier come in. What cannot be seen here is what happened
after the receipt was made; that is what its status address and the log are for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from audit.canonical import encode, parse
from audit.entry import Entry, parse_entry
from audit.errors import AuditError
from audit.note import Verifier
from audit.proof import check_proof
from consent.committing import challenge
from consent.digital_receipt import (
    RECEIPT_TYP,
    SCHEMA_PATH,
    STATUS_PATH,
    asked_of,
    both,
    grant_of,
    moment,
    party,
    person_of,
)
from consent.errors import ConsentError, DigitalReceiptError
from consent.notice import Notice, parse_notice, text_digest
from consent.parts import Part, open_part, part_digest
from consent.schema_check import SchemaError, check_schema
from keys import base64url
from keys.errors import KeysError
from keys.jws import peek_header, verify_compact
from keys.signing import VerifyKey

TEXT, SCHEMA, SIGNATURE, LOG, GRANT, PARTS, FIELDS, NOTICE, ENDED = STEPS = (
    "text",
    "schema",
    "signature",
    "log",
    "grant",
    "parts",
    "fields",
    "notice",
    "ended",
)
"""The steps' names, in the order of their numbers (docs/formats/receipt.md)."""

_ENDING_KINDS: Final = {
    "grant.withdrawn": "dpv:ConsentWithdrawn",
    "grant.expired": "dpv:ConsentExpired",
}
_WITHDRAW: Final = re.compile(r"/grants/[1-9][0-9]{0,8}/withdraw", re.ASCII)
Members = Mapping[str, Any]


@dataclass(frozen=True)
class CheckedDigitalReceipt:
    """A receipt that holds.

    index, size: of its entry and of the log that the proof is for. state: as of `created`: live,
    withdrawn, expired or replaced. valid_until: the last day. signer: the key's thumbprint.
    """

    document: Members
    notice: Notice
    index: int
    size: int
    origin: str
    state: str
    created: str
    valid_until: date
    signer: str


def check_digital_receipt(
    text: str,
    verifier: Verifier,
    *,
    schema: Mapping[str, Any],
    keys: Collection[VerifyKey] = (),
) -> CheckedDigitalReceipt:
    """Return what a receipt says once all of it holds; raises DigitalReceiptError.

    text: the compact JWS. keys: the consent keys that the reader trusts. Without any, the key
    that the receipt names counts if it signed the very parts to which the log's entry committed:
    then whoever signed the receipt is whoever the log says made the grant.

    1. A JWS of this type. 2. The members are the schema's, no others. 3. Signed by the key. 4. The
    entry stands in the log. 5. It gives this grant. 6. It commits to these parts, which the key
    signed. 7. Every field says what the parts say. 8. The words shown are those the parts name.
    9. If the grant had ended, the log says so too.
    """
    document = _document(text, schema)  # 1, 2
    trusted = _signed(text, document, keys)  # 3
    index, size, entry = _proven(document["izin:given"], verifier, LOG)  # 4
    record: Members = document["dpv:hasRecordOfActivity"]
    _check_grant(document, record, entry)  # 5
    parts = _parts(document, record, entry, trusted)  # 6
    _check_fields(document, record, entry, parts)  # 7
    notice = _check_notice(document, record, parts)  # 8
    state = _check_ended(document, record, verifier, index, parts[0].valid_until)  # 9
    return CheckedDigitalReceipt(
        document=document,
        notice=notice,
        index=index,
        size=size,
        origin=verifier.name,
        state=state,
        created=document["dct:created"],
        valid_until=parts[0].valid_until,
        signer=trusted[0].thumbprint,
    )


def _document(text: str, schema: Mapping[str, Any]) -> Members:
    try:
        header = peek_header(text)
        # Not verified yet: only so that the members can be looked at in the order of the steps.
        payload = _payload(text)
        members = parse(payload)
    except (KeysError, AuditError) as error:
        raise DigitalReceiptError(TEXT, "this is not a signed receipt") from error
    if header["typ"] != RECEIPT_TYP:
        raise DigitalReceiptError(TEXT, "this is a signed text of another type")
    try:
        check_schema(members, schema)
    except SchemaError as error:
        raise DigitalReceiptError(SCHEMA, str(error)) from error
    return members


def _payload(text: str) -> bytes:
    return base64url.decode(text.split(".")[1])


def _signed(text: str, document: Members, keys: Collection[VerifyKey]) -> list[VerifyKey]:
    """Return the keys that parts may be signed with, the receipt's own first."""
    try:
        named = VerifyKey.from_jwk(document["izin:key"])
        if keys and named.thumbprint not in {key.thumbprint for key in keys}:
            raise DigitalReceiptError(SIGNATURE, "the receipt's key is not one that you trust")
        verify_compact(text, named, typ=RECEIPT_TYP)
    except KeysError as error:
        raise DigitalReceiptError(SIGNATURE, "the signature does not hold") from error
    return [named, *(key for key in keys if key.thumbprint != named.thumbprint)]


def _proven(proven: Members, verifier: Verifier, step: str) -> tuple[int, int, Entry]:
    raw = str(proven["izin:entry"]).encode("utf-8")
    try:
        index, checkpoint = check_proof(proven["izin:proof"], raw, verifier)
        return index, checkpoint.size, parse_entry(raw)
    except AuditError as error:
        raise DigitalReceiptError(step, "the entry is not proven to stand in that log") from error


def _check_grant(document: Members, record: Members, entry: Entry) -> None:
    if entry.kind != "grant.given":
        raise DigitalReceiptError(GRANT, "the entry gives no grant")
    g = str(entry.members["g"])
    same = (
        record["dct:identifier"] == g
        and record["@id"] == grant_of(g)
        and record["dpv:hasDataSubject"]["@id"] == person_of(g)
        and document["schema:recipient"] == person_of(g)
    )
    if not same:
        raise DigitalReceiptError(GRANT, "the entry is of another grant than the receipt")
    if record["dpv:hasConsentStatus"][0]["dpv:isIndicatedAtTime"] != moment(entry.at):
        raise DigitalReceiptError(GRANT, "the grant was given at another time than the entry's")


def _parts(
    document: Members, record: Members, entry: Entry, trusted: Sequence[VerifyKey]
) -> list[Part]:
    texts: list[str] = document["izin:parts"]
    traces = [str(each) for each in _list(entry.members["traces"])]
    try:
        digests = [part_digest(each) for each in texts]
        over = challenge(record["dct:identifier"], traces, digests)
        if over.hex() != entry.members["challenge"]:
            raise DigitalReceiptError(PARTS, "the log committed to other parts than these")
        return [open_part(each, trusted) for each in texts]
    except DigitalReceiptError:
        raise
    except ConsentError as error:
        raise DigitalReceiptError(PARTS, "a part is not signed by the receipt's key") from error


def _check_fields(document: Members, record: Members, entry: Entry, parts: Sequence[Part]) -> None:
    """Compare every field that a part or the entry speaks of; the words are step 8's."""
    processes = record["dpv:hasProcess"]
    issuer = document["dct:publisher"].removesuffix("/")
    about = {(part.programme, part.purpose) for part in parts}
    if about != {(entry.members["programme"], entry.members["purpose"])}:
        raise DigitalReceiptError(FIELDS, "a part is for another programme or purpose")
    if len({part.valid_until for part in parts}) != 1 or len(processes) != len(parts):
        raise DigitalReceiptError(FIELDS, "the receipt's agencies are not those of the parts")
    until = record["dpv:hasConsentStatus"][0]["dpv:hasDuration"]["rdf:value"]
    named = [each["@id"] for each in record["dpv:hasEntity"]]
    right = (
        until == parts[0].valid_until.isoformat()
        and named == [party(parts[0].programme), *(party(part.agency) for part in parts)]
        and all(map(_is_identified, record["dpv:hasEntity"]))
        and _are_here(document, record, issuer)
        and all(_says(process, part) for process, part in zip(processes, parts, strict=True))
    )
    if not right:
        raise DigitalReceiptError(FIELDS, "a field says something else than the agencies' parts")


def _are_here(document: Members, record: Members, issuer: str) -> bool:
    """Whether every address is the publisher's own: none leads the reader elsewhere."""
    notice, event = record["dpv:hasNotice"], record["dpv:hasConsentStatus"][0]
    withdrawing = [each["dpv:hasConsentControl"] for each in record["dpv:hasProcess"]]
    rights = [each["dpv:hasRight"] for each in record["dpv:hasProcess"]]
    contacts = [each["schema:contactPoint"] for each in record["dpv:hasEntity"]]
    return bool(
        document["dct:publisher"] == f"{issuer}/"
        and document["@id"] == issuer + STATUS_PATH + document["dct:identifier"]
        and document["dct:conformsTo"][1] == issuer + SCHEMA_PATH
        and notice["@id"] == f"{issuer}/notices/{notice['dct:identifier']}"
        and event["dpv:isIndicatedBy"] == document["schema:recipient"]
        and len({each["dpv:isExercisedAt"] for each in withdrawing}) == 1
        and _WITHDRAW.fullmatch(withdrawing[0]["dpv:isExercisedAt"].removeprefix(issuer))
        and {each["dpv:isExercisedAt"] for each in rights} == {f"{issuer}/trace"}
        and {each["schema:url"] for each in contacts} == {f"{issuer}/"}
    )


def _is_identified(entity: Members) -> bool:
    return bool(entity["@id"] == party(entity["dpv:hasIdentifier"]))


def _says(process: Members, part: Part) -> bool:
    data = [
        {name: each[name] for name in ("dct:identifier", "izin:params") if name in each}
        for each in process["dpv:hasPersonalData"]
    ]
    often = process["dpv:hasFrequency"]
    return bool(
        data == asked_of(part.questions)
        and process["dpv:hasPurpose"]["dct:identifier"] == part.purpose
        and process["dpv:hasDataController"] == party(part.programme)
        and process["dpv:hasRecipient"] == [party(part.programme), party(part.agency)]
        and process["dpv:hasDataSource"]["@id"] == party(part.agency)
        and (often["izin:max"], often["izin:per"]) == (part.frequency.max, part.frequency.per)
        and process["dpv:hasStorageCondition"][0]["dpv:hasDuration"] == f"P{part.retention_days}D"
    )


def _check_notice(document: Members, record: Members, parts: Sequence[Part]) -> Notice:
    try:
        text = encode(document["izin:notice"])
        notice = parse_notice(text)
    except (ConsentError, AuditError) as error:
        raise DigitalReceiptError(NOTICE, "the words shown are not a notice's") from error
    named = {record["dpv:hasNotice"]["dct:identifier"], *(part.notice for part in parts)}
    if named != {text_digest(text)}:
        raise DigitalReceiptError(NOTICE, "she was shown other words than these")
    words = [(both(item.agency), both(item.question), item.optional) for item in notice.items]
    names = {each["@id"]: each["dpv:hasName"] for each in record["dpv:hasEntity"]}
    said = [
        (
            names[process["dpv:hasDataSource"]["@id"]],
            each["dct:description"],
            each["dpv:hasNecessity"] == "dpv:Optional",
        )
        for process in record["dpv:hasProcess"]
        for each in process["dpv:hasPersonalData"]
    ]
    declined = [each["dct:description"] for each in document["izin:declined"]]
    right = (
        all(each in words for each in said)
        and all(each in [question for _, question, _ in words] for each in declined)
        and len(said) + len(declined) == len(words)
        and names[party(parts[0].programme)] == both(notice.programme)
        and all(_speaks(process, notice) for process in record["dpv:hasProcess"])
    )
    if not right:
        raise DigitalReceiptError(NOTICE, "the receipt uses other words than she was shown")
    return notice


def _speaks(process: Members, notice: Notice) -> bool:
    return bool(
        process["dpv:hasPurpose"]["dct:description"] == both(notice.purpose)
        and process["dpv:hasRight"]["dct:description"] == both(notice.rights)
    )


def _check_ended(
    document: Members, record: Members, verifier: Verifier, given: int, until: date
) -> str:
    events = record["dpv:hasConsentStatus"]
    logged = document.get("izin:ended")
    if len(events) == 1:
        if logged is not None:
            raise DigitalReceiptError(ENDED, "the receipt hides that the grant had ended")
        return "live"
    event = events[1]
    (kind,) = event["@type"]
    replaced = "izin:replaced" in event
    if logged is None:
        # Its last day was over, and nobody had written that down yet.
        if kind != "dpv:ConsentExpired" or document["dct:created"][:10] <= until.isoformat():
            raise DigitalReceiptError(ENDED, "the end that the receipt names is not proven")
        return "expired"
    index, _, entry = _proven(logged, verifier, ENDED)
    right = (
        _ENDING_KINDS.get(entry.kind) == kind
        and entry.members["w"] == document["izin:w"]
        and index > given
        and event["dpv:isIndicatedAtTime"] == moment(entry.at)
    )
    if not right or (replaced and kind != "dpv:ConsentWithdrawn"):
        raise DigitalReceiptError(ENDED, "the end that the receipt names is another grant's")
    if replaced:
        return "replaced"
    return "withdrawn" if kind == "dpv:ConsentWithdrawn" else "expired"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
