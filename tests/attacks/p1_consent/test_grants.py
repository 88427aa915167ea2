"""P1, no consent, no question: grants that are forged, restored, withdrawn, widened or another's.

The broker itself asks, with all its keys, past its own policy: what holds is what gateways check.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from audit.entry import draft, parse_entry
from audit.errors import EntryError
from audit.proof import parse_proof
from audit.trace import given_commitment
from consent.evidence import attest, challenge
from consent.parts import part_digest
from keys import base64url
from keys.signing import SigningKey
from policies.ask import Frequency
from tests.attacks.rogue import (
    AGENCY,
    HAS_ACCOUNT,
    Rogue,
    Victim,
    above,
    is_answered,
    reason,
)

STRANGER = SigningKey.from_seed(b"\x77" * 32)


def test_the_honest_twin_is_answered(rogue: Rogue, victim: Victim) -> None:
    """No attack: every attack below differs in one thing from this question."""
    assert is_answered(rogue.ask(rogue.give(victim)))


def test_a_grant_that_never_was_logged(rogue: Rogue, victim: Victim, tmp_path: Path) -> None:
    """Would work where a row of the broker's database, or its signature, is believed."""
    elsewhere = rogue.fork(tmp_path / "elsewhere.db")
    forged = rogue.give(victim, log=elsewhere)
    entry = elsewhere.entry(forged.index).decode()
    elsewhere.close()
    payload = rogue.access(replace(forged, index=rogue.give(rogue.victim()).index))
    assert reason(rogue.send(replace(payload, grant_entry=entry))) == "grant_not_in_log"


def test_a_grant_given_after_the_access(rogue: Rogue, victim: Victim) -> None:
    """Would work where consent may follow the question."""
    payload = rogue.access(rogue.give(victim))
    late = rogue.give(victim)
    access = parse_proof(payload.access_proof).index
    assert reason(rogue.send(rogue.prove(payload, access, late.index))) == "grant_not_in_log"


def test_an_entry_that_is_no_grant(rogue: Rogue, victim: Victim) -> None:
    """Would work where any proven entry passes for consent."""
    held = rogue.give(victim)
    other = rogue.access(rogue.give(rogue.victim()))
    payload = rogue.access(held)
    index = parse_proof(other.access_proof).index
    access = parse_proof(payload.access_proof).index
    assert reason(rogue.send(rogue.prove(payload, access, index))) == "grant_not_in_log"


def test_a_withdrawn_grant(rogue: Rogue, victim: Victim) -> None:
    """Would work where the broker's word is taken that a grant is live.

    The gateway reads the lists of withdrawals at most 5 s late, hence the wait.
    """
    held = rogue.give(victim)
    assert is_answered(rogue.ask(held))
    rogue.withdraw(held)
    rogue.stage.wait(5.2)
    assert reason(rogue.ask(held)) == "grant_withdrawn"


def test_a_withdrawal_that_the_log_stops_showing(local: Rogue) -> None:
    """Would work where the newest list replaces what was seen. In process: the log must lie."""
    held = local.give(local.victim())
    local.withdraw(held)
    local.stage.wait(6)
    assert reason(local.ask(held)) == "grant_withdrawn"
    local.stage.wait(6)
    local.log.withdrawn = lambda _day: []  # type: ignore[method-assign]
    assert reason(local.ask(held)) == "grant_withdrawn"


DAY = '"day":"2026-11-24"'
HASH = "ab" * 32


@pytest.mark.parametrize(
    "lie",
    [
        "",
        "{}",
        '{"v":1,"day":"2020-01-01","withdrawn":[]}',
        f'{{"v":2,{DAY},"withdrawn":[]}}',
        f'{{"v":1,{DAY},"withdrawn":[["0","{HASH}"]]}}',
        f'{{"v":1,{DAY},"withdrawn":[[-1,"{HASH}"]]}}',
        f'{{"v":1,{DAY},"withdrawn":[[0,"{HASH[1:]}"]]}}',
        f'{{"v":1,{DAY},"withdrawn":[[0]]}}',
    ],
)
def test_lists_of_withdrawals_that_are_cut_off(local: Rogue, lie: str) -> None:
    """Would work where no list means no withdrawal. In process: time and wire are ours."""
    held = local.give(local.victim())
    assert is_answered(local.ask(held))
    withdrawals = local.stage.world.gateways[AGENCY].desk._withdrawals  # type: ignore[attr-defined]
    withdrawals._fetch = lambda _path: lie.encode()
    local.stage.wait(599)
    assert is_answered(local.ask(held))
    local.stage.wait(2)
    assert reason(local.ask(held)) == "withdrawals_unknown"


