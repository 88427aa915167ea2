"""Digital receipts as they are handed out, and what is said of one later.

I/O: the table `receipt`, and what `Grants`, `Notices` and the log know. A receipt's reference is
random and its own: not the grant's id, which the programme has, and nothing of the person's. It is
what lets somebody to whom she showed a receipt see later whether it still holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from audit.canonical import Json, encode
from audit.entry import parse_entry
from audit.log import Log
from consent.appending import Clock
from consent.digital_receipt import (
    Ending,
    Issue,
    Proven,
    Shown,
    moment,
    receipt_document,
    sign_receipt,
)
from consent.errors import NoticeError
from consent.grant_rows import GrantRows
from consent.grants import GrantRecord
from consent.notices import Notices
from consent.status_check import STATUS_TYP
from consent.store import ReceiptRow
from keys import base64url
from keys.jws import sign_compact
from keys.signing import SigningKey

REFERENCE_BYTES: Final = 16
REFERENCE_CHARS: Final = 22
_NOBODY: Final = "-"


class ReceiptRows:
    """The references of receipts."""

    def __init__(self, engine: Engine, *, random: Callable[[int], bytes]) -> None:
        """Take the engine of the broker's database."""
        self._engine = engine
        self._random = random

    def of_grant(self, g: str) -> ReceiptRow:
        """Return the row of the grant with a commitment (hex), made when it is first asked for."""
        return self._row(g, replaced=False)

    def set_replaced(self, g: str) -> None:
        """Remember that another grant took this one's place."""
        self._row(g, replaced=True)

    def find(self, reference: str) -> ReceiptRow | None:
        """Return the row with a reference."""
        with Session(self._engine, expire_on_commit=False) as session:
            wanted = select(ReceiptRow).where(ReceiptRow.reference == reference)
            return session.exec(wanted).one_or_none()

    def _row(self, g: str, *, replaced: bool) -> ReceiptRow:
        with Session(self._engine, expire_on_commit=False) as session:
            row = session.get(ReceiptRow, g)
            if row is None:
                reference = base64url.encode(self._random(REFERENCE_BYTES))
                row = ReceiptRow(g=g, reference=reference, replaced=replaced)
                session.add(row)
            elif replaced and not row.replaced:
                row.replaced = True
                session.add(row)
            else:
                return row
            try:
                session.commit()
            except IntegrityError:  # another thread or process made it just now
                session.rollback()
                return self._row(g, replaced=replaced)
            return row


@dataclass(frozen=True)
class Receipts:
    """Hands out receipts, and signs what is true of them. issuer: the broker's public URL."""

    issuer: str
    rows: ReceiptRows
    grants: GrantRows
    notices: Notices
    log: Log
    key: SigningKey
    clock: Clock

    @classmethod
    def open(
        cls,
        issuer: str,
        engine: Engine,
        log: Log,
        key: SigningKey,
        *,
        clock: Clock,
        random: Callable[[int], bytes],
    ) -> Receipts:
        """Return receipts over the broker's database, signed by the consent server's `key`."""
        rows = ReceiptRows(engine, random=random)
        return cls(issuer, rows, GrantRows(engine), Notices(engine), log, key, clock)

    def may_issue(self, record: GrantRecord) -> bool:
        """Whether there is a receipt of this grant: its words are kept, and as they were."""
        kept = self.notices.find(record.notice)
        return record.index is not None and kept is not None and kept.is_intact

    def issue(self, record: GrantRecord) -> str | None:
        """Return the receipt of a grant as a compact JWS; None where there can be none."""
        kept = self.notices.find(record.notice)
        if record.index is None or kept is None or not kept.is_intact:
            return None
        row = self.rows.of_grant(record.g)
        try:
            document = receipt_document(
                record,
                Shown(kept.notice, kept.questions),
                Issue(self.issuer, row.reference, self.clock()),
                given=self._proven(record.index),
                ending=self._ending(record, row),
                key=self.key,
            )
        except NoticeError:
            return None
        return sign_receipt(document, self.key)

    def status(self, reference: str) -> str | None:
        """Return what is true of a receipt now, as a compact JWS; None: there is no such receipt.

        An unknown reference costs what a known one does, so that time tells nobody which it is.
        """
        row = self.rows.find(reference)
        record = self.grants.find_given(_NOBODY if row is None else row.g)
        if row is None or record is None or record.index is None:
            # The same work: a mark that nothing has, a proof, a signature.
            self.log.find_mark(bytes(32))
            members: dict[str, Json] = {"checkpoint": self._checkpoint(), "receipt": reference}
            sign_compact(encode(members), self.key, typ=STATUS_TYP)
            return None
        ending = self._ending(record, row)
        members = {
            "v": 1,
            "receipt": reference,
            "grant": record.g,
            "state": "live" if ending is None else ending.state,
            "at": moment(self.clock()),
            "valid_until": record.valid_until.isoformat(),
            "checkpoint": self._checkpoint(),
        }
        if ending is not None and ending.logged is not None:
            members["entry"] = ending.logged.entry.decode("utf-8")
            members["proof"] = ending.logged.proof
        return sign_compact(encode(members), self.key, typ=STATUS_TYP)

    def _ending(self, record: GrantRecord, row: ReceiptRow) -> Ending | None:
        # The log leads: what it has and the row missed has ended all the same.
        index = self.log.find_mark(bytes.fromhex(record.w))
        if index is None:
            over = self.clock().date() > record.valid_until
            return Ending("expired", None) if over else None
        logged = self._proven(index)
        if parse_entry(logged.entry).kind == "grant.expired":
            return Ending("expired", logged)
        return Ending("replaced" if row.replaced else "withdrawn", logged)

    def _proven(self, index: int) -> Proven:
        logged = self.log.prove(index)
        return Proven(logged.entry, logged.proof)

    def _checkpoint(self) -> str:
        return self.log.checkpoint()
