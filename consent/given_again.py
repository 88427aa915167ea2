"""A grant that goes on under another number: its row takes over what was prepared in another one.

I/O in the caller's transaction: the table `grant_record`. It must not ask the log, which holds the
entries already when this is called.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlmodel import Session

from consent.grants import GrantState
from consent.store import GrantRow

_STAYS: Final = frozenset({"grant_id", "person_id", "client_id", "programme", "subject"})


def give_again(session: Session, grant_id: str, prepared: str, index: int, at: datetime) -> bool:
    """Let a grant go on under its new number; what it was before stays as a withdrawn row.

    The grant keeps its id, so that the programme's tokens and the count of its uses go on. index:
    of the entry that gave it again. False, and nothing changed, where the old one is not live any
    more or the new one not prepared.
    """
    row, new = session.get(GrantRow, grant_id), session.get(GrantRow, prepared)
    if row is None or new is None or new.state != GrantState.PREPARED.value:
        return False
    if row.state != GrantState.LIVE.value:  # she withdrew it meanwhile
        return False
    was, becomes = _content(row), _content(new)
    session.delete(new)
    session.flush()  # its number and commitments are unique
    seconds = int(at.timestamp())
    for name, value in becomes.items():
        setattr(row, name, value)
    row.state, row.idx, row.given_at, row.withdrawn_at = (
        GrantState.LIVE.value,
        index,
        new.prepared_at,
        None,
    )
    session.add(row)
    session.flush()
    same = {name: getattr(row, name) for name in _STAYS - {"grant_id"}}
    was = {
        **was,
        "state": GrantState.WITHDRAWN.value,
        "withdrawn_at": was["withdrawn_at"] or seconds,
    }
    session.add(GrantRow(grant_id=prepared, **same, **was))
    return True


def _content(row: GrantRow) -> dict[str, Any]:
    return {name: value for name, value in row.model_dump().items() if name not in _STAYS}
