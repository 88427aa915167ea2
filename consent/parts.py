"""What one agency gets to see of a grant: a signed part, which shows it no other agency's.

Pure: no I/O. It must not decide whether a part is enough for a question (the gateway does).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from audit.canonical import Json, encode, parse
from audit.errors import AuditError
from consent.errors import PartError
from keys.errors import KeysError
from keys.jws import peek_header, sign_compact, verify_compact
from keys.signing import SigningKey, VerifyKey
from policies.ask import Frequency, Item
from policies.frequency import parse_per

PART_TYP: Final = "izin-part+jws"
VERSION: Final = 1
LEGAL_BASIS: Final = "consent"

_ID = re.compile(r"[a-z0-9_.-]{1,64}", re.ASCII)
_HEX32 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SUBJECT = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_MEMBERS: Final = frozenset(
    {
        "v",
        "programme",
        "agency",
        "subject",
        "purpose",
        "legal_basis",
        "questions",
        "valid_until",
        "frequency",
        "retention_days",
        "sub",
        "notice",
    }
)


@dataclass(frozen=True)
class Part:
    """One agency's part of one grant.

    subject: the programme's pseudonym of the person. questions: the items of this agency, one
    value each. sub: `person_binding`. notice: digest of the words shown. Both are hex.
    """

    programme: str
    agency: str
    subject: str
    purpose: str
    questions: tuple[Item, ...]
    valid_until: date
    frequency: Frequency
    retention_days: int
    sub: str
    notice: str
    legal_basis: str = LEGAL_BASIS


def person_binding(gid: bytes, nik: str) -> str:
    """Return `sub`, hex: it binds a part to a NIK for whoever holds the grant's `gid`.

    Keyed with `gid` (256 bits that are never logged): a bare hash of a NIK falls to trying all.
    """
    return hmac.new(gid, b"izin/v1/subject/" + nik.encode(), hashlib.sha256).hexdigest()


def part_members(part: Part) -> dict[str, Json]:
    """Return the part as its signed JSON members."""
    return {
        "v": VERSION,
        "programme": part.programme,
        "agency": part.agency,
        "subject": part.subject,
        "purpose": part.purpose,
        "legal_basis": part.legal_basis,
        "questions": question_members(part.questions),
        "valid_until": part.valid_until.isoformat(),
        "frequency": {"per": part.frequency.per, "max": part.frequency.max},
        "retention_days": part.retention_days,
        "sub": part.sub,
        "notice": part.notice,
    }


def question_members(items: Iterable[Item]) -> list[Json]:
    """Return items of one agency as `[{"question", "params"?}]`."""
    members: list[Json] = []
    for item in items:
        one: dict[str, Json] = {"question": item.question}
        if item.params:
            one["params"] = dict(item.params)
        members.append(one)
    return members


def sign_part(part: Part, key: SigningKey) -> str:
    """Return the part as a compact JWS of the consent server."""
    return sign_compact(encode(part_members(part)), key, typ=PART_TYP)


def open_part(jws: str, keys: Collection[VerifyKey]) -> Part:
    """Verify `jws` under one of the trusted consent `keys` and return the part.

    Raises PartError: unknown signer, bad signature, or not a part that we would have written.
    """
    try:
        kid = peek_header(jws).get("kid")
        # The header only chooses among keys that the trust file names.
        key = next((key for key in keys if key.thumbprint == kid), None)
        if key is None:
            raise PartError("no trusted consent key signed the part")
        _, payload = verify_compact(jws, key, typ=PART_TYP)
        members = parse(payload)
    except (KeysError, AuditError) as error:
        raise PartError("the part is not a JWS that the consent server signed") from error
    part = _from_members(members)
    if encode(part_members(part)) != payload:
        raise PartError("the part is not written as we write one")
    return part


def part_digest(jws: str) -> str:
    """Return the digest, hex, under which the challenge names a part."""
    try:
        return hashlib.sha256(jws.encode("ascii")).hexdigest()
    except UnicodeEncodeError:
        raise PartError("the part is not ASCII") from None


def _from_members(members: Mapping[str, Json]) -> Part:
    if members.keys() != _MEMBERS:
        raise PartError("the part lacks a member or has an unknown one")
    if type(members["v"]) is not int or members["v"] != VERSION:
        raise PartError("the part is of another version")
    agency = _text(members, "agency", _ID)
    return Part(
        programme=_text(members, "programme", _ID),
        agency=agency,
        subject=_text(members, "subject", _SUBJECT),
        purpose=_text(members, "purpose", _ID),
        legal_basis=_text(members, "legal_basis", _ID),
        questions=_questions(members["questions"], agency),
        valid_until=_date(members["valid_until"]),
        frequency=_frequency(members["frequency"]),
        retention_days=_count(members["retention_days"], "retention_days"),
        sub=_text(members, "sub", _HEX32),
        notice=_text(members, "notice", _HEX32),
    )


def _text(members: Mapping[str, Json], name: str, form: re.Pattern[str]) -> str:
    value = members[name]
    if not isinstance(value, str) or not form.fullmatch(value):
        raise PartError(f"the part's {name} is not of its form")
    return value


def _count(value: Json, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise PartError(f"the part's {name} is not a count")
    return value


def _date(value: Json) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise PartError("the part's valid_until is not a date") from None


def _frequency(value: Json) -> Frequency:
    if not isinstance(value, dict) or value.keys() != {"per", "max"}:
        raise PartError("the part's frequency is not of its form")
    per = parse_per(value["per"])
    if per is None:
        raise PartError("the part's frequency names no period")
    return Frequency(per=per, max=_count(value["max"], "frequency"))


def _questions(value: Json, agency: str) -> tuple[Item, ...]:
    if not isinstance(value, list) or not value:
        raise PartError("the part has no questions")
    items = tuple(_question(each, agency) for each in value)
    if len({item.question for item in items}) != len(items):
        # Two values of one question would narrow an amount.
        raise PartError("the part has more than one value for a question")
    return items


def _question(value: Json, agency: str) -> Item:
    if not isinstance(value, dict) or not {"question"} <= value.keys() <= {"question", "params"}:
        raise PartError("a question of the part is not of its form")
    question, params = value["question"], value.get("params", {})
    if not isinstance(question, str) or not _ID.fullmatch(question):
        raise PartError("a question of the part is not of its form")
    if not isinstance(params, dict):
        raise PartError("a question's parameters are not of their form")
    checked: dict[str, int | str] = {}
    for name, each in params.items():
        if isinstance(each, bool) or not isinstance(each, int | str):
            raise PartError("a question's parameter is neither a number nor a text")
        checked[name] = each
    return Item(agency, question, checked)
