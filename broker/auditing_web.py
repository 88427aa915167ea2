"""The auditors' API over HTTP: begin an audit, show one's coin, get the openings. Routes only."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson
from flask import Blueprint, Response, request

from broker.auditing import Audits
from broker.bodies import read_json
from broker.problems import Problem
from broker.readers import Readers, bearer

# A checkpoint may carry post-quantum cosignatures, of 3 kB each.
BEGIN_LIMIT_BYTES: Final = 65_536
REVEAL_LIMIT_BYTES: Final = 1_024
_HEX32: Final = re.compile(r"[0-9a-f]{64}")


def auditing_blueprint(audits: Audits, readers: Readers) -> Blueprint:
    """Return the routes below /v1/openings."""
    blueprint = Blueprint("auditing", __name__)

    @blueprint.post("/v1/openings")
    def post_audit() -> Response:
        reader = _reader(readers)
        body = _body(BEGIN_LIMIT_BYTES, {"checkpoint", "n", "commitment"})
        note, most = body["checkpoint"], body["n"]
        if not isinstance(note, str):
            raise Problem("malformed", "checkpoint must be a note", {"member": "checkpoint"})
        if type(most) is not int:
            raise Problem("malformed", "n must be a number", {"member": "n"})
        audit_id, coin = audits.begin(reader, note, most, _hex(body, "commitment"))
        return _json({"audit_id": audit_id, "coin": coin.hex()})

    @blueprint.post("/v1/openings/<audit_id>")
    def post_nonce(audit_id: str) -> Response:
        reader = _reader(readers)
        nonce = _hex(_body(REVEAL_LIMIT_BYTES, {"nonce"}), "nonce")
        opened = audits.reveal(reader, audit_id, nonce)
        return _json({"audit_id": audit_id, "openings": opened})

    return blueprint


def _reader(readers: Readers) -> str:
    """Return whose token it is; a person's own opens nothing here, nor does an open demo log."""
    found = readers.auditor(bearer(request))
    if found is None:
        raise Problem(
            "invalid-token",
            "send an auditor's token: `Authorization: Bearer <token>`",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return found


def _body(limit_bytes: int, members: set[str]) -> dict[str, Any]:
    body = read_json(request, limit_bytes=limit_bytes)
    if not isinstance(body, dict) or set(body) != members:
        raise Problem("malformed", f"the body has the members {', '.join(sorted(members))}")
    return body


def _hex(body: dict[str, Any], name: str) -> bytes:
    value = body[name]
    if not isinstance(value, str) or not _HEX32.fullmatch(value):
        raise Problem("malformed", f"{name} is 64 characters of hex", {"member": name})
    return bytes.fromhex(value)


def _json(body: dict[str, Any]) -> Response:
    response = Response(orjson.dumps(body), content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
