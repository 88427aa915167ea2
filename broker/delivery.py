"""Handing over what agencies answered: not once she has withdrawn (step 6 of the design).

Sealed answers are kept for programmes that poll or ask the same again. The log, not a row of ours,
says whether the grant still stands: a database put back from a backup revives nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from audit.entry import parse_entry
from audit.log import Log
from broker.requests import Verification
from consent.service import Grants


def deliverable(found: Verification, *, grants: Grants, log: Log) -> Verification:
    """Return what may be handed over now: after a withdrawal, everything but the answers."""
    if not any("answer" in item for item in found.items):
        return found
    grant = grants.find(found.grant_id)
    if grant is not None and not _is_withdrawn(bytes.fromhex(grant.w), log):
        return found
    return replace(found, status="partial", items=[_without_answer(item) for item in found.items])


def _is_withdrawn(w: bytes, log: Log) -> bool:
    # A grant that only ran out does not take back what it allowed while it ran.
    index = log.find_mark(w)
    return index is not None and parse_entry(log.entry(index)).kind == "grant.withdrawn"


def _without_answer(item: Mapping[str, Any]) -> Mapping[str, Any]:
    if "answer" not in item:
        return item
    kept = {name: item[name] for name in item if name != "answer"}
    return {**kept, "status": "refused", "reason": "grant_withdrawn"}
