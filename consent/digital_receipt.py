"""The digital receipt: what a grant allowed, as a signed document in terms that others know.

The fields are those of ISO/IEC TS 27560, the terms W3C DPV's, in JSON-LD with its context by value;
what is ours begins with `izin:`. docs/formats/receipt.md says which field is which. Beside the
fields stands what proves them: the log's entry with its proof, every agency's part, the words she
was shown. `consent.receipt_check` checks it without Izin and without a network.

Pure: no I/O. No NIK, no name, no trace key and no `gid` comes in here, so none can get out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from audit.canonical import Json, encode, parse
from audit.entry import parse_entry
from consent.errors import NoticeError
from consent.grants import GrantRecord
from consent.notice import Notice, NoticeItem
from consent.parts import question_members
from keys.jws import sign_compact
from keys.signing import SigningKey
from policies.ask import Item
from policies.words import Words

RECEIPT_TYP: Final = "consent-receipt+jws"
VERSION: Final = 1
SCHEMA_PATH: Final = "/schemas/consent-receipt-1.json"
STATUS_PATH: Final = "/v1/receipts/"
RECORD_PROFILE: Final = "https://w3id.org/dpv/schema/dpv-27560#record"
RECEIPT_PROFILE: Final = "https://w3id.org/dpv/schema/dpv-27560#receipt"
_CONTEXT: Final[dict[str, Json]] = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "izin": "urn:izin:v1:",
    "loc": "https://w3id.org/dpv/loc#",
    "pd": "https://w3id.org/dpv/pd#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    **{
        name: {"@type": "@id"}
        for name in (
            "dct:conformsTo",
            "dct:publisher",
            "dpv:hasDataController",
            "dpv:hasJurisdiction",
            "dpv:hasLegalBasis",
            "dpv:hasLocation",
            "dpv:hasNecessity",
            "dpv:hasRecipient",
            "dpv:isExercisedAt",
            "dpv:isIndicatedBy",
            "schema:recipient",
            "schema:url",
            "skos:broader",
        )
    },
    "izin:parts": {"@container": "@list"},
    **{name: {"@type": "@json"} for name in ("izin:key", "izin:notice", "izin:params")},
}
_COUNTRY: Final = "loc:ID"
# The broadest fitting terms; an agency that is not here is asked for personal data, no narrower.
_CATEGORIES: Final[Mapping[str, str]] = {
    "atr_bpn": "pd:Ownership",
    "bpjs_tk": "pd:CurrentEmployment",
    "himbara": "pd:Financial",
    "polri": "pd:Ownership",
}
ENDINGS: Final[Mapping[str, str]] = {
    "expired": "dpv:ConsentExpired",
    "replaced": "dpv:ConsentWithdrawn",
    "withdrawn": "dpv:ConsentWithdrawn",
}


@dataclass(frozen=True)
class Proven:
    """An entry of the log with its C2SP tlog-proof."""

    entry: bytes
    proof: str


@dataclass(frozen=True)
class Ending:
    """How a grant ended: `state` is a key of ENDINGS; logged: None where only its day is over."""

    state: str
    logged: Proven | None


@dataclass(frozen=True)
class Shown:
    """The words that she was shown, and the (agency, question) of each of their items."""

    notice: Notice
    questions: tuple[tuple[str, str], ...]

    def item(self, item: Item) -> NoticeItem:
        """Return the words of one item; raises NoticeError."""
        for key, words in zip(self.questions, self.notice.items, strict=True):
            if key == (item.agency, item.question):
                return words
        raise NoticeError("the notice has no words for a question of the grant")


@dataclass(frozen=True)
class Issue:
    """Who issues a receipt, when, and under which reference. issuer: the broker's URL."""

    issuer: str
    reference: str
    at: datetime


def sign_receipt(members: Mapping[str, Json], key: SigningKey) -> str:
    """Return the receipt as a compact JWS of the consent server."""
    return sign_compact(encode(members), key, typ=RECEIPT_TYP)


