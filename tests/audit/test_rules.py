"""Rules give one verdict, whether entries come one by one or in batches, cut anywhere."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from audit.batch import leaf_hashes
from audit.entry import draft, format_entry
from audit.hours import moved
from audit.merkle import leaf_hash
from audit.outcomes import Accounts, Flow
from audit.reader import Reader
from audit.steps import Fault
from tests.audit.memory_log import START, some_members

KINDS = st.sampled_from(
    ["access.sent", "access.sent", "access.answered", "access.failed", "access.refused",
     "formula.committed", "decision.made", "grant.withdrawn", "policy.changed"]
)  # fmt: skip
MADE = st.lists(
    st.tuples(KINDS, st.sampled_from([0, 0, 0, 1, 24]), st.sampled_from(["pln", "polri"]),
              st.sampled_from(["aa" * 32, "bb" * 32])),
    max_size=24,
)  # fmt: skip


def entries_of(made: list[tuple[str, int, str, str]]) -> list[bytes]:
    """Return the entries: of each its kind, hours since the one before, agency, formula."""
    raws: list[bytes] = []
    prev, at = bytes(32), START
    for number, (kind, hours, agency, formula) in enumerate(made):
        at += timedelta(hours=hours)
        members: dict[str, Any] = dict(some_members(kind, number))
        for name, value in (("agency", agency), ("formula", formula)):
            if name in members:
                members[name] = value
        raws.append(format_entry(draft(kind, members), at, prev))
        prev = leaf_hash(raws[-1])
    return raws


def remembered(reader: Reader) -> dict[str, Any]:
    rules = reader.rules
    overdue = rules.accounts.overdue(reader.at) if reader.at else ()  # ages every account
    return {
        "accounts": {
            key: {**asdict(each), "sent": each.sent}
            for key, each in rules.accounts.by_key.items()
            if each.sent or each.answered or each.failed
        },
        "overdue": overdue,
        "commits": rules.formulas.commits,
        "used": rules.formulas.used,
        "ended": rules.ended,
        "agency": rules.agency,
        "kinds": rules.kinds,
        "where": (reader.size, reader.previous, reader.at, reader.began, reader.marks),
    }


def one_by_one(reader: Reader, raws: list[bytes]) -> Fault | None:
    return next((fault for raw in raws if (fault := reader.move(raw))), None)


@settings(max_examples=300, deadline=None)
@given(MADE, st.lists(st.integers(0, 24), max_size=4))
def test_batches_and_single_entries_get_the_same_verdict(
    made: list[tuple[str, int, str, str]], cuts: list[int]
) -> None:
    raws = entries_of(made)
    slow = Reader()
    expected = one_by_one(slow, raws)
    fast = Reader()
    found: Fault | None = None
    borders = sorted({0, *cuts, len(raws)})
    for start, stop in pairwise(borders):
        part = raws[start:stop]
        if not fast.accept(part, leaf_hashes(part)):
            found = one_by_one(fast, part)
            if found is not None:
                break
    assert found == expected
    if expected is None:
        assert remembered(fast) == remembered(slow)


def test_hours_stay_within_the_calendar() -> None:
    assert moved("2026-11-24T09:00:00Z", -10) == "2026-11-23T23:00:00Z"
    assert moved("9999-12-31T23:00:00Z", 1) == "9999-12-31T23:00:00Z"
    assert moved("0001-01-01T00:00:00Z", -25) == "0001-01-01T00:00:00Z"


def test_what_is_old_is_counted_once() -> None:
    accounts = Accounts()
    key = ("pkh", "polri", "eligibility", "owns_car")
    for day in range(1, 5):
        hour = f"2026-11-{day:02}T09:00:00Z"
        accounts.take({key: Flow({hour: 10}, 4, 1, 0, False)}, hour)
    account = accounts.by_key[key]
    assert (account.sent, account.old, len(account.recent)) == (40, 20, 2)
    (overdue,) = accounts.overdue("2026-11-09T00:00:00Z")
    assert overdue.count == 20
