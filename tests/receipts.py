"""Receipts of the world's invented people, as the pages hand them out."""

from __future__ import annotations

from dataclasses import dataclass

from audit.trace import format_trace_key
from consent.grants import GrantRecord
from consent.receipt import make_receipt
from tests.world import World


@dataclass(frozen=True)
class Paper:
    """Both parts: part_a the proof text's file, part_b the secret text."""

    part_a: str
    part_b: str
    index: int


def paper_of(world: World, record: GrantRecord) -> Paper:
    """Return the receipt of a live grant."""
    assert record.index is not None
    logged = world.broker.log.prove(record.index)
    origin = world.broker.log.origin
    made = make_receipt(
        record,
        origin=origin,
        entry=logged.entry,
        proof=logged.proof,
        agencies=world.broker.policy.catalogue.agencies,
    )
    trace_key = world.broker.persons.open(record.person_id).trace_key
    return Paper(made.proof, format_trace_key(origin, trace_key), record.index)
