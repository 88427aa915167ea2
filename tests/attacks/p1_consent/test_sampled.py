"""P1 under a random audit: accesses without a grant, and a broker that lies about its sample.

Each runs `izin audit sample` as a process against real sockets, behind which the broker does what
the test says; everything else of it is the real thing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from audit.entry import draft, parse_entry, salted_digest
from audit.trace import share, tag
from broker.auditing import Audits
from broker.problems import Problem
from consent.grants import GrantRecord
from tests.audits import app_with, audited, faults, judged, parts_of, sample
from tests.world import World


@pytest.fixture
def grant(world: World) -> GrantRecord:
    """Return a live grant under which every agency was asked once."""
    audited(world)
    given = world.consent(world.person("eligible"))
    assert "complete" == world.ask(given).status
    return given


def accesses(world: World) -> list[int]:
    log = world.broker.log
    return [index for index in range(log.size) if b'"access.sent"' in log.entry(index)]


def slip_in(
    world: World, grant: GrantRecord, *, questions: tuple[str, ...] = ("owns_car",), **said: str
) -> int:
    """Log an access to polri that no policy permitted, and keep its opening as for any other."""
    opening = {
        "grant_id": grant.grant_id,
        "g": grant.g,
        "evidence": "broker-attested",
        "policy": world.broker.policy.digest,
        "question_id": "A" * 22,
        **said,
    }
    salt = os.urandom(32)
    digest = salted_digest(salt, opening)
    world.broker.openings.keep(grant.person_id, digest, salt, opening)
    trace_key = world.broker.persons.open(grant.person_id).trace_key
    members = {
        "programme": grant.programme,
        "agency": "polri",
        "purpose": grant.purpose,
        "questions": list(questions),
        "tag": tag(share(trace_key, "polri"), world.clock().date(), 63).hex(),
        "q": os.urandom(32).hex(),
        "digest": digest,
    }
    return world.broker.log.append([draft("access.sent", members)]).entries[0].index


class Lying(Audits):
    """A broker that answers audits as it likes: `lie` changes an honest opening."""

    def __init__(self, world: World) -> None:
        super().__init__(**parts_of(world))

    def _open(self, index: int) -> tuple[str | None, Mapping[str, Any]]:
        person_id, honest = super()._open(index)
        return person_id, self.lie(index, dict(honest))

    def lie(self, index: int, honest: dict[str, Any]) -> Mapping[str, Any]:
        return honest


def test_an_honest_broker_passes(world: World, grant: GrantRecord, tmp_path: Path) -> None:
    """The twin without which the attacks below would show nothing."""
    code, said = judged(world, tmp_path)
    assert (0, "ok", []) == (code, said["result"], said["bad"])
    assert accesses(world) == [each["index"] for each in said["good"]]
    assert {grant.index} == {each["grant"] for each in said["good"]}
    assert 0 == said["unnamed_policy"]
    done = sample(world, tmp_path, "--lang", "id")
    assert (0, "") == (done.returncode, done.stderr)
    population = len(accesses(world))
    assert f"BAIK: {population} dari {population} pertanyaan dibuka" in done.stdout
    assert "Dengan keyakinan 99 %: kurang dari 1 pertanyaan" in done.stdout
    assert 0 == judged(world, tmp_path, app=app_with(world, Lying(world)))[0]


def test_a_log_without_accesses_has_nothing_to_open(world: World, tmp_path: Path) -> None:
    audited(world)
    assert (0, 0) == (lambda found: (found[0], found[1]["population"]))(judged(world, tmp_path))


def test_without_an_auditor_s_token_it_could_not_run(
    world: World, grant: GrantRecord, tmp_path: Path
) -> None:
    done = sample(world, tmp_path, token="another")
    assert 2 == done.returncode
    assert "could not run" in done.stderr


def test_an_access_under_a_grant_that_never_was(
    world: World, grant: GrantRecord, tmp_path: Path
) -> None:
    """Would work where an auditor believes that an opening names a grant."""
    bad = slip_in(world, grant, g=os.urandom(32).hex())
    code, said = judged(world, tmp_path)
    assert (1, {(bad, "no_grant")}) == (code, faults(said))
    told = sample(world, tmp_path).stdout
    assert f"BAD, entry {bad}: the grant that it names does not stand in the log" in told
    assert "NOT GOOD: 1 of " in told
    assert "confidence" not in told


def test_an_access_after_the_withdrawal(world: World, grant: GrantRecord, tmp_path: Path) -> None:
    """Would work where only the grant's own entry is looked at: the end is under another mark."""
    world.broker.grants.withdraw(grant.grant_id, grant.person_id)
    bad = slip_in(world, grant)
    code, said = judged(world, tmp_path)
    assert 1 == code
    assert (bad, "withdrawn") in faults(said)
    assert {bad} == {index for index, _ in faults(said)}


def test_a_question_that_was_not_granted(world: World, tmp_path: Path) -> None:
    audited(world)
    grant = world.consent(world.person("eligible"), without=[("polri", "owns_car")])
    bad = slip_in(world, grant)
    assert {(bad, "not_granted")} == faults(judged(world, tmp_path)[1])


def test_an_access_after_the_last_day(world: World, grant: GrantRecord, tmp_path: Path) -> None:
    world.clock.forward(days=(grant.valid_until - world.clock().date()).days + 1)
    bad = slip_in(world, grant)
    assert (bad, "expired") in faults(judged(world, tmp_path)[1])


def test_more_often_than_granted(world: World, grant: GrantRecord, tmp_path: Path) -> None:
    bad = slip_in(world, grant)
    assert {(bad, "too_often")} == faults(judged(world, tmp_path)[1])