def test_yesterday_s_withdrawal_counts_today(local: Rogue) -> None:
    """Would work where only today's list is read. In process: a day passes."""
    held = local.give(local.victim())
    local.withdraw(held)
    local.stage.wait(86_400)
    assert reason(local.ask(held)) == "grant_withdrawn"


def test_a_withdrawal_just_before_midnight_is_not_missed(local: Rogue) -> None:
    """Would work where a day's list, read once on that day, is taken for final."""
    held = local.give(local.victim())
    local.stage.wait(11 * 3600 + 59 * 60)  # the list of this day is read at 23:59:30
    assert is_answered(local.ask(held))
    local.stage.wait(20)
    local.withdraw(held)
    local.stage.wait(86_400)
    assert reason(local.ask(held)) == "grant_withdrawn"


def test_a_grant_of_another_person(rogue: Rogue, victim: Victim) -> None:
    """Would work where a grant is not bound to a NIK: one neighbour consents for the other."""
    payload = rogue.access(rogue.give(victim))
    assert reason(rogue.send(replace(payload, nik=rogue.victim().nik))) == "grant_not_bound"


def test_a_part_by_a_key_that_no_agreement_names(rogue: Rogue, victim: Victim) -> None:
    """Would work where the message brings the key that its part is checked with."""
    assert reason(rogue.ask(rogue.give(victim, signer=STRANGER))) == "grant_not_bound"


def test_a_part_widened_after_the_fact(rogue: Rogue, victim: Victim) -> None:
    """Would work where a part, freshly signed by the consent key, is enough."""
    narrow = rogue.give(victim, [HAS_ACCOUNT])
    wide = rogue.give(victim, committed_part=narrow.part)
    assert reason(rogue.ask(wide, [above(5_000_000)])) == "grant_not_bound"


def test_one_grant_s_entry_for_another_grant(rogue: Rogue, victim: Victim) -> None:
    """Would work where any grant of hers will do: the second may be withdrawn or expired.

    All of the first's entry but `g` is made to suit the second, as the broker can.
    """
    second = rogue.give(victim)
    traces = parse_entry(rogue.log.entry(second.index)).members["traces"]
    g = given_commitment(os.urandom(32)).hex()
    over = challenge(g, list(traces), (part_digest(second.part), *second.others))  # type: ignore[call-overload]
    entry = {"traces": traces, "g": g, "challenge": over.hex()}
    first = rogue.give(victim, entry=entry)
    evidence = attest(over, rogue.broker.keys.consent)
    assert reason(rogue.ask(replace(second, index=first.index, evidence=evidence))) == (
        "grant_not_bound"
    )


def test_a_grant_for_another_programme(rogue: Rogue, victim: Victim) -> None:
    """Would work where programmes share what one was allowed."""
    payload = rogue.access(rogue.give(victim), programme="bpnt", subject=victim.subjects["bpnt"])
    assert reason(rogue.send(payload)) == "grant_not_bound"


def test_an_entry_that_names_another_programme(rogue: Rogue, victim: Victim) -> None:
    """Would work where the log may say less of a grant than its part does."""
    held = rogue.give(victim, entry={"programme": "bpnt"})
    assert reason(rogue.ask(held)) == "grant_not_bound"


def test_a_grant_for_another_purpose(rogue: Rogue, victim: Victim) -> None:
    """Would work where "she consented" does not say to what."""
    held = rogue.give(victim)
    assert reason(rogue.ask(held, purpose="objection")) == "grant_not_bound"


def test_an_entry_that_names_another_purpose(rogue: Rogue, victim: Victim) -> None:
    """Would work where the log may say another purpose than the part."""
    held = rogue.give(victim, entry={"purpose": "objection"})
    assert reason(rogue.ask(held)) == "grant_not_bound"


def test_a_part_for_another_purpose(rogue: Rogue, victim: Victim) -> None:
    """Would work where entry and question agree and the part is not looked at."""
    held = rogue.give(victim, part_changes={"purpose": "objection"})
    assert reason(rogue.ask(held)) == "grant_not_bound"


