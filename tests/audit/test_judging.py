"""What an auditor says of one opened access: each fault by itself, and the good twin of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.chain import GENESIS_PREV
from audit.entry import draft, format_entry, salted_digest
from audit.judging import EVIDENCE, Least, Logbook, judge_all
from audit.merkle import leaf_hash
from audit.trace import given_commitment, withdrawn_commitment
from policies import catalogue
from tests.audit.memory_log import some_members

GID, SALT = b"\x01" * 32, b"\x02" * 32
G, W = given_commitment(GID).hex(), withdrawn_commitment(GID).hex()
START = datetime(2026, 11, 24, 9, tzinfo=UTC)
LEAST = {("polri", "owns_car"): "broker-attested", ("polri", "motorcycles_above"): "id-token"}


@dataclass
class Case:
    """A policy, a grant and accesses under it; a test changes one thing."""

    raws: list[bytes] = field(default_factory=list)
    at: datetime = START
    openings: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, Any] = field(
        default_factory=lambda: {
            "programme": "pkh",
            "purpose": "eligibility",
            "questions": [{"agency": "polri", "question": "owns_car"}],
            "valid_until": "2026-11-25",
            "frequency": {"per": "week", "max": 1},
            "retention_days": 90,
        }
    )

    def write(self, kind: str, members: Mapping[str, Any]) -> int:
        prev = leaf_hash(self.raws[-1]) if self.raws else GENESIS_PREV
        whole = {**some_members(kind, len(self.raws)), **members}
        self.raws.append(format_entry(draft(kind, whole), self.at, prev))
        return len(self.raws) - 1

    def give(self, **changed: Any) -> None:
        self.write("policy.changed", {"policy": "aa" * 32})
        self.given = {"grant_id": "A" * 22, "granted": [self.details]}
        digest = salted_digest(SALT, self.given)
        self.write("grant.given", {"g": G, "digest": digest, **changed})

    def ask(
        self, entry: Mapping[str, Any] | None = None, grant: Any = None, **said: Any
    ) -> dict[str, Any]:
        opening = {
            "grant_id": "A" * 22,
            "g": G,
            "evidence": "broker-attested",
            "policy": "aa" * 32,
            **said,
        }
        digest = salted_digest(SALT, opening)
        members = {"questions": ["owns_car"], "digest": digest, **(entry or {})}
        index = self.write("access.sent", members)
        shown = {"salt": SALT.hex(), "opening": self.given, "gid": GID.hex(), **(grant or {})}
        one = {"index": index, "salt": SALT.hex(), "opening": opening, "grant": shown}
        self.openings.append(one)
        return one

    def faults(self, least: Least | None = LEAST) -> list[tuple[str, ...]]:
        book = Logbook(self.raws)
        judged = judge_all(book.accesses, self.openings, book, least=least)
        return [each.faults for each in judged]


@pytest.fixture
def case() -> Case:
    return Case()


def test_what_was_granted_is_good(case: Case) -> None:
    case.give()
    case.ask()
    book = Logbook(case.raws)
    (judged,) = judge_all([2], case.openings, book, least=LEAST)
    assert ((), 1, "broker-attested", True) == (
        judged.faults,
        judged.grant,
        judged.evidence,
        judged.known_policy,
    )


def test_an_opening_of_another_entry(case: Case) -> None:
    case.give()
    case.ask()["salt"] = "03" * 32
    assert [("other_access",)] == case.faults()


@pytest.mark.parametrize("member", ["salt", "opening", "index"])
def test_an_opening_without_a_member(case: Case, member: str) -> None:
    case.give()
    del case.ask()[member]
    assert [("not_opened",)] == case.faults()


def test_a_grant_that_comes_after(case: Case) -> None:
    case.given = {}
    case.ask()
    case.give()
    assert [("no_grant",)] == case.faults()


def test_a_grant_under_another_gid(case: Case) -> None:
    case.give()
    case.ask(grant={"gid": "04" * 32})
    assert [("other_grant",)] == case.faults()


def test_a_grant_s_opening_of_another_entry(case: Case) -> None:
    case.give()
    case.ask(grant={"salt": "03" * 32})
    assert [("other_grant",)] == case.faults()


def test_a_grant_of_another_id(case: Case) -> None:
    case.give()
    case.ask(grant_id="B" * 22)
    assert [("other_grant",)] == case.faults()


def test_a_grant_that_is_not_shown(case: Case) -> None:
    case.give()
    del case.ask()["grant"]
    assert [("grant_not_opened",)] == case.faults()


@pytest.mark.parametrize("kind", ["grant.withdrawn", "grant.expired"])
def test_a_grant_that_had_ended(case: Case, kind: str) -> None:
    case.give()
    case.ask()
    case.write(kind, {"w": W})
    case.at += timedelta(days=7)
    case.ask()
    assert [(), ("withdrawn", "expired")] == case.faults()


@pytest.mark.parametrize("name", ["programme", "purpose"])
def test_another_programme_or_purpose(case: Case, name: str) -> None:
    for where in ("access", "grant", "details"):
        case = Case()
        case.details[name] = "other" if where == "details" else case.details[name]
        case.give(**({name: "other"} if where == "grant" else {}))
        case.ask({name: "other"} if where == "access" else None)
        assert [("other_purpose",)] == case.faults(), where


def test_the_last_day_counts_and_the_next_does_not(case: Case) -> None:
    case.details["frequency"]["max"] = 2
    case.give()
    case.at = datetime(2026, 11, 25, 23, tzinfo=UTC)
    case.ask()
    case.at += timedelta(hours=1)
    case.ask()
    assert [(), ("expired",)] == case.faults()


def test_a_question_that_was_not_granted(case: Case) -> None:
    case.give()
    case.ask({"questions": ["motorcycles_above", "owns_car"]})
    assert [("not_granted",)] == case.faults(least=None)


def test_the_same_question_granted_for_another_agency(case: Case) -> None:
    case.give()
    case.ask({"agency": "pln"})
    assert [("not_granted",)] == case.faults(least=None)


def test_a_second_time_within_the_week(case: Case) -> None:
    case.details["valid_until"] = "2027-01-31"
    case.give()
    case.ask()
    case.at += timedelta(days=6, hours=23)
    case.ask()
    case.at += timedelta(days=7)
    case.ask()
    assert [(), ("too_often",), ()] == case.faults()


@pytest.mark.parametrize("evidence", ["", "none", "BROKER-ATTESTED"])
def test_evidence_of_no_known_kind(case: Case, evidence: str) -> None:
    case.give()
    case.ask(evidence=evidence)
    assert [("weak_evidence",)] == case.faults()
    assert [()] == case.faults(least=None)


def test_evidence_that_is_too_weak_for_one_of_the_questions(case: Case) -> None:
    question = {"agency": "polri", "question": "motorcycles_above"}
    case.details["questions"].append(question)
    case.details["frequency"]["max"] = 3
    case.give()
    asked = {"questions": ["motorcycles_above", "owns_car"]}
    case.ask(asked)
    case.ask(asked, evidence="id-token")
    case.ask(asked, evidence="passkey")
    assert [("weak_evidence",), (), ()] == case.faults()


def test_a_question_that_the_catalogue_does_not_have(case: Case) -> None:
    case.give()
    case.ask()
    assert [("weak_evidence",)] == case.faults(least={})


def test_a_grant_or_rules_that_never_were(case: Case) -> None:
    case.give()
    case.ask(g="cc" * 32, policy="dd" * 32)
    (judged,) = judge_all([2], case.openings, Logbook(case.raws), least=LEAST)
    assert (("no_grant",), False) == (judged.faults, judged.known_policy)


def test_rules_named_too_late_are_not_known(case: Case) -> None:
    case.give()
    case.ask(policy="bb" * 32)
    case.write("policy.changed", {"policy": "bb" * 32})
    (judged,) = judge_all([2], case.openings, Logbook(case.raws), least=LEAST)
    assert not judged.known_policy


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("questions", "owns_car"),
        ("questions", ["owns_car"]),
        ("valid_until", "tomorrow"),
        ("frequency", 1),
        ("frequency", {"per": "minute", "max": 1}),
        ("frequency", {"per": "week", "max": "often"}),
    ],
)
def test_a_grant_that_was_committed_to_in_another_form(case: Case, name: str, value: Any) -> None:
    case.details[name] = value
    case.give()
    case.ask()
    assert case.faults()[0]


def test_the_kinds_of_evidence_are_the_catalogue_s() -> None:
    assert catalogue.EVIDENCE == EVIDENCE
