"""What a gateway keeps when its trust file names a log that continues another.

Kept: pins, questions asked and their values, withdrawals, and the largest checkpoint of the old
log. Begun anew: the checkpoints, which are of one log. The trust file comes from the paper
agreement; still, one that has the new log begin behind what this gateway was shown is refused, so
that nobody's signature on a paper takes back an entry.

All in one transaction: a crash leaves the old memory or the new one.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine
from sqlmodel import Session, col, delete, select, update

from broker.gateway.errors import GatewaySettingsError
from broker.gateway.store import CheckpointRow, EarlierLogRow, PinRow
from keys.trust import BrokerTrust

_BEFORE_ALL: Final = -1
"""Grants of the new log have small indexes, which must not look older than a pinned passkey."""


def carry_over(engine: Engine, known: BrokerTrust, *, at: int) -> None:
    """Make the memory one of the trust file's log; raises GatewaySettingsError.

    at: Unix seconds.
    """
    with Session(engine) as session:
        if session.get(EarlierLogRow, known.origin) is not None:
            raise GatewaySettingsError(
                f"the trust file names the log {known.origin}, which another continues; put the "
                "newer trust file back"
            )
        largest = session.exec(
            select(CheckpointRow).order_by(col(CheckpointRow.size).desc()).limit(1)
        ).one_or_none()
        if largest is None:
            # Nothing was verified of the log that was named last: it must still go on from the one
            # before.
            left = session.exec(
                select(EarlierLogRow).order_by(col(EarlierLogRow.left_at).desc()).limit(1)
            ).one_or_none()
            if left is not None:
                _check_link(known, left.origin, left.size, left.root)
            return
        origin = largest.note.partition("\n")[0]
        if origin == known.origin:
            return
        _check_link(known, origin, largest.size, largest.root)
        session.add(
            EarlierLogRow(
                origin=origin,
                size=largest.size,
                root=largest.root,
                note=largest.note,
                left_at=at,
            )
        )
        session.exec(delete(CheckpointRow))
        session.exec(
            update(PinRow)
            .where(col(PinRow.passkey_index).is_not(None))
            .values(passkey_index=_BEFORE_ALL)
        )
        session.commit()


def _check_link(known: BrokerTrust, origin: str, size: int, root: bytes) -> None:
    old = known.continues
    if old is None or old.origin != origin:
        raise GatewaySettingsError(
            f"this gateway has verified the log {origin}; the trust file names {known.origin}, and "
            f"not that it continues {origin}"
        )
    if old.size < size or (old.size == size and old.root != root.hex()):
        raise GatewaySettingsError(
            f"the trust file has {known.origin} continue {origin} from {old.size} entries, but "
            f"this gateway was shown {size}, and keeps the signed checkpoint: entries that were "
            "promised would be gone; tell auditors, and do not put this file into place"
        )
