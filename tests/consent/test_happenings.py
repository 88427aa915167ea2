"""How entries become happenings: what belongs together, and in which order it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from audit.entry import draft, format_entry, parse_entry
from audit.trace import Found
from consent.happenings import Day, count, tell_days
from policies.load import load

EVENING = datetime(2026, 11, 24, 12, tzinfo=UTC)
POLICY = load()


class Entries:
    """Entries about one person, in the log's order."""

    def __init__(self) -> None:
        self.found: list[Found] = []

    def add(
        self, kind: str, agency: str = "polri", *, at: datetime = EVENING, **more: object
    ) -> None:
        question = {"polri": "owns_car", "pln": "power_above"}[agency]
        members = {
            "programme": "pkh",
            "agency": agency,
            "purpose": "eligibility",
            "questions": [question],
            "tag": "ee" * 16,
            "digest": "ab" * 32,
            **({"q": f"{len(self.found):02x}" * 32} if kind == "access.sent" else {}),
            **({"outcome": kind.removeprefix("access.")} if kind.endswith("ed") else {}),
            **more,
        }
        if kind == "access.refused":
            del members["outcome"]
        made = draft(kind, members, day=at.date())  # type: ignore[arg-type]
        raw = format_entry(made, at, bytes(32))
        self.found.append(Found(len(self.found), parse_entry(raw), agency))

    def days(self) -> tuple[Day, ...]:
        return tell_days(self.found, POLICY)


def indexes(days: tuple[Day, ...]) -> list[list[tuple[int, ...]]]:
    return [
        [line.indexes for line in each.lines] or [each.indexes]
        for day in days
        for each in day.happenings
    ]


def test_one_request_to_several_agencies_is_one_happening() -> None:
    entries = Entries()
    for kind in ("access.sent", "access.answered"):
        for agency in ("polri", "pln"):
            entries.add(kind, agency)

    assert [[(0, 2), (1, 3)]] == indexes(entries.days())
    (happening,) = entries.days()[0].happenings
    assert happening.sentence.id.endswith("bertanya kepada 2 lembaga.")


def test_a_second_request_to_the_same_agency_is_a_happening_of_its_own() -> None:
    entries = Entries()
    entries.add("access.sent")
    entries.add("access.sent")
    entries.add("access.answered")

    # Newest first; the answer is the earlier question's.
    assert [[(1,)], [(0, 2)]] == indexes(entries.days())


def test_a_question_without_an_answer_says_so() -> None:
    entries = Entries()
    entries.add("access.sent")

    (line,) = entries.days()[0].happenings[0].lines
    assert ["Belum dijawab."] == [each.id for each in line.outcome]


def test_a_failure_says_why() -> None:
    entries = Entries()
    entries.add("access.sent")
    entries.add("access.failed", reasons=["agency_too_slow"])

    (line,) = entries.days()[0].happenings[0].lines
    assert ["Tidak dijawab.", "Lembaga terlalu lama menjawab."] == [e.id for e in line.outcome]


def test_an_outcome_without_its_question_is_not_lost() -> None:
    entries = Entries()
    entries.add("access.answered", "pln")

    assert [[(0,)]] == indexes(entries.days())


def test_refusals_for_the_same_reasons_are_one_happening() -> None:
    entries = Entries()
    for agency in ("polri", "pln"):
        entries.add("access.refused", agency, reasons=["frequency"])
    entries.add("access.refused", reasons=["grant_withdrawn"])

    assert [[(2,)], [(0,), (1,)]] == indexes(entries.days())
    assert all(each.refused for each in entries.days()[0].happenings)


def test_a_counted_refusal_stands_alone_and_counts_in_full() -> None:
    entries = Entries()
    entries.add("access.refused", reasons=["frequency"])
    entries.add("access.refused", "pln", reasons=["frequency"], count=40)

    assert 2 == len(entries.days()[0].happenings)
    assert 41 == count(entries.found, "access.refused")


def test_days_turn_at_midnight_in_banyuwangi() -> None:
    entries = Entries()
    entries.add("access.sent", at=EVENING.replace(hour=16))
    entries.add("access.sent", "pln", at=EVENING.replace(hour=17))
    entries.add("access.sent", at=EVENING + timedelta(days=1))

    days = [each.day.id for each in entries.days()]
    assert ["Rabu, 25 November 2026", "Selasa, 24 November 2026"] == days
    assert "antara pukul 00.00 dan 01.00 WIB" == entries.days()[0].happenings[1].when.id
