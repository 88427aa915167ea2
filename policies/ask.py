"""What a programme requests of a person, and what it then asks of an agency.

`Request` is checked against the ceilings before the person is bothered; `Ask` and
`GrantView` are what the rules compare when a question is about to be asked. This file
must not decide about an `Ask` (see `decide`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType

from policies.catalogue import Fault, QuestionKey, Value, validate_asked
from policies.frequency import PERIODS, Frequency
from policies.policy import Policy

__all__ = ["Ask", "Fault", "Frequency", "GrantView", "Item", "Request", "Value", "check_request"]

ItemKey = tuple[str, str, tuple[tuple[str, str, Value], ...]]


@dataclass(frozen=True)
class Item:
    """One question with one value for each of its parameters.

    optional: the programme can do without the answer; it takes no part in `key`.
    """

    agency: str
    question: str
    params: Mapping[str, Value] = field(default_factory=dict)
    optional: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", MappingProxyType(dict(self.params)))

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def of(self) -> QuestionKey:
        """(agency, question), whatever the parameters."""
        return (self.agency, self.question)

    @property
    def key(self) -> ItemKey:
        """What makes two items the same question; types count, since in Python True == 1."""
        params = tuple(
            (name, type(value).__name__, value) for name, value in sorted(self.params.items())
        )
        return (self.agency, self.question, params)


@dataclass(frozen=True)
class Request:
    """What a programme wants a person to allow (RFC 9396 `authorization_details`).

    valid_until: the last day (UTC) on which the grant may be used.
    """

    programme: str
    purpose: str
    items: tuple[Item, ...]
    valid_until: date
    frequency: Frequency
    retention_days: int


@dataclass(frozen=True)
class GrantView:
    """What the rules need to know of a grant; nothing that names the person.

    live_index: the index of its log entry; None = not in the log, so not live.
    uses: for each agency, the accesses made in the window of `frequency` that ends at the
    moment of asking, not counting this one; it must name the agency asked, with 0 if there
    were none: a count that is missing refuses. evidence: a kind of `catalogue.EVIDENCE`.
    """

    programme: str
    purpose: str
    items: tuple[Item, ...]
    valid_until: date
    frequency: Frequency
    given_at: datetime | None
    live_index: int | None
    evidence: str
    retention_days: int
    uses: Mapping[str, int]
    withdrawn_at: datetime | None = None
    declined: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Ask:
    """What is about to be asked of one agency about one person.

    area: the code of the village where the person lives; without it nothing is permitted.
    """

    programme: str
    purpose: str
    agency: str
    items: tuple[Item, ...]
    area: str | None = None


def check_request(
    request: Request, policy: Policy, *, client_programme: str, today: date
) -> list[Fault]:
    """Return everything wrong with `request` (empty = fine), members named as in its JSON."""
    faults: list[Fault] = []
    if request.programme not in policy.programmes:
        faults.append(Fault("programme", "is not a programme of the policy"))
    elif request.programme != client_programme:
        # One programme's client must never gather consents in another one's name.
        faults.append(Fault("programme", "is not the client's own programme"))
    faults += _check_items(request, policy)
    faults += _check_limits(request, policy, today)
    return faults


def _check_items(request: Request, policy: Policy) -> list[Fault]:
    if not request.items:
        return [Fault("questions", "names no question")]
    ceiling = policy.ceiling(request.programme, request.purpose)
    faults: list[Fault] = []
    first: dict[QuestionKey, int] = {}
    for number, item in enumerate(request.items):
        member = f"questions[{number}]"
        found = validate_asked(policy.catalogue, item.agency, item.question, item.params)
        faults += [Fault(f"{member}.{fault.member}", fault.reason) for fault in found]
        if found and found[0].member in {"agency", "question"}:
            continue
        if ceiling is not None and item.of not in ceiling.questions:
            faults.append(Fault(f"{member}.question", "may not be asked for this purpose"))
        if item.of in first:
            # A grant names one value per question: two thresholds would narrow an amount.
            faults.append(Fault(member, f"asks the question of questions[{first[item.of]}] again"))
        first.setdefault(item.of, number)
    return faults


def _check_limits(request: Request, policy: Policy, today: date) -> list[Fault]:
    if request.purpose not in policy.purposes:
        return [Fault("purpose", "is not a purpose of the policy")]
    ceiling = policy.ceiling(request.programme, request.purpose)
    if ceiling is None:
        return [Fault("purpose", "is not open to this programme")]
    faults: list[Fault] = []
    last = today + timedelta(days=ceiling.period_days)
    if not today <= request.valid_until <= last:
        faults.append(Fault("valid_until", f"must lie between {today} and {last}"))
    frequency = request.frequency
    if frequency.per not in PERIODS:
        faults.append(Fault("frequency.per", f"must be one of: {', '.join(PERIODS)}"))
    elif not _is_count(frequency.max):
        faults.append(Fault("frequency.max", "must be an integer of 1 or more"))
    elif not frequency.within(ceiling.frequency):
        most = ceiling.frequency
        faults.append(Fault("frequency", f"is above this purpose's {most.max} a {most.per}"))
    if not _is_count(request.retention_days):
        faults.append(Fault("retention_days", "must be an integer of 1 or more"))
    elif request.retention_days > ceiling.retention_days:
        faults.append(Fault("retention_days", f"is above this purpose's {ceiling.retention_days}"))
    return faults


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
