"""P5, she finds every access: phantom trace keys, foreign shares, wrong, old and shared tags."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import timedelta

import pytest

from audit import trace
from audit.trace import find, format_trace_key
from keys import base64url
from policies.ask import Frequency
from tests.attacks import honest
from tests.attacks.rogue import AGENCY, HAS_ACCOUNT, Rogue, Victim, above, is_answered, reason
from tests.attacks.stages import IZIN, ROOT, Demo, WorldStage


def _hers(rogue: Rogue, victim: Victim) -> list[tuple[str, str]]:
    """Return what her trace key finds in the broker's log: kind and reasons or agency."""
    entries = [rogue.log.entry(index) for index in range(rogue.log.size)]
    found = find(entries, victim.trace_key, tuple(rogue.broker.policy.catalogue.agencies))
    return [(one.entry.kind, str(one.entry.members.get("agency", ""))) for one in found]


def test_a_phantom_trace_key(rogue: Rogue, victim: Victim) -> None:
    """Would work where every grant may bring a trace key of its own: she would find nothing.

    All of it is consistent: grant, commitments, tags; only the pin at the agency stands against it.
    """
    assert is_answered(rogue.ask(rogue.give(victim)))
    hidden = rogue.give(victim, trace_key=os.urandom(32))
    assert reason(rogue.ask(hidden)) == "trace_changed"


def test_a_phantom_key_at_an_agency_that_does_not_know_her(rogue: Rogue, victim: Victim) -> None:
    """Works, and is written down: first use is open (docs/threat-model.md), until a passkey.

    She sees it as soon as she is asked about honestly: then *her* key is refused, loudly.
    """
    hidden = rogue.give(victim, trace_key=os.urandom(32))
    assert is_answered(rogue.ask(hidden))
    assert reason(rogue.ask(rogue.give(victim))) == "trace_changed"


def test_a_refused_question_pins_nothing(rogue: Rogue, victim: Victim) -> None:
    """Would work where a phantom key is pinned by a question that is refused afterwards."""
    hidden = rogue.give(victim, trace_key=os.urandom(32))
    refused = rogue.give(
        victim, [above(5_000_000)], trace_key=hidden.trace_key, frequency=Frequency("month", 1)
    )
    payload = rogue.access(refused, [above(5_000_000)])
    at = rogue.at - 2
    late = rogue.send(payload, iat=at, exp=at + 300, answer_by=at + 1)
    assert reason(late) == "answer_time_over"
    assert reason(rogue.ask(refused, [HAS_ACCOUNT])) == "question_not_granted"
    assert is_answered(rogue.ask(rogue.give(victim)))


def test_a_third_threshold_pins_nothing(local: Rogue) -> None:
    """Would work where pins are kept although steps 14 and 15 refuse. In process: many grants."""
    victim, other = local.victim(), local.victim()
    once = Frequency("month", 1)
    assert is_answered(local.ask(local.give(victim, frequency=once)))
    assert reason(local.ask(local.give(victim, frequency=once))) == "frequency_spent"
    # The pseudonym that the refused question brought is still free for its true owner.
    assert is_answered(local.ask(local.give(other)))


def test_a_share_that_the_grant_does_not_commit_to(rogue: Rogue, victim: Victim) -> None:
    """Would work where the share of the message is taken as it comes."""
    share = os.urandom(32)
    tag = trace.tag(share, rogue.today, 0)
    payload = rogue.access(rogue.give(victim), share=share, entry={"tag": tag.hex()})
    assert reason(rogue.send(payload)) == "trace_not_committed"


def test_the_share_of_another_agency(rogue: Rogue, victim: Victim) -> None:
    """Would work where a share is committed to without its agency: a shared one joins agencies."""
    share = trace.share(victim.trace_key, "polri")
    tag = trace.tag(share, rogue.today, 63)
    payload = rogue.access(rogue.give(victim), share=share, entry={"tag": tag.hex()})
    assert reason(rogue.send(payload)) == "trace_not_committed"


def test_a_grant_without_traces(rogue: Rogue, victim: Victim) -> None:
    """Would work where an empty list means nothing to check."""
    assert reason(rogue.ask(rogue.give(victim, traces=[]))) == "trace_not_committed"


def test_a_tag_by_chance(rogue: Rogue, victim: Victim) -> None:
    """Would work where tags are the broker's business: an access that nobody can find."""
    payload = rogue.access(rogue.give(victim), entry={"tag": os.urandom(16).hex()})
    assert reason(rogue.send(payload)) == "tag_wrong"


