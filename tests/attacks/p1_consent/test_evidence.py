"""P1: evidence that is another grant's, another signer's, or calls itself stronger."""

from __future__ import annotations

import pytest

from consent.evidence import attest
from keys.signing import SigningKey
from tests.attacks.rogue import AGENCY, HAS_ACCOUNT, Rogue, Victim, above, is_answered, reason
from tests.attacks.stages import WorldStage

STRANGER = SigningKey.from_seed(b"\x78" * 32)


def test_evidence_of_another_grant(rogue: Rogue, victim: Victim) -> None:
    """Would work where a genuine signature over anything is enough."""
    other = rogue.give(victim)
    held = rogue.give(victim)
    assert reason(rogue.ask(held, evidence=other.evidence)) == "evidence_too_weak"


def test_evidence_that_a_stranger_signed(rogue: Rogue, victim: Victim) -> None:
    """Would work where the evidence's own key is believed."""
    held = rogue.give(victim)
    own = attest(b"\x00" * 32, STRANGER)
    assert reason(rogue.ask(held, evidence=own)) == "evidence_too_weak"


@pytest.mark.parametrize("kind", ["passkey", "id-token", "agent-passkey", "none"])
def test_evidence_that_calls_itself_another_kind(rogue: Rogue, victim: Victim, kind: str) -> None:
    """Would work where the message says how strong its evidence is."""
    held = rogue.give(victim)
    claimed = {**held.evidence, "kind": kind}
    assert reason(rogue.ask(held, evidence=claimed)) == "evidence_too_weak"


def test_no_statement_at_all(rogue: Rogue, victim: Victim) -> None:
    """Would work where evidence is optional."""
    held = rogue.give(victim)
    bare = {"kind": "broker-attested"}
    assert reason(rogue.ask(held, evidence=bare)) == "evidence_too_weak"


def _desk(local: Rogue) -> object:
    stage = local.stage
    assert isinstance(stage, WorldStage)
    return stage.world.gateways[AGENCY].desk


def test_an_agency_s_own_demand(local: Rogue) -> None:
    """Would work where only the catalogue's least evidence counts. In process: its settings."""
    from dataclasses import replace

    desk = _desk(local)
    rules = desk._rules  # type: ignore[attr-defined]
    settings = replace(rules.settings, least_evidence={"balance_above": "passkey"})
    desk._rules = replace(rules, settings=settings)  # type: ignore[attr-defined]
    held = local.give(local.victim())
    assert is_answered(local.ask(held))
    assert reason(local.ask(held, [above(5_000_000)])) == "evidence_too_weak"


def test_the_catalogue_s_demand(local: Rogue) -> None:
    """Would work where the catalogue's least evidence is a recommendation. In process: its rows."""
    from dataclasses import replace

    desk = _desk(local)
    rules = desk._rules  # type: ignore[attr-defined]
    key = (AGENCY, "has_account")
    strict = replace(rules.catalogue.questions[key], least_evidence="id-token")
    catalogue = replace(rules.catalogue, questions={**rules.catalogue.questions, key: strict})
    desk._rules = replace(rules, catalogue=catalogue)  # type: ignore[attr-defined]
    assert reason(local.ask(local.give(local.victim()), [HAS_ACCOUNT])) == "evidence_too_weak"
