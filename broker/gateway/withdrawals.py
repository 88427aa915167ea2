"""Which grants were withdrawn: the broker log's lists, day by day, kept in the gateway's database.

The gateway asks for itself: a broker whose database was restored, or that forgets, must not get a
withdrawn grant answered. A list that leaves a withdrawal out is found by auditors, who rebuild
the lists from the entries.

Nothing here is about a person: `w` is a hash that only the grant's holder can tie to a grant.
"""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Final

import orjson
from sqlalchemy import Engine
from sqlmodel import Session

from audit.entry import is_hash
from audit.errors import AuditError
from audit.tiles import Fetch
from broker.gateway.errors import GatewayRefusal
from broker.gateway.passed import Bound, Live
from broker.gateway.store import WithdrawalDayRow, WithdrawalRow

REFRESH_SECONDS: Final = 5
UNKNOWN_SECONDS: Final = 600
# A day's list is final once the log's clock must have left the day, whatever ours says.
_FINAL_SECONDS: Final = 600


class Withdrawals:
    """The lists of withdrawals, refreshed when a question needs them."""

    def __init__(self, engine: Engine, fetch: Fetch) -> None:
        """fetch: reads `withdrawn/YYYY-MM-DD` below the log's address."""
        self._engine = engine
        self._fetch = fetch
        self._tried: dict[date, int] = {}
        self._lock = threading.Lock()

    def check(self, bound: Bound, *, at: int) -> Live:
        """Step 11: no list since the grant's day holds its `w`.

        at: Unix seconds. Raises GatewayRefusal: grant_withdrawn, withdrawals_unknown.
        """
        since = bound.question.grant.entry.at.date()
        today = datetime.fromtimestamp(at, UTC).date()
        # One thread reads; the others wait for what it finds rather than read the same.
        with self._lock:
            for past in range((today - since).days + 1):
                self._cover(since + timedelta(days=past), at)
        with Session(self._engine) as session:
            if session.get(WithdrawalRow, bound.w) is not None:
                raise GatewayRefusal("grant_withdrawn")
        return Live(bound.w)

    def _cover(self, day: date, at: int) -> None:
        with Session(self._engine) as session:
            row = session.get(WithdrawalDayRow, day.isoformat())
            read_at = None if row is None else row.read_at
            complete = row is not None and row.complete
        if complete:
            return
        # A log that is down is not asked anew for each question: each try may take seconds.
        newest = max(read_at or 0, self._tried.get(day, 0))
        if newest <= at - REFRESH_SECONDS and self._refresh(day, at):
            return
        # Fail closed: without the lists, a withdrawal could be hidden by cutting our line.
        if read_at is None or read_at < at - UNKNOWN_SECONDS:
            raise GatewayRefusal("withdrawals_unknown")

    def _refresh(self, day: date, at: int) -> bool:
        self._tried[day] = at
        try:
            listed = parse_withdrawn(self._fetch(f"withdrawn/{day.isoformat()}"), day)
        except AuditError:
            return False
        self._keep(day, listed, at)
        del self._tried[day]
        return True

    def _keep(self, day: date, listed: list[tuple[int, bytes]], at: int) -> None:
        over = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC).timestamp()
        with Session(self._engine) as session:
            for index, w in listed:
                # Kept for ever once seen: a list that later loses a withdrawal revives nothing.
                if session.get(WithdrawalRow, w) is None:
                    session.add(WithdrawalRow(w=w, index=index, day=day.isoformat()))
            row = session.get(WithdrawalDayRow, day.isoformat())
            if row is None:
                row = WithdrawalDayRow(day=day.isoformat(), read_at=at, complete=False)
            row.read_at = max(row.read_at, at)
            row.complete = at >= over + _FINAL_SECONDS
            session.add(row)
            session.commit()


def parse_withdrawn(raw: bytes, day: date) -> list[tuple[int, bytes]]:
    """Return (index, w) of each withdrawal that the list of `day` names, or raise AuditError."""
    try:
        members = orjson.loads(raw)
        if members["v"] != 1 or members["day"] != day.isoformat():
            raise AuditError("not the list of withdrawals of this day")
        listed = members["withdrawn"]
        if not isinstance(listed, list):
            raise AuditError("not a list of withdrawals")
        found = [(index, w) for index, w in listed]
    except (ValueError, TypeError, KeyError) as error:
        raise AuditError("not a list of withdrawals") from error
    for index, w in found:
        if type(index) is not int or index < 0 or not is_hash(w):
            raise AuditError("a withdrawal has an index and a commitment")
    return [(index, bytes.fromhex(w)) for index, w in found]
