"""P1: a database that says more than the log; and what programmes try at an honest broker."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from broker.problems import Problem
from consent.grant_rows import GrantRows
from policies.ask import Item
from tests.attacks import honest
from tests.attacks.rogue import Rogue, Victim


def _change_row(rogue: Rogue, grant_id: str, change: str) -> None:
    path = Path(rogue.broker.settings.home) / "izin.db"
    with closing(sqlite.connect(str(path), timeout=30)) as connection, connection:
        connection.execute(f"UPDATE grant_record SET {change} WHERE grant_id = ?", (grant_id,))


def test_a_row_restored_from_before_the_withdrawal(rogue: Rogue, victim: Victim) -> None:
    """Would work where the row's state decides: a backup would revive every withdrawn grant."""
    grant = honest.consent(rogue, victim)
    rogue.broker.grants.withdraw(grant.grant_id, victim.known.id)
    _change_row(rogue, grant.grant_id, "state = 'live', withdrawn_at = NULL")
    restored = rogue.broker.grants.find(grant.grant_id)
    assert restored is not None
    assert restored.is_live(at=rogue.stage.clock())
    carried = len(rogue.carried)
    with pytest.raises(Problem) as refused:
        honest.ask(rogue, restored)
    assert refused.value.members["reasons"] == ["grant_live"]
    assert [url for url, _, _ in rogue.carried[carried:] if "/v1/questions" in url] == []


def test_a_row_that_was_written_by_hand(rogue: Rogue, victim: Victim) -> None:
    """Would work where a live row is consent: whoever can write the database could ask all.

    The row is a true grant's with wider questions and the index of the true entry; the broker's
    own code sends it, and every gateway refuses.
    """
    grant = honest.consent(rogue, victim, without=[("himbara", "balance_above")])
    wider = honest.consent(rogue, rogue.victim())
    forged = replace(wider, grant_id="A" * 21 + "Q", person_id=victim.known.id, n=9_000)
    forged = replace(forged, g="ab" * 32, w="ac" * 32, index=None, subject=grant.subject)
    GrantRows(rogue.broker.engine).prepare(forged, at=rogue.stage.clock())
    assert grant.index is not None
    GrantRows(rogue.broker.engine).activate(forged.grant_id, index=grant.index)
    found = honest.ask(rogue, replace(forged, programme=wider.programme))
    assert {item["status"] for item in found.items} == {"refused"}
    assert {item["reason"] for item in found.items} == {"grant_not_bound"}


def test_a_declined_question_asked_all_the_same(rogue: Rogue, victim: Victim) -> None:
    """Would work where a programme may ask what it once asked for."""
    grant = honest.consent(rogue, victim, without=[("himbara", "balance_above")])
    declined = next(item for item in grant.declined if item.agency == "himbara")
    carried = len(rogue.carried)
    with pytest.raises(Problem):
        honest.ask(rogue, grant, questions=[declined])
    assert [url for url, _, _ in rogue.carried[carried:] if "/v1/questions" in url] == []


@pytest.mark.parametrize("rupiah", [10_000_000, 1_000_000])
def test_another_threshold_asked_at_the_broker(rogue: Rogue, victim: Victim, rupiah: int) -> None:
    """Would work where the broker compares names only."""
    grant = honest.consent(rogue, victim)
    assert ("himbara", "balance_above") in {item.of for item in grant.granted}
    other = Item("himbara", "balance_above", {"rupiah": rupiah})
    with pytest.raises(Problem):
        honest.ask(rogue, grant, questions=[other])