def test_a_part_for_another_programme(rogue: Rogue, victim: Victim) -> None:
    """Would work where entry and question agree and the part is not looked at."""
    held = rogue.give(victim, part_changes={"programme": "bpnt"})
    assert reason(rogue.ask(held)) == "grant_not_bound"


def test_a_part_for_another_agency(rogue: Rogue, victim: Victim) -> None:
    """Would work where what she allowed one agency counts for all."""
    items = tuple(rogue.broker.policy.catalogue.agencies)
    held = rogue.give(victim)
    foreign = rogue.give(victim, [above(5_000_000)], agency="bpjs_tk")
    assert AGENCY in items
    with_foreign = replace(foreign, agency=AGENCY)
    assert reason(rogue.ask(with_foreign, [HAS_ACCOUNT])) == "grant_not_bound"
    assert is_answered(rogue.ask(held))


def test_the_pseudonym_of_another_person(rogue: Rogue, victim: Victim) -> None:
    """Would work where the programme's name for her is not part of what she allowed."""
    held = rogue.give(victim)
    other = rogue.victim().subjects["pkh"]
    assert reason(rogue.ask(held, subject=other)) == "grant_not_bound"


def test_a_message_that_commits_to_another_grant(rogue: Rogue, victim: Victim) -> None:
    """Would work where the outside of a message may name any grant: receipts prove nothing."""
    payload = rogue.access(rogue.give(victim))
    cid = base64url.encode(b"c" * 32)
    assert reason(rogue.send(payload, cid=cid)) == "grant_not_bound"


def test_a_challenge_over_other_parts(rogue: Rogue, victim: Victim) -> None:
    """Would work where the other agencies' parts can be exchanged later."""
    held = replace(rogue.give(victim), others=("ef" * 32,))
    assert reason(rogue.ask(held)) == "grant_not_bound"


def test_after_the_last_day(local: Rogue) -> None:
    """Would work where a grant is good until it is withdrawn. In process: days pass."""
    held = local.give(local.victim(), valid_until=local.today)
    assert is_answered(local.ask(held))
    local.stage.wait(86_400)
    assert reason(local.ask(held)) == "grant_expired"


def test_a_question_that_she_did_not_allow(rogue: Rogue, victim: Victim) -> None:
    """Would work where a grant for an agency opens all of its questions."""
    held = rogue.give(victim, [HAS_ACCOUNT])
    assert reason(rogue.ask(held, [above(5_000_000)])) == "question_not_granted"


def test_a_value_that_she_did_not_allow(rogue: Rogue, victim: Victim) -> None:
    """Would work where only the question's name is compared."""
    held = rogue.give(victim, [above(5_000_000)])
    assert reason(rogue.ask(held, [above(10_000_000)])) == "question_not_granted"


def test_more_often_than_she_allowed(rogue: Rogue, victim: Victim) -> None:
    """Would work where the broker counts."""
    held = rogue.give(victim, frequency=Frequency("month", 1))
    assert is_answered(rogue.ask(held))
    assert reason(rogue.ask(held)) == "frequency_spent"


def test_a_new_grant_to_ask_more_often(rogue: Rogue, victim: Victim) -> None:
    """Would work where each grant has a count of its own."""
    once = Frequency("month", 1)
    assert is_answered(rogue.ask(rogue.give(victim, frequency=once)))
    assert reason(rogue.ask(rogue.give(victim, frequency=once))) == "frequency_spent"


def test_the_period_ends_after_a_month_and_no_sooner(local: Rogue) -> None:
    """Would work where the period is counted wrongly. In process: a month passes."""
    held = local.give(local.victim(), frequency=Frequency("month", 1))
    assert is_answered(local.ask(held))
    local.stage.wait(timedelta(days=29).total_seconds())
    assert reason(local.ask(held)) == "frequency_spent"
    local.stage.wait(timedelta(days=2).total_seconds())
    assert is_answered(local.ask(held))


def test_a_withdrawn_grant_given_a_second_time(rogue: Rogue, victim: Victim) -> None:
    """Would work where a second `given` of the same grant revives it: the log refuses the mark."""
    held = rogue.give(victim)
    rogue.withdraw(held)
    given = parse_entry(rogue.log.entry(held.index)).members
    with pytest.raises(EntryError):
        rogue.log.append([draft("grant.given", {**given, "tag": "ab" * 16})])