def receipt_document(
    record: GrantRecord,
    shown: Shown,
    issue: Issue,
    *,
    given: Proven,
    ending: Ending | None,
    key: SigningKey,
) -> dict[str, Json]:
    """Return the receipt's members for a grant that was given; raises NoticeError."""
    here = f"{issue.issuer}{STATUS_PATH}{issue.reference}"
    document: dict[str, Json] = {
        "@context": _CONTEXT,
        "@id": here,
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": issue.reference,
        "dct:conformsTo": [RECEIPT_PROFILE, issue.issuer + SCHEMA_PATH],
        "dct:created": moment(issue.at),
        "dct:publisher": f"{issue.issuer}/",
        "schema:recipient": person_of(record.g),
        "dpv:hasRecordOfActivity": _record(record, shown, issue, given, ending),
        "izin:v": VERSION,
        "izin:given": _proven(given),
        "izin:w": record.w,
        "izin:parts": [record.parts[agency] for agency in record.agencies()],
        "izin:declined": [_asked(item, shown) for item in record.declined],
        "izin:notice": parse(shown.notice.text),
        "izin:key": dict(key.public.jwk()),
    }
    if ending is not None and ending.logged is not None:
        document["izin:ended"] = _proven(ending.logged)
    return document


def party(id_: str) -> str:
    """Return the identifier of a programme or an agency."""
    return f"urn:izin:v1:party:{id_}"


def grant_of(g: str) -> str:
    """Return the identifier of the grant with the commitment `g` (hex)."""
    return f"urn:izin:v1:grant:{g}"


def person_of(g: str) -> str:
    """Return how a receipt names the person: by this one grant, so that no two are joined."""
    return f"urn:izin:v1:person:{g}"