def test_evidence_that_no_catalogue_knows(world: World, tmp_path: Path) -> None:
    audited(world)
    bad = slip_in(world, world.consent(world.person("eligible")), evidence="a-kind-word")
    assert {(bad, "weak_evidence")} == faults(judged(world, tmp_path)[1])


def test_rules_that_the_log_never_named_are_noted(world: World, tmp_path: Path) -> None:
    audited(world)
    slip_in(world, world.consent(world.person("eligible")), policy="ab" * 32)
    code, said = judged(world, tmp_path)
    assert (0, 1) == (code, said["unnamed_policy"])


def test_a_broker_that_opens_another_access(
    world: World, grant: GrantRecord, tmp_path: Path
) -> None:
    """Would work where an opening need not be that of the entry: a good one for every bad one."""
    bad = slip_in(world, grant, g=os.urandom(32).hex())
    good = accesses(world)[0]

    class Swapping(Lying):
        def lie(self, index: int, honest: dict[str, Any]) -> Mapping[str, Any]:
            return honest if index != bad else {**self._open(good)[1], "index": bad}

    code, said = judged(world, tmp_path, app=app_with(world, Swapping(world)))
    assert (1, {(bad, "other_access")}) == (code, faults(said))


def test_a_broker_that_opens_other_indexes_than_were_drawn(
    world: World, grant: GrantRecord, tmp_path: Path
) -> None:
    bad = slip_in(world, grant, g=os.urandom(32).hex())
    good = accesses(world)[0]

    class Elsewhere(Lying):
        def lie(self, index: int, honest: dict[str, Any]) -> Mapping[str, Any]:
            return honest if index != bad else self._open(good)[1]

    code, said = judged(world, tmp_path, app=app_with(world, Elsewhere(world)))
    assert (1, {(bad, "not_opened")}) == (code, faults(said))


def test_a_broker_that_refuses_once_it_knows_the_sample(
    world: World, grant: GrantRecord, tmp_path: Path
) -> None:
    """Would work where no answer is no result: just the audits that find something would fail."""

    class Refusing(Lying):
        def reveal(self, reader: str, audit_id: str, nonce: bytes) -> list[Mapping[str, Any]]:
            raise Problem("internal", "try again")

    code, said = judged(world, tmp_path, app=app_with(world, Refusing(world)))
    assert 1 == code
    assert {(index, "not_opened") for index in accesses(world)} == faults(said)


def test_a_broker_that_keeps_one_opening_back(
    world: World, grant: GrantRecord, tmp_path: Path
) -> None:
    bad = slip_in(world, grant)

    class Silent(Lying):
        def lie(self, index: int, honest: dict[str, Any]) -> Mapping[str, Any]:
            return honest if index != bad else {"index": bad}

    assert {(bad, "not_opened")} == faults(
        judged(world, tmp_path, app=app_with(world, Silent(world)))[1]
    )


@pytest.mark.parametrize(
    ("member", "expected"),
    [("opening", "other_grant"), ("gid", "other_grant"), (None, "grant_not_opened")],
)
def test_a_broker_that_opens_a_forged_grant(
    world: World, tmp_path: Path, member: str | None, expected: str
) -> None:
    """Would work where the grant's opening is believed: one that allows what was asked."""
    audited(world)
    grant = world.consent(world.person("eligible"), without=[("polri", "owns_car")])
    bad = slip_in(world, grant)

    class Forging(Lying):
        def lie(self, index: int, honest: dict[str, Any]) -> Mapping[str, Any]:
            if member is None:
                return {name: each for name, each in honest.items() if name != "grant"}
            shown = dict(honest["grant"])
            if member == "gid":  # under which no withdrawal stands
                return {**honest, "grant": {**shown, "gid": os.urandom(32).hex()}}
            (details,) = shown["opening"]["granted"]
            asked = [*details["questions"], {"agency": "polri", "question": "owns_car"}]
            wider = {**shown["opening"], "granted": [{**details, "questions": asked}]}
            return {**honest, "grant": {**shown, "opening": wider}}

    code, said = judged(world, tmp_path, app=app_with(world, Forging(world)))
    assert (1, {(bad, expected)}) == (code, faults(said))


def test_a_true_grant_of_somebody_else(world: World, grant: GrantRecord, tmp_path: Path) -> None:
    """Would work where the access need not name the grant that is opened for it."""
    other = world.consent(world.person("declines"))
    assert other.index is not None
    given = parse_entry(world.broker.log.entry(other.index))
    salt, opening = world.broker.openings.open(str(given.members["digest"]))
    bad = slip_in(world, grant)

    class Borrowing(Lying):
        def lie(self, index: int, honest: dict[str, Any]) -> Mapping[str, Any]:
            if index != bad:
                return honest
            shown = {**honest["grant"], "salt": salt.hex(), "opening": opening}
            return {**honest, "grant": shown}

    code, said = judged(world, tmp_path, app=app_with(world, Borrowing(world)))
    assert (1, {(bad, "other_grant")}) == (code, faults(said))


@pytest.mark.parametrize(
    "answer", ["x", [], [1], [{"index": 1}], {"index": []}, [{"index": 0, "opening": []}]]
)
def test_an_answer_of_any_other_form_opens_nothing(
    world: World, grant: GrantRecord, tmp_path: Path, answer: Any
) -> None:
    class Babbling(Lying):
        def reveal(self, reader: str, audit_id: str, nonce: bytes) -> Any:
            return answer

    code, said = judged(world, tmp_path, app=app_with(world, Babbling(world)))
    assert (1, len(accesses(world))) == (code, len(said["bad"]))
