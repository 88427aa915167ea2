"""The words that people were shown, kept by their digest, so that they can be shown later as then.

I/O: the table `notice`. The words name nobody: what a programme asks of anyone who applies. A row
is written before an entry of the log commits to its digest, and never changed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from consent.errors import NoticeError
from consent.notice import Notice, parse_notice, text_digest
from consent.store import NoticeRow
from policies.ask import Request

QuestionKey = tuple[str, str]


@dataclass(frozen=True)
class KeptNotice:
    """A notice as it is kept under `digest`.

    text: the very bytes. questions: (agency, question) of each item. is_intact: whether the text
    has that digest; where it has not, somebody changed the database.
    """

    digest: str
    text: bytes
    notice: Notice
    questions: tuple[QuestionKey, ...]
    is_intact: bool


class Notices:
    """Keeps and finds the words of notices."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of the broker's database."""
        self._engine = engine

    def keep(self, digest: str, request: Request, notice: Notice) -> None:
        """Keep the words of `request` if they are those with this digest; once is enough."""
        if notice.digest != digest:
            return
        with Session(self._engine) as session:
            if session.get(NoticeRow, digest) is not None:
                return
            keys = [[item.agency, item.question] for item in request.items]
            text = notice.text.decode("utf-8")
            session.add(NoticeRow(digest=digest, text=text, questions=json.dumps(keys)))
            try:
                session.commit()
            except IntegrityError:
                session.rollback()  # another thread or process kept the same words just now

    def find(self, digest: str) -> KeptNotice | None:
        """Return the words that are kept under a digest; None where none are, or none that read."""
        with Session(self._engine) as session:
            row = session.get(NoticeRow, digest)
        if row is None:
            return None
        text = row.text.encode("utf-8")
        try:
            notice = parse_notice(text)
            keys = tuple((str(agency), str(question)) for agency, question in _rows(row.questions))
        except (NoticeError, ValueError, TypeError):
            return None
        return KeptNotice(digest, text, notice, keys, text_digest(text) == digest)


def _rows(text: str) -> list[list[str]]:
    rows = json.loads(text)
    if not isinstance(rows, list):
        raise ValueError("not a list")
    return rows
