"""A grant that is to hold longer: until when it may, and what the person is asked for it. Pure.

The same questions, purpose, frequency and keeping; only the last day moves, never past the
purpose's ceiling. It must not decide about evidence (see `confirming`).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from consent.grants import GrantRecord, GrantState
from policies.ask import Request, check_request
from policies.policy import Policy

STEP: Final = timedelta(days=30)
MOST_STEPS: Final = 2


def extended_request(record: GrantRecord, until: date) -> Request:
    """Return what she is asked: all of the grant, allowed items first, with another last day."""
    return Request(
        programme=record.programme,
        purpose=record.purpose,
        items=(*record.granted, *record.declined),
        valid_until=until,
        frequency=record.frequency,
        retention_days=record.retention_days,
    )


def allowed_again(record: GrantRecord) -> range:
    """Return the indexes in `extended_request` of what she allowed; the rest stays declined."""
    return range(len(record.granted))


def choices(
    record: GrantRecord, policy: Policy, *, client_programme: str, today: date
) -> tuple[date, ...]:
    """Return the last days that she may choose, soonest first; none where it cannot be extended.

    client_programme: of the client whose grant it is. A step or two further, and the last day
    that the ceiling allows.
    """
    ceiling = policy.ceiling(record.programme, record.purpose)
    live = record.state is GrantState.LIVE and today <= record.valid_until
    if ceiling is None or not live:
        return ()
    last = today + timedelta(days=ceiling.period_days)
    if last <= record.valid_until:
        return ()
    longest = extended_request(record, last)
    if check_request(longest, policy, client_programme=client_programme, today=today):
        # The policy has changed since: what she allowed then could not be asked for now.
        return ()
    steps = (record.valid_until + number * STEP for number in range(1, MOST_STEPS + 1))
    return (*(day for day in steps if day < last), last)
