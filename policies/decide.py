"""Every rule is run; a permit needs a yes from each; a refusal carries every reason.

Only this file can make a `Permit`, and later steps demand one, so nothing can be sent that
was not decided here. It must not log, count or store: the caller records a refusal.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from datetime import datetime
from typing import Final, NoReturn, final

from policies.ask import Ask, GrantView, Item
from policies.errors import PolicyError
from policies.policy import Policy
from policies.rules import RULES, Rule
from policies.words import Words

_MADE_HERE: Final = object()


@dataclass(frozen=True)
class Reason:
    """Why not. `rule`: the rule's id, as the log keeps it. failed: the rule itself broke."""

    rule: str
    article: str
    text: Words
    failed: bool = False


@dataclass(frozen=True)
class Refusal:
    """The answer "no", with every reason in the order of the rules."""

    reasons: tuple[Reason, ...]

    @property
    def reason_ids(self) -> list[str]:
        """The ids of the rules that said no, sorted as the log's entry wants them."""
        return sorted(reason.rule for reason in self.reasons)


@final
@dataclass(frozen=True)
class Permit:
    """The answer "yes" to exactly this ask, under this grant, at this moment.

    Made by `decide` alone. It cannot be copied with other values, subclassed or pickled: a
    retry after a restart must be decided again, since the grant may be withdrawn by then.
    """

    ask: Ask
    grant: GrantView
    at: datetime
    made_by: InitVar[object] = field(default=None, kw_only=True)

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _MADE_HERE:
            raise PolicyError("a permit is made by decide() only")

    def __init_subclass__(cls) -> NoReturn:
        raise PolicyError("a permit has no subclasses")

    def __reduce__(self) -> NoReturn:
        raise PolicyError("a permit is not stored: decide again")


def decide(ask: Ask, grant: GrantView | None, policy: Policy, *, at: datetime) -> Permit | Refusal:
    """Return a permit if every rule says yes, else a refusal with every reason.

    grant: None where there is none, so that this too is refused with its reasons.
    at: timezone-aware.
    """
    reasons = tuple(
        reason for rule in RULES if (reason := _judge(rule, ask, grant, policy, at)) is not None
    )
    if reasons or grant is None or not RULES:  # no rules is no yes either
        return Refusal(reasons)
    return Permit(ask, grant, at, made_by=_MADE_HERE)


def minimise(permit: Permit) -> tuple[Item, ...]:
    """Return what may leave: of the items asked, exactly the ones granted, in a fixed order.

    The values are the grant's own objects, so nothing that the asking side added travels on.
    """
    asked = {item.key for item in permit.ask.items}
    granted = {item.key: item for item in permit.grant.items}
    return tuple(granted[key] for key in sorted(asked & granted.keys()))


def _judge(
    rule: Rule, ask: Ask, grant: GrantView | None, policy: Policy, at: datetime
) -> Reason | None:
    """Return the rule's reason against, or None if it says yes."""
    try:
        # `is True`: a rule that returns some other truthy thing is broken, not in favour.
        if rule.check(ask, grant, policy, at) is True:
            return None
        failed = False
    except Exception:
        # A rule that cannot judge must not let through; what it raised may hold values and
        # is dropped on purpose.
        failed = True
    return Reason(rule.id, rule.article, rule.text, failed)
