"""What this agency's gateway holds about one person, shown to her without the broker.

Works on the gateway's own database and log, so it needs nobody's network and nobody's word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from audit.canonical import Json
from audit.entry import Entry, parse_entry
from audit.log import Log
from broker.gateway.store import (
    ForgottenPasskeyRow,
    PinRow,
    ReplacedPinRow,
    SubjectPinRow,
    TrailRow,
)


@dataclass(frozen=True)
class About:
    """Everything about one person. pin: hex of the pinned share's hash, None = never asked.

    evidence: the kind behind the first question. passkey: hex of its public key's hash; forgotten:
    those let go, with the moment. entries: (index in the gateway's own log, entry, kind of evidence
    or None), oldest first.
    replaced: (hex of an earlier pin, index of its closing in the broker's log), oldest first.
    """

    pin: str | None
    first_seen: int | None
    evidence: str | None
    passkey: str | None
    forgotten: tuple[tuple[str, int], ...]
    programmes: tuple[str, ...]
    replaced: tuple[tuple[str, int], ...]
    entries: tuple[tuple[int, Entry, str | None], ...]


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
        trail = session.exec(
            select(TrailRow).where(TrailRow.person == person).order_by(col(TrailRow.index))
        ).all()
        forgotten = session.exec(
            select(ForgottenPasskeyRow)
            .where(ForgottenPasskeyRow.person == person)
            .order_by(col(ForgottenPasskeyRow.forgotten_at))
        ).all()
        return About(
            pin=None if pin is None else pin.share_pin.hex(),
            first_seen=None if pin is None else pin.first_seen,
            evidence=None if pin is None else pin.evidence,
            passkey=None if pin is None or pin.passkey is None else pin.passkey.hex(),
            forgotten=tuple((row.passkey.hex(), row.forgotten_at) for row in forgotten),
            programmes=tuple(programmes),
            replaced=tuple((row.share_pin.hex(), row.closing) for row in replaced),
            entries=tuple(
                (row.index, parse_entry(log.entry(row.index)), row.evidence) for row in trail
            ),
        )


def lines(found: About) -> Iterator[str]:
    """Yield the person's list as text, a line each."""
    if found.pin is None:
        yield "No question about you was answered here."
    else:
        yield f"Pinned trace share (SHA-256): {found.pin}"
        yield f"First consent here was shown by: {found.evidence}"
        yield f"Pinned passkey (SHA-256 of its public key): {found.passkey or 'none'}"
        yield f"Programmes that asked: {', '.join(found.programmes)}"
    for passkey, moment in found.forgotten:
        day = datetime.fromtimestamp(moment, UTC).date()
        yield f"Passkey let go at this agency on {day}: {passkey}"
    for pin, closing in found.replaced:
        yield f"Replaced trace share (SHA-256): {pin}, by entry {closing} of the broker's log"
    for index, entry, evidence in found.entries:
        said = entry.members
        yield (
            f"{index}\t{entry.at:%Y-%m-%d %H}:00 UTC\t{entry.kind}\t{said['programme']}\t"
            f"{said['purpose']}\t{_joined(said['questions'])}\t{_joined(said.get('reasons', []))}\t"
            f"{evidence or '-'}"
        )
    yield f"{len(found.entries)} entries in this gateway's log are about you."


def _joined(value: Json) -> str:
    return ",".join(str(one) for one in value) if isinstance(value, list) else str(value)