def test_the_tag_of_another_person(rogue: Rogue, victim: Victim) -> None:
    """Would work where any person's tag will do: the neighbour would find it, she would not."""
    share = trace.share(rogue.victim().trace_key, AGENCY)
    tag = trace.tag(share, rogue.today, 62)
    payload = rogue.access(rogue.give(victim), entry={"tag": tag.hex()})
    assert reason(rogue.send(payload)) == "tag_wrong"


@pytest.mark.parametrize("days", [-1, 1])
def test_a_tag_of_another_day(rogue: Rogue, victim: Victim, days: int) -> None:
    """Would work where the day is not compared: she searches each day's tags on that day only."""
    day = rogue.today + timedelta(days=days)
    tag = trace.tag(trace.share(victim.trace_key, AGENCY), day, 61)
    payload = rogue.access(rogue.give(victim), entry={"tag": tag.hex()})
    assert reason(rogue.send(payload)) == "tag_wrong"


def test_the_share_of_the_broker_s_own_entries(rogue: Rogue, victim: Victim) -> None:
    """Would work where an access may be tagged as the broker's own entries are."""
    tag = trace.tag(trace.share(victim.trace_key, trace.IZIN), rogue.today, 60)
    payload = rogue.access(rogue.give(victim), entry={"tag": tag.hex()})
    assert reason(rogue.send(payload)) == "tag_wrong"


def test_a_second_pseudonym(rogue: Rogue, victim: Victim) -> None:
    """Would work where a person may have two names at a programme: two files, one applicant."""
    assert is_answered(rogue.ask(rogue.give(victim)))
    second = rogue.give(victim, subject=base64url.encode(os.urandom(32)))
    assert reason(rogue.ask(second)) == "subject_changed"


def test_a_neighbour_s_pseudonym(rogue: Rogue, victim: Victim) -> None:
    """Would work where a pseudonym may stand for two: his wealth would be answered as hers."""
    assert is_answered(rogue.ask(rogue.give(victim)))
    neighbour = rogue.victim()
    shifted = rogue.give(neighbour, subject=victim.subjects["pkh"])
    assert reason(rogue.ask(shifted)) == "subject_changed"


def test_inventing_trace_keys_for_thousands(local: Rogue) -> None:
    """Would work, for everybody at once, where first use has no limit a day. In process."""
    stage = local.stage
    assert isinstance(stage, WorldStage)
    ledger = stage.world.gateways[AGENCY].ledger
    ledger._newcomers = lambda _kind: 2
    for _ in range(2):
        assert is_answered(local.ask(local.give(local.victim(), trace_key=os.urandom(32))))
    late = local.victim()
    assert reason(local.ask(local.give(late, trace_key=os.urandom(32)))) == "too_many_new_people"
    local.stage.wait(86_400)
    assert is_answered(local.ask(local.give(late)))


def test_an_access_that_fails_is_in_her_list(rogue: Rogue, victim: Victim) -> None:
    """Would work where only what was answered is shown."""
    held = rogue.give(victim, [HAS_ACCOUNT])
    assert reason(rogue.ask(held, [above(5_000_000)])) == "question_not_granted"
    assert ("access.sent", AGENCY) in _hers(rogue, victim)


def test_the_list_has_every_access(rogue: Rogue, victim: Victim) -> None:
    """Would work where the log is searched by anything that the broker writes down about her."""
    grant = honest.consent(rogue, victim)
    found = honest.ask(rogue, grant)
    sent = {agency for kind, agency in _hers(rogue, victim) if kind == "access.sent"}
    assert sent == {item["agency"] for item in found.items}
    assert _hers(rogue, rogue.victim()) == []


def test_the_command_line_finds_the_same(demo: Demo, rogue: Rogue, victim: Victim) -> None:
    """The whole list with nothing but the paper's key and the log's address: no broker asked."""
    grant = honest.consent(rogue, victim)
    honest.ask(rogue, grant)
    key = format_trace_key(rogue.log.origin, victim.trace_key)
    told = subprocess.run(
        [*IZIN, "audit", "trace", demo.ready["log"], "--trace-key", "-", "--json"],
        cwd=ROOT,
        input=key,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)["entries"]
    assert len(found) == len(_hers(rogue, victim)) > 8
    assert key.rpartition(":")[2] not in told.stdout + told.stderr