def moment(at: datetime) -> str:
    """Return a moment (aware) in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def both(words: Words) -> list[Json]:
    """Return words as values of both languages."""
    return [
        {"@language": "id", "@value": words.id},
        {"@language": "en", "@value": words.en},
    ]


def _record(
    record: GrantRecord, shown: Shown, issue: Issue, given: Proven, ending: Ending | None
) -> dict[str, Json]:
    at = parse_entry(given.entry).at
    agencies = record.agencies()
    return {
        "@id": grant_of(record.g),
        "@type": "dpv:ConsentRecord",
        "dct:identifier": record.g,
        "dct:conformsTo": [RECORD_PROFILE],
        "dpv:hasDataSubject": {"@id": person_of(record.g), "@type": "dpv:DataSubject"},
        "dpv:hasNotice": {
            "@id": f"{issue.issuer}/notices/{record.notice}",
            "@type": "dpv:ConsentNotice",
            "dct:identifier": record.notice,
            "dct:language": record.lang,
        },
        "dpv:hasProcess": [_process(record, agency, shown, issue) for agency in agencies],
        "dpv:hasEntity": [
            _entity(record.programme, shown.notice.programme, "dpv:DataController", issue),
            *(
                _entity(each, _agency_words(record, each, shown), "dpv:ThirdParty", issue)
                for each in agencies
            ),
        ],
        "dpv:hasConsentStatus": _events(record, at, issue, ending),
    }


def _process(record: GrantRecord, agency: str, shown: Shown, issue: Issue) -> dict[str, Json]:
    items = [item for item in record.granted if item.agency == agency]
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": {
            "@type": "dpv:Purpose",
            "skos:broader": "dpv:PublicBenefit",
            "dct:identifier": record.purpose,
            "dct:description": both(shown.notice.purpose),
        },
        "dpv:hasPersonalData": [
            {
                "@type": "dpv:PersonalData",
                "skos:broader": _CATEGORIES.get(agency, "dpv:PersonalData"),
                "dpv:hasNecessity": "dpv:Optional" if item.optional else "dpv:Required",
                **_asked(item, shown),
            }
            for item in items
        ],
        "dpv:hasLegalBasis": "dpv:ExplicitlyExpressedConsent",
        "dpv:hasDataController": party(record.programme),
        "dpv:hasRecipient": [party(record.programme), party(agency)],
        "dpv:hasDataSource": {"@id": party(agency), "@type": "dpv:ThirdPartyDataSource"},
        "dpv:hasFrequency": {
            "@type": "dpv:Frequency",
            "izin:max": record.frequency.max,
            "izin:per": record.frequency.per,
        },
        "dpv:hasStorageCondition": [
            {"@type": "dpv:StorageDuration", "dpv:hasDuration": f"P{record.retention_days}D"},
            {"@type": "dpv:StorageLocation", "dpv:hasLocation": _COUNTRY},
        ],
        "dpv:hasConsentControl": {
            "@type": "dpv:WithdrawConsent",
            "dpv:isExercisedAt": f"{issue.issuer}/grants/{record.n}/withdraw",
        },
        "dpv:hasJurisdiction": _COUNTRY,
        "dpv:hasRight": {
            "@type": "dpv:DataSubjectRight",
            "dct:description": both(shown.notice.rights),
            "dpv:isExercisedAt": f"{issue.issuer}/trace",
        },
    }


def _asked(item: Item, shown: Shown) -> dict[str, Json]:
    members: dict[str, Json] = {
        "dct:identifier": f"{item.agency}/{item.question}",
        "dct:description": both(shown.item(item).question),
    }
    if item.params:
        members["izin:params"] = dict(item.params)
    return members


def _agency_words(record: GrantRecord, agency: str, shown: Shown) -> Words:
    first = next(item for item in record.granted if item.agency == agency)
    return shown.item(first).agency


def _entity(id_: str, name: Words, role: str, issue: Issue) -> dict[str, Json]:
    return {
        "@id": party(id_),
        "@type": role,
        "dpv:hasIdentifier": id_,
        "dpv:hasName": both(name),
        "schema:contactPoint": {"@type": "schema:ContactPoint", "schema:url": f"{issue.issuer}/"},
        "schema:address": {"@type": "schema:PostalAddress", "schema:addressCountry": "ID"},
    }


def _events(record: GrantRecord, at: datetime, issue: Issue, ending: Ending | None) -> list[Json]:
    events: list[Json] = [
        {
            "@type": ["dpv:ConsentGiven", "dpv:ExplicitlyExpressedConsent"],
            "dpv:isIndicatedAtTime": moment(at),
            "dpv:hasDuration": {
                "@type": "dpv:UntilTimeDuration",
                "rdf:value": record.valid_until.isoformat(),
            },
            "dpv:isIndicatedBy": person_of(record.g),
            "dpv:hasIndicationMethod": str(record.evidence.get("kind", "")),
        }
    ]
    if ending is not None:
        ended: dict[str, Json] = {
            "@type": [ENDINGS[ending.state]],
            "dpv:hasDuration": {"@type": "dpv:EndlessDuration"},
            "dpv:isIndicatedBy": f"{issue.issuer}/"
            if ending.state == "expired"
            else person_of(record.g),
            "dpv:isIndicatedAtTime": moment(
                issue.at if ending.logged is None else parse_entry(ending.logged.entry).at
            ),
        }
        if ending.state == "replaced":
            ended["izin:replaced"] = True
        events.append(ended)
    return events


def _proven(logged: Proven) -> dict[str, Json]:
    return {"izin:entry": logged.entry.decode("utf-8"), "izin:proof": logged.proof}


def asked_of(part_questions: Sequence[Item]) -> list[Json]:
    """Return a part's questions as the receipt names them: identifier and parameters."""
    members: list[Json] = []
    for item, said in zip(part_questions, question_members(part_questions), strict=True):
        one: dict[str, Json] = {"dct:identifier": f"{item.agency}/{item.question}"}
        if isinstance(said, dict) and "params" in said:
            one["izin:params"] = said["params"]
        members.append(one)
    return members
