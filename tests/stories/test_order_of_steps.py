"""The path's order stands in its types: a skipped step does not type-check."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mypy import api

ROOT = Path(__file__).resolve().parents[2]

BEGINNING = """
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx2

from audit.log import Log
from broker.accesses import LoggedAccess, PreparedAccess, log_accesses, prepare
from broker.agencies import AgencyRoute
from broker.dispatch import SealedQuestion, Sender, seal_question, send
from broker.gateway.answering import Answering
from broker.gateway.passed import Judged
from broker.question import QuestionPayload
from consent.grants import GrantRecord
from policies.ask import Ask, GrantView
from policies.decide import Permit, Refusal, decide
from policies.policy import Policy

def path(
    ask: Ask, view: GrantView, policy: Policy, at: datetime, grant: GrantRecord, log: Log,
    route: AgencyRoute, sender: Sender, payload: QuestionPayload, http: httpx2.Client,
    rest: Any, allowed: Callable[[], bool], decided: Permit | Refusal, permit: Permit,
    prepared: PreparedAccess, logged: LoggedAccess, sealed: SealedQuestion,
    answering: Answering, judged: Judged,
) -> None:
"""

SKIPPED = {
    "asking without deciding": "prepare(ask, grant=grant, gid=b'', request_id='', "
    "policy_digest='', random=rest)",
    "asking although it may have been refused": "prepare(decided, grant=grant, gid=b'', "
    "request_id='', policy_digest='', random=rest)",
    "sealing what is not logged": "seal_question(prepared, payload, gid=b'', route=route, "
    "sender=sender, jti='', at=0, randomness=rest)",
    "sending what is not logged": "send(sealed, prepared, route=route, http=http, "
    "still_allowed=allowed, timeout_seconds=1, clock=rest)",
    "answering what is not entered in the gateway's books": "answering.answer(judged)",
    "sending what is not sealed": "send(payload, logged, route=route, http=http, "
    "still_allowed=allowed, timeout_seconds=1, clock=rest)",
}
IN_ORDER = """
    found = decide(ask, view, policy, at=at)
    if isinstance(found, Permit):
        one = prepare(found, grant=grant, gid=b"", request_id="", policy_digest="", random=rest)
        for access in log_accesses(
            [one], grant=grant, person=rest, log=log, tags=rest, openings=rest, clock=rest
        ):
            closed = seal_question(
                access, payload, gid=b"", route=route, sender=sender, jti="", at=0, randomness=rest
            )
            send(
                closed, access, route=route, http=http, still_allowed=allowed,
                timeout_seconds=1, clock=rest,
            )
"""


def _check(folder: Path, body: str) -> tuple[str, int]:
    """Return mypy's report and exit status for a function with this body."""
    path = folder / "candidate.py"
    path.write_text(BEGINNING + body, "utf-8")
    cache = ROOT / ".mypy_cache" / "order"
    arguments = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(cache)]
    before = os.getcwd()
    os.chdir(ROOT)
    try:
        report, _, status = api.run([*arguments, str(path)])
    finally:
        os.chdir(before)
    return report, status


def test_the_steps_in_order_type_check(tmp_path: Path) -> None:
    report, status = _check(tmp_path, IN_ORDER)
    assert 0 == status, report


@pytest.mark.parametrize("skipped", SKIPPED)
def test_a_skipped_step_does_not_type_check(tmp_path: Path, skipped: str) -> None:
    report, status = _check(tmp_path, f"    {SKIPPED[skipped]}\n")
    assert 1 == status
    assert "arg-type" in report
