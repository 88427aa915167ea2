"""What is true of a digital receipt now, for whoever it was shown to; and the receipts' schema.

Routes only. The reference in a receipt is its own and cannot be guessed; it names nobody.
"""

from __future__ import annotations

import re
from typing import Final

import orjson
from flask import Blueprint, Response, request

from broker.problems import Problem
from consent.digital_receipt import SCHEMA_PATH, STATUS_PATH
from consent.login import FailureLimit
from consent.receipt_schema import schema_text
from consent.receipts import REFERENCE_CHARS, Receipts

LOOK_UPS: Final = "60 per minute"
"""Per address, in each process: a village office looks many up; nobody needs thousands."""

_REFERENCE: Final = re.compile(rf"[A-Za-z0-9_-]{{{REFERENCE_CHARS}}}", re.ASCII)


def receipts_blueprint(receipts: Receipts, *, limit: str = LOOK_UPS) -> Blueprint:
    """Return /v1/receipts/<reference> and the schema."""
    blueprint = Blueprint("receipts", __name__)
    looked_up = FailureLimit(limit)

    @blueprint.get(f"{STATUS_PATH}<reference>")
    def receipt_status(reference: str) -> Response:
        if looked_up.reached(request.remote_addr):
            raise Problem(
                "too-many-requests", "ask again in a minute", headers={"Retry-After": "60"}
            )
        looked_up.count(request.remote_addr)
        known = _REFERENCE.fullmatch(reference) is not None
        status = receipts.status(reference) if known else None
        if status is None:
            raise Problem("unknown", "there is no receipt with this reference")
        response = Response(orjson.dumps({"status": status}), content_type="application/json")
        # It may be another in the next moment, and nobody in between shall keep it.
        response.headers["Cache-Control"] = "no-store"
        return response

    @blueprint.get(SCHEMA_PATH)
    def receipt_schema() -> Response:
        response = Response(schema_text(), content_type="application/schema+json")
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response

    return blueprint
