"""What a formula needs asked, as a request to the person, and what she granted of it.

Pure. It asks for what the formula rests on and nothing else, and never for more than the
purpose's ceiling. A grant that is wider than the request is refused: nobody asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from broker.programme.errors import IzinContradictionError
from policies.ask import Item, Request
from policies.catalogue import Value
from policies.eligibility import Formula
from policies.errors import PolicyError
from policies.frequency import Frequency
from policies.policy import Policy

TYPE: Final = "social_assistance_verification"
PURPOSE: Final = "eligibility"
VALID_DAYS: Final = 90
RETENTION_DAYS: Final = 90


def request_for(formula: Formula, policy: Policy, *, today: date) -> Request:
    """Return the request for everything that `formula` rests on, once a month for 90 days.

    Raises PolicyError where the programme may not ask for this purpose at all.
    """
    ceiling = policy.ceiling(formula.programme, PURPOSE)
    if ceiling is None:
        raise PolicyError(f"the purpose {PURPOSE} is not open to {formula.programme}")
    return Request(
        programme=formula.programme,
        purpose=PURPOSE,
        items=tuple(Item(agency, question, params) for agency, question, params in formula.asked),
        valid_until=today + timedelta(days=min(VALID_DAYS, ceiling.period_days)),
        frequency=Frequency("month", 1),
        retention_days=min(RETENTION_DAYS, ceiling.retention_days),
    )


def format_details(request: Request) -> list[dict[str, Any]]:
    """Return the request as `authorization_details` (RFC 9396)."""
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


def format_items(items: Iterable[Item]) -> list[dict[str, Any]]:
    """Return items as JSON; a question without parameters has no `params`."""
    formatted = []
    for item in items:
        one: dict[str, Any] = {"agency": item.agency, "question": item.question}
        if item.params:
            one["params"] = dict(item.params)
        formatted.append(one)
    return formatted


def read_items(value: object) -> tuple[Item, ...]:
    """Return the items of parsed JSON, each once; raises IzinContradictionError."""
    if not isinstance(value, list):
        raise IzinContradictionError("the granted questions are not a list")
    items = tuple(_item(each) for each in value)
    if len({item.key for item in items}) != len(items):
        raise IzinContradictionError("a granted question stands twice")
    return items


def read_granted(
    details: object, *, asked: Iterable[Item], programme: str, purpose: str = PURPOSE
) -> tuple[Item, ...]:
    """Return which of the `asked` items were granted; raises IzinContradictionError.

    details: `authorization_details` of a token response.
    """
    if not isinstance(details, list) or len(details) != 1 or not isinstance(details[0], dict):
        raise IzinContradictionError("the granted details are not a list of one object")
    one = details[0]
    told = (one.get("type"), one.get("programme"), one.get("purpose"))
    if told != (TYPE, programme, purpose):
        raise IzinContradictionError("the granted details are for something else")
    wanted = {item.key: item for item in asked}
    granted = read_items(one.get("questions"))
    if not granted or not wanted.keys() >= {item.key for item in granted}:
        raise IzinContradictionError("the granted questions are not among those asked for")
    return tuple(wanted[item.key] for item in granted)


def _item(value: object) -> Item:
    if not isinstance(value, dict):
        raise IzinContradictionError("a granted question is not an object")
    agency, question = value.get("agency"), value.get("question")
    if not isinstance(agency, str) or not isinstance(question, str):
        raise IzinContradictionError("a granted question has no agency or name")
    return Item(agency, question, _params(value.get("params", {})))


def _params(value: object) -> Mapping[str, Value]:
    if not isinstance(value, dict):
        raise IzinContradictionError("a granted question's params are not an object")
    for each in value.values():
        if not isinstance(each, int | str) or isinstance(each, bool):
            raise IzinContradictionError("a granted question's parameter is not text or a number")
    return value
