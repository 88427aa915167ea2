"""What this agency's gateway holds about one person, shown to her without the broker.

Works on the gateway's own database and log, so it needs nobody's network and nobody's word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from audit.canonical import Json
from audit.entry import Entry, parse_entry
from audit.log import Log
from broker.gateway.store import PinRow, ReplacedPinRow, SubjectPinRow, TrailRow


@dataclass(frozen=True)
class About:
    """Everything about one person. pin: hex of the pinned share's hash, None = never asked.

    replaced: (hex of an earlier pin, index of its closing in the broker's log), oldest first.
    entries: (index in the gateway's own log, entry), oldest first.
    """

    pin: str | None
    first_seen: int | None
    programmes: tuple[str, ...]
    replaced: tuple[tuple[str, int], ...]
    entries: tuple[tuple[int, Entry], ...]


def about(person: bytes, engine: Engine, log: Log) -> About:
    """Return what is held about `person` (`Ledger.person`)."""
    with Session(engine) as session:
        pin = session.get(PinRow, person)
        programmes = session.exec(
            select(SubjectPinRow.programme)
            .where(SubjectPinRow.person == person)
            .order_by(SubjectPinRow.programme)
        ).all()
        replaced = session.exec(
            select(ReplacedPinRow)
            .where(ReplacedPinRow.person == person)
            .order_by(col(ReplacedPinRow.closing))
        ).all()
        indexes = session.exec(
            select(TrailRow.index).where(TrailRow.person == person).order_by(col(TrailRow.index))
        ).all()
        return About(
            pin=None if pin is None else pin.share_pin.hex(),
            first_seen=None if pin is None else pin.first_seen,
            programmes=tuple(programmes),
            replaced=tuple((row.share_pin.hex(), row.closing) for row in replaced),
            entries=tuple((index, parse_entry(log.entry(index))) for index in indexes),
        )


def lines(found: About) -> Iterator[str]:
    """Yield the person's list as text, a line each."""
    if found.pin is None:
        yield "No question about you was answered here."
    else:
        yield f"Pinned trace share (SHA-256): {found.pin}"
        yield f"Programmes that asked: {', '.join(found.programmes)}"
    for pin, closing in found.replaced:
        yield f"Replaced trace share (SHA-256): {pin}, by entry {closing} of the broker's log"
    for index, entry in found.entries:
        said = entry.members
        yield (
            f"{index}\t{entry.at:%Y-%m-%d %H}:00 UTC\t{entry.kind}\t{said['programme']}\t"
            f"{said['purpose']}\t{_joined(said['questions'])}\t{_joined(said.get('reasons', []))}"
        )
    yield f"{len(found.entries)} entries in this gateway's log are about you."


def _joined(value: Json) -> str:
    return ",".join(str(one) for one in value) if isinstance(value, list) else str(value)
