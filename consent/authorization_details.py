"""`authorization_details` (RFC 9396): what a programme wants, read strictly, and what was granted.

Pure: no I/O. It reads forms; whether the policy allows them is `policies.ask.check_request`'s.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, NoReturn

from audit.canonical import JsonInput
from consent.errors import DetailsError
from consent.grants import GrantRecord
from policies.ask import Frequency, Item, Request
from policies.frequency import parse_per

TYPE: Final = "social_assistance_verification"
MAX_ITEMS: Final = 64
MAX_TEXT: Final = 16_384
MAX_NUMBER: Final = 2**53 - 1

Details = list[dict[str, JsonInput]]


def parse_details(text: str) -> Request:
    """Return the one request that `text` (JSON) holds.

    Raises DetailsError naming the member, which the server answers as
    `invalid_authorization_details`.
    """
    if len(text) > MAX_TEXT:
        raise DetailsError("authorization_details", "is too long")
    try:
        value = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise DetailsError("authorization_details", "is not JSON") from None
    return read_details(value)


def read_details(value: object) -> Request:
    """Return the request of details that are parsed JSON already (of a pushed request)."""
    if not isinstance(value, list) or len(value) != 1:
        raise DetailsError("authorization_details", "must be a list of exactly one object")
    one = _object(value[0], "authorization_details[0]")
    if one.get("type") != TYPE:
        raise DetailsError("type", f"must be {TYPE}")
    wanted = {"programme", "purpose", "questions", "valid_until", "frequency", "retention_days"}
    _members(one, required={"type", *wanted}, optional=set(), at="")
    return Request(
        programme=_text(one["programme"], "programme"),
        purpose=_text(one["purpose"], "purpose"),
        items=_items(one["questions"]),
        valid_until=_date(one["valid_until"]),
        frequency=_frequency(one["frequency"]),
        retention_days=_count(one["retention_days"], "retention_days"),
    )


def format_details(request: Request) -> Details:
    """Return the request as RFC 9396 JSON; `read_details` of it gives the request back."""
    return [
        {
            "type": TYPE,
            "programme": request.programme,
            "purpose": request.purpose,
            "questions": format_items(request.items),
            "valid_until": request.valid_until.isoformat(),
            "frequency": {"per": request.frequency.per, "max": request.frequency.max},
            "retention_days": request.retention_days,
        }
    ]


def granted_details(record: GrantRecord) -> Details:
    """Return the details as granted: declined items are gone, nothing else changed."""
    return format_details(
        Request(
            programme=record.programme,
            purpose=record.purpose,
            items=record.granted,
            valid_until=record.valid_until,
            frequency=record.frequency,
            retention_days=record.retention_days,
        )
    )


def format_items(items: Iterable[Item]) -> list[dict[str, JsonInput]]:
    """Return items as the `questions` member lists them."""
    formatted: list[dict[str, JsonInput]] = []
    for item in items:
        one: dict[str, JsonInput] = {"agency": item.agency, "question": item.question}
        if item.params:
            one["params"] = dict(item.params)
        if item.optional:
            one["optional"] = True
        formatted.append(one)
    return formatted


def _items(value: object) -> tuple[Item, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_ITEMS:
        raise DetailsError("questions", f"must be a list of 1 to {MAX_ITEMS} questions")
    return tuple(_item(each, f"questions[{number}]") for number, each in enumerate(value))


def _item(value: object, at: str) -> Item:
    one = _object(value, at)
    optional_members = {"params", "optional"}
    _members(one, required={"agency", "question"}, optional=optional_members, at=f"{at}.")
    optional = one.get("optional", False)
    if not isinstance(optional, bool):
        raise DetailsError(f"{at}.optional", "must be true or false")
    return Item(
        agency=_text(one["agency"], f"{at}.agency"),
        question=_text(one["question"], f"{at}.question"),
        params=_params(one.get("params", {}), f"{at}.params"),
        optional=optional,
    )


def _params(value: object, at: str) -> dict[str, int | str]:
    params: dict[str, int | str] = {}
    for name, each in _object(value, at).items():
        if isinstance(each, str):
            params[name] = _text(each, f"{at}.{name}")
        elif isinstance(each, int) and not isinstance(each, bool) and abs(each) <= MAX_NUMBER:
            params[name] = each
        else:
            raise DetailsError(f"{at}.{name}", "must be a whole number or a text")
    return params


def _frequency(value: object) -> Frequency:
    one = _object(value, "frequency")
    _members(one, required={"per", "max"}, optional=set(), at="frequency.")
    per = parse_per(one["per"])
    if per is None:
        raise DetailsError("frequency.per", "is not a period")
    return Frequency(per=per, max=_count(one["max"], "frequency.max"))


def _object(value: object, at: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise DetailsError(at, "must be an object")
    # A name goes into error texts: only what could be a member's name may.
    for name in value:
        if not (name.isascii() and name.isidentifier() and len(name) <= 64):
            raise DetailsError(at, "has a member whose name is not one")
    return value


def _members(one: Mapping[str, object], *, required: set[str], optional: set[str], at: str) -> None:
    for name in sorted(required - one.keys()):
        raise DetailsError(f"{at}{name}", "is missing")
    for name in sorted(one.keys() - required - optional):
        raise DetailsError(f"{at}{name}", "is not a member")


def _text(value: object, at: str) -> str:
    if not isinstance(value, str) or not (1 <= len(value) <= 64 and value.isascii()):
        raise DetailsError(at, "must be an ASCII text of 1 to 64 characters")
    return value


def _count(value: object, at: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_NUMBER:
        raise DetailsError(at, "must be a whole number of 1 or more")
    return value


def _date(value: object) -> date:
    try:
        parsed = date.fromisoformat(value if isinstance(value, str) else "")
        if parsed.isoformat() != value:  # week dates and dates without hyphens
            raise ValueError
        return parsed
    except ValueError:
        raise DetailsError("valid_until", "must be a date, YYYY-MM-DD") from None


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("not JSON")
