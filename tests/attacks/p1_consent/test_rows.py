"""P1: a database that says more than the log; and what programmes try at an honest broker."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from pysqlite3 import dbapi2 as sqlite

from broker.demo.applicant import live_through
from broker.problems import Problem
from consent.grant_rows import GrantRows
from policies.ask import Item
from policies.load import PILOT, load
from tests.attacks import honest
from tests.attacks.rogue import Rogue, Victim
from tests.attacks.stages import Demo


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


def test_a_whole_database_copied_back(local: Rogue, tmp_path: Path) -> None:
    """Would work where a backup, put back, brings yesterday's consents back to life.

    All of the broker's tables are those from before the withdrawal; the log is not. In process:
    the demo's broker serves other attacks meanwhile.
    """
    victim = local.victim()
    grant = honest.consent(local, victim)
    path, backup = Path(local.broker.settings.home) / "izin.db", tmp_path / "backup.db"
    _copy(path, backup)
    local.broker.grants.withdraw(grant.grant_id, victim.known.id)
    local.broker.engine.dispose()
    _copy(backup, path)
    restored = local.broker.grants.find(grant.grant_id)
    assert restored is not None
    assert restored.is_live(at=local.stage.clock())
    carried = len(local.carried)
    with pytest.raises(Problem) as refused:
        honest.ask(local, restored)
    assert refused.value.members["reasons"] == ["grant_live"]
    assert [url for url, _, _ in local.carried[carried:] if "/v1/questions" in url] == []


def _copy(source: Path, target: Path) -> None:
    with (
        closing(sqlite.connect(str(source))) as there,
        closing(sqlite.connect(str(target))) as here,
    ):
        there.backup(here)


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


def test_people_at_their_browsers(demo: Demo, rogue: Rogue) -> None:
    """No attack works through the pages either: a decline and a withdrawal, lived through.

    Would work where the portal's next question after a withdrawal is answered from what was kept.
    """
    for kind in ("declines", "withdraws"):
        person = rogue.victim(kind).invented
        story = live_through(
            person,
            portal=demo.ready["portal"],
            broker=demo.ready["broker"],
            policy=load(PILOT),
        )
        assert story.is_as_expected, (story.told, story.after_withdrawal)
