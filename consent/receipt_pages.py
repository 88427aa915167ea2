"""What she was shown, exactly as then, and the digital receipt to keep.

The words of a notice name nobody, so anybody may read them who has their digest: a receipt that
she shows to somebody leads there. Whose grant it was, only she sees.
"""

from __future__ import annotations

import re
from typing import Final

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from consent import receipt_wording
from consent.answers import by_agency
from consent.calendar import moment_day
from consent.grants import GrantRecord
from consent.pages import Pages

JOSE: Final = "application/jose"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def add_receipt_pages(blueprint: Blueprint, pages: Pages) -> None:
    """Add /grants/<n>/notice, /grants/<n>/receipt.jws, and /notices/<digest> for everybody."""
    deps = pages.deps

    @blueprint.get("/grants/<int:n>/notice")
    def shown_then(n: int) -> Response:
        record = _mine(n)
        given = None if record.given_at is None else moment_day(record.given_at)
        return _page(record.notice, record=record, given=given)

    @blueprint.get("/grants/<int:n>/receipt.jws")
    def digital_receipt(n: int) -> Response:
        text = deps.receipts.issue(_mine(n))
        if text is None:
            raise NotFound
        response = Response(text, mimetype=JOSE)
        # The name says nothing about whose it is: it stays on a shared telephone.
        response.headers["Content-Disposition"] = f'attachment; filename="izin-{n}.jws"'
        return response

    @blueprint.get("/notices/<digest>")
    def notice(digest: str) -> Response:
        if not _DIGEST.fullmatch(digest) or deps.receipts.notices.find(digest) is None:
            raise NotFound
        return _page(digest, record=None, given=None)

    @blueprint.get("/notices/<digest>.json")
    def notice_text(digest: str) -> Response:
        kept = deps.receipts.notices.find(digest) if _DIGEST.fullmatch(digest) else None
        if kept is None:
            raise NotFound
        # The very bytes: their SHA-256 after `izin/v1/notice/` is the digest.
        return Response(kept.text, mimetype="application/json")

    def _page(digest: str, *, record: GrantRecord | None, given: object) -> Response:
        kept = deps.receipts.notices.find(digest)
        return pages.show(
            "notice",
            title=receipt_wording.NOTICE_TITLE if record is None else receipt_wording.SHOWN_TITLE,
            record=record,
            given=given,
            kept=kept,
            groups=() if kept is None else by_agency(kept.notice),
        )

    def _mine(n: int) -> GrantRecord:
        for record in deps.grants.of_person(pages.person_id()):
            if record.n == n:
                return record
        raise NotFound
