"""P2, P8, P10: a log that is consistent, truly signed, and breaks a promise all the same.

Whoever holds the log's key can sign any sequence of well-formed entries. Each attack here would
succeed against a verifier that checks hashes only; beside it stands an honest log that looks
alike, as a crash or an odd moment leaves it, and must pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.chain import GENESIS_PREV
from audit.entry import draft, format_at, format_entry
from audit.errors import TamperedError
from audit.merkle import leaf_hash
from audit.verify import Report, verify
from tests.audit.memory_log import START, TestSigner, log_of, some_members

SIGNER = TestSigner()
OTHER = "ab" * 32
Made = tuple[str, float, dict[str, Any]]
"""Kind, hours after START, members that differ from the made-up ones."""


def sent(hours: float = 0, **more: Any) -> Made:
    return ("access.sent", hours, more)


def answered(hours: float = 0, **more: Any) -> Made:
    return ("access.answered", hours, more)


def failed(hours: float = 0, **more: Any) -> Made:
    return ("access.failed", hours, more)


def committed(hours: float, valid_after: float, **more: Any) -> Made:
    valid_from = format_at(START + timedelta(hours=hours + valid_after))
    return ("formula.committed", hours, {"from": valid_from, **more})


def decided(hours: float, **more: Any) -> Made:
    return ("decision.made", hours, more)


def entries(made: Sequence[Made]) -> list[bytes]:
    raws: list[bytes] = []
    prev = GENESIS_PREV
    for number, (kind, hours, more) in enumerate(made):
        members = {**some_members(kind, number), "questions": ["owns_car"], **more}
        if not kind.startswith("access"):
            members.pop("questions")
        at: datetime = START + timedelta(hours=hours)
        raws.append(format_entry(draft(kind, members), at, prev))
        prev = leaf_hash(raws[-1])
    return raws


def judged(*made: Made) -> Report:
    return verify(log_of(entries(made), SIGNER), SIGNER.verifier)


def blame(*made: Made) -> tuple[str, int | None]:
    with pytest.raises(TamperedError) as caught:
        judged(*made)
    return caught.value.step, caught.value.index


# Step 11: the formula is fixed before it is used.


def test_a_decision_under_a_formula_in_force() -> None:
    judged(committed(0, 24), decided(24), decided(24))


def test_a_decision_under_a_formula_that_nobody_committed() -> None:
    assert blame(committed(0, 24), decided(24, formula=OTHER)) == ("formulas", 1)
    with pytest.raises(TamperedError, match="not committed"):
        judged(decided(24))


def test_a_formula_committed_after_the_decision() -> None:
    """Would work where it only has to stand somewhere in the log."""
    assert blame(decided(0), committed(0, 24)) == ("formulas", 0)


def test_a_formula_of_another_programme() -> None:
    assert blame(committed(0, 24, programme="bpnt"), decided(24)) == ("formulas", 1)


def test_a_decision_before_its_formula_s_time() -> None:
    assert blame(committed(0, 48), decided(47)) == ("formulas", 1)
    judged(committed(0, 48), decided(48))


def test_a_formula_that_was_not_known_for_24_hours() -> None:
    """Would work where `from` is believed: committed now, in force since last week."""
    assert blame(committed(0, -100), decided(23)) == ("formulas", 1)
    judged(committed(0, -100), decided(24))


def test_a_decision_under_a_formula_that_was_replaced() -> None:
    """Would work where any formula of the past will do: choose the one that fits."""
    new = [committed(0, 24), committed(1, 24, formula=OTHER), decided(25, formula=OTHER)]
    assert blame(*new, decided(27)) == ("formulas", 3)


def test_the_replaced_formula_may_still_be_in_force_elsewhere() -> None:
    """A decision does not tell its village."""
    judged(
        committed(0, 24),
        committed(0, 24, area="35.10.16.1014"),
        committed(1, 24, formula=OTHER),
        decided(25, formula=OTHER),
        decided(27),
    )


def test_a_decision_written_down_just_after_the_change() -> None:
    made = [committed(0, 24), committed(1, 24, formula=OTHER), decided(25, formula=OTHER)]
    judged(*made, decided(25))


def test_a_new_formula_that_a_crash_kept_from_being_used() -> None:
    """Its entry stands in the log, and the broker does not know of it: no alarm."""
    judged(committed(0, 24), committed(1, 24, formula=OTHER), decided(27))


def test_dates_at_the_ends_of_the_calendar_end_no_verification() -> None:
    made = [committed(0, 24, **{"from": "0001-01-01T00:00:00Z"})]
    far = (datetime.max.replace(tzinfo=START.tzinfo) - START) / timedelta(hours=1) - 2
    judged(*made, decided(far))
    early = (datetime.min.replace(tzinfo=START.tzinfo) - START) / timedelta(hours=1) + 1
    assert blame(decided(early)) == ("formulas", 0)


# Step 12: no answer without an access.


def test_answers_to_accesses() -> None:
    assert judged(sent(), sent(), answered(), answered()).overdue == ()


def test_an_answer_that_nobody_asked_for() -> None:
    assert blame(("policy.changed", 0, {}), answered()) == ("outcomes", 1)


def test_an_answer_before_its_access() -> None:
    """Would work where sums are compared at the end only."""
    assert blame(sent(), answered(), answered(), sent()) == ("outcomes", 2)


@pytest.mark.parametrize(
    "other",
    [{"agency": "pln"}, {"programme": "bpnt"}, {"purpose": "objection"}, {"questions": ["alive"]}],
)
def test_an_answer_of_another_agency_programme_purpose_or_question(other: dict[str, Any]) -> None:
    assert blame(sent(), answered(**other)) == ("outcomes", 1)
    judged(sent(), sent(**other), answered(**other))


def test_a_failure_of_what_was_never_sent() -> None:
    assert blame(sent(agency="pln"), failed()) == ("outcomes", 1)
    assert blame(failed(), sent()) == ("outcomes", 1)


def test_a_failure_written_twice_by_a_crash() -> None:
    """The entry was written, the broker's own note of it was not: it writes another at start."""
    judged(sent(), failed(), failed())
    judged(sent(), answered(), failed())


def test_answers_ahead_of_accesses_far_inside_the_log() -> None:
    """Across bundles: 300 pairs, then two answers to one access."""
    pairs = [made for _ in range(300) for made in (sent(), answered())]
    judged(*pairs, sent(), answered())
    assert blame(*pairs, sent(), answered(), answered()) == ("outcomes", 602)
    assert blame(*pairs, answered(), sent()) == ("outcomes", 600)


def test_an_agency_s_own_log_has_answers_and_no_accesses() -> None:
    report = judged(("access.refused", 0, {}), answered(), failed(), answered())
    assert "outcomes" not in report.steps


@pytest.mark.parametrize("kind", ["access.sent", "grant.given", "policy.changed"])
def test_a_log_that_begins_as_an_agency_s_and_goes_on_as_a_broker_s(kind: str) -> None:
    """Would work where the first entry decides for ever: one outcome first, and none is counted."""
    more = (kind, 0, {})
    with pytest.raises(TamperedError) as caught:
        judged(answered(), answered(), (more))
    assert (caught.value.step, caught.value.index) == ("outcomes", 2)


def test_accesses_without_an_outcome_are_counted_and_no_fault() -> None:
    """A broker that was down for a day has them, and did nothing wrong."""
    report = judged(sent(), sent(), answered(), sent(agency="pln"), ("policy.changed", 25, {}))
    assert [(each.agency, each.count) for each in report.overdue] == [("pln", 1), ("polri", 1)]
    assert judged(sent(), ("policy.changed", 24, {})).overdue == ()
    assert judged(sent(), ("policy.changed", 25, {}), failed(25)).overdue == ()
