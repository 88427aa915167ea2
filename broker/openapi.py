"""The OpenAPI 3.1 document of the programmes' API; a test holds it against the routes."""

from __future__ import annotations

from typing import Any, Final

_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
_HEX32: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_ID22: Final = {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"}
_WORDS: Final = {
    "type": "object",
    "required": ["id", "en"],
    "properties": {"id": {"type": "string"}, "en": {"type": "string"}},
}


def _closed(required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answers(*, success: str, schema: dict[str, Any], text: str, problems: str) -> dict[str, Any]:
    answers: dict[str, Any] = {success: {"description": text, "content": _json(schema)}}
    for status in problems.split():
        answers[status] = {
            "description": "RFC 9457 problem",
            "content": {"application/problem+json": {"schema": _PROBLEM}},
        }
    return answers


_SCHEMAS: Final[dict[str, Any]] = {
    "Problem": {
        "type": "object",
        "required": ["title", "status"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "member": {"type": "string", "description": "the member at fault"},
            "reasons": {"type": "array", "items": {"type": "string"}},
        },
    },
    "Item": _closed(
        ["agency", "question"],
        {
            "agency": {"type": "string"},
            "question": {"type": "string"},
            "params": {"type": "object", "additionalProperties": {"type": ["integer", "string"]}},
            "optional": {"type": "boolean"},
        },
    ),
    "VerificationRequest": _closed(
        ["grant_id", "answer_key", "answer_key_statement", "request_id"],
        {
            "grant_id": _ID22,
            "questions": {"type": "array", "minItems": 1, "maxItems": 64, "items": _ref("Item")},
            "answer_key": {"type": "object", "additionalProperties": {"type": "string"}},
            "answer_key_statement": {"type": "string"},
            "request_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
        },
    ),
    "Message": _closed(
        ["jwe", "receipt"],
        {
            "jwe": {"type": "object", "additionalProperties": {"type": "string"}},
            "receipt": {"type": "string"},
        },
    ),
    "VerificationItem": {
        "type": "object",
        "required": ["agency", "status"],
        "properties": {
            "agency": {"type": "string"},
            "status": {"enum": ["answered", "refused", "pending", "unavailable"]},
            "reason": {"type": "string"},
            "reasons": {"type": "array", "items": {"type": "string"}},
            "answer": _ref("Message"),
            "entry": {"type": "integer"},
            "proof": {"type": "string", "description": "C2SP tlog-proof"},
        },
    },
    "Verification": _closed(
        ["verification_id", "subject", "status", "items"],
        {
            "verification_id": _ID22,
            "subject": {"type": "string"},
            "status": {"enum": ["complete", "pending", "partial"]},
            "items": {"type": "array", "items": _ref("VerificationItem")},
        },
    ),
    "Statement": _closed(["statement"], {"statement": {"type": "string"}}),
    "Committed": _closed(
        ["index", "entry", "proof"],
        {
            "index": {"type": "integer"},
            "entry": {"type": "string"},
            "proof": {"type": "string"},
        },
    ),
    "AuditBegun": _closed(
        ["checkpoint", "n", "commitment"],
        {
            "checkpoint": {"type": "string", "description": "C2SP signed note"},
            "n": {"type": "integer", "minimum": 1, "maximum": 1000},
            "commitment": _HEX32,
        },
    ),
    "ReceiptStatus": _closed(
        ["status"],
        {"status": {"type": "string", "description": "JWS, typ consent-receipt-status+jws"}},
    ),
    "Coin": _closed(["audit_id", "coin"], {"audit_id": _ID22, "coin": _HEX32}),
    "Nonce": _closed(["nonce"], {"nonce": _HEX32}),
    "Openings": _closed(
        ["audit_id", "openings"],
        {
            "audit_id": _ID22,
            "openings": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["index"],
                    "properties": {
                        "index": {"type": "integer"},
                        "salt": _HEX32,
                        "opening": {"type": "object"},
                        "grant": _closed(
                            ["salt", "opening", "gid"],
                            {"salt": _HEX32, "opening": {"type": "object"}, "gid": _HEX32},
                        ),
                    },
                },
            },
        },
    ),
    "Key": _closed(
        ["use", "jwk", "statement"],
        {
            "use": {"enum": ["seal", "sign"]},
            "jwk": {"type": "object"},
            "statement": {"type": "string"},
        },
    ),
    "Agencies": _closed(
        ["agencies"],
        {
            "agencies": {
                "type": "array",
                "items": _closed(
                    ["id", "name", "connected", "keys"],
                    {
                        "id": {"type": "string"},
                        "name": _WORDS,
                        "connected": {"type": "boolean"},
                        "keys": {"type": "array", "items": _ref("Key")},
                    },
                ),
            }
        },
    ),
    "Catalogue": _closed(
        ["policy", "questions"],
        {
            "policy": _HEX32,
            "questions": {
                "type": "array",
                "items": _closed(
                    ["agency", "question", "params", "text", "not_shared", "least_evidence"],
                    {
                        "agency": {"type": "string"},
                        "question": {"type": "string"},
                        "params": {"type": "object"},
                        "text": _WORDS,
                        "not_shared": _WORDS,
                        "least_evidence": {"type": "string"},
                    },
                ),
            },
        },
    ),
}


def _paths() -> dict[str, Any]:
    verification = _answers(
        success="200",
        schema=_ref("Verification"),
        text="the sealed answers, with the proof of each access",
        problems="400 401 403 409 411 413 415 503",
    )
    verification["202"] = {
        "description": "some agencies have not answered yet",
        "content": _json(_ref("Verification")),
    }
    found = _answers(
        success="200", schema=_ref("Verification"), text="as it stands", problems="400 401 404"
    )
    found["202"] = verification["202"]
    committed = _answers(
        success="201",
        schema=_ref("Committed"),
        text="the log's entry and its proof",
        problems="400 401 409 411 413 415",
    )
    statement = {"required": True, "content": _json(_ref("Statement"))}
    return {
        "/v1/verifications": {
            "post": {
                "operationId": "ask",
                "summary": "Ask the agencies about one person, within one grant",
                "security": [{"dpop": []}],
                "requestBody": {"required": True, "content": _json(_ref("VerificationRequest"))},
                "responses": verification,
            }
        },
        "/v1/verifications/{verification_id}": {
            "get": {
                "operationId": "verification",
                "summary": "One verification of this client, waiting for it if wished; without its "
                "answers once she has withdrawn",
                "security": [{"dpop": []}],
                "parameters": [
                    {
                        "name": "verification_id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                    },
                    {
                        "name": "wait",
                        "in": "query",
                        "schema": {"type": "integer", "minimum": 0},
                        "description": "seconds, at most 20",
                    },
                ],
                "responses": found,
            }
        },
        "/v1/formulas": {
            "post": {
                "operationId": "commitFormula",
                "summary": "Commit to a formula, at least 24 hours before it is used",
                "requestBody": statement,
                "responses": committed,
            }
        },
        "/v1/decisions": {
            "post": {
                "operationId": "commitDecision",
                "summary": "Log that a decision was made; its content stays with the programme",
                "requestBody": statement,
                "responses": committed,
            }
        },
        "/v1/openings": {
            "post": {
                "operationId": "beginAudit",
                "summary": "Begin an audit of a random sample of accesses",
                "security": [{"auditor": []}],
                "requestBody": {"required": True, "content": _json(_ref("AuditBegun"))},
                "responses": _answers(
                    success="200",
                    schema=_ref("Coin"),
                    text="the broker's share of the draw",
                    problems="400 401 411 413 415 429 503",
                ),
            }
        },
        "/v1/openings/{audit_id}": {
            "post": {
                "operationId": "openSample",
                "summary": "Show the auditor's share of the draw, and get the openings",
                "security": [{"auditor": []}],
                "parameters": [
                    {
                        "name": "audit_id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                    }
                ],
                "requestBody": {"required": True, "content": _json(_ref("Nonce"))},
                "responses": _answers(
                    success="200",
                    schema=_ref("Openings"),
                    text="what the digests of the sample commit to",
                    problems="400 401 404 411 413 415",
                ),
            }
        },
        "/v1/receipts/{reference}": {
            "get": {
                "operationId": "receiptStatus",
                "summary": "What is true now of a digital receipt that somebody was shown",
                "parameters": [
                    {
                        "name": "reference",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string"},
                    }
                ],
                "responses": _answers(
                    success="200",
                    schema=_ref("ReceiptStatus"),
                    text="signed: live, withdrawn, replaced or expired, with the log's proof",
                    problems="404 429 503",
                ),
            }
        },
        "/v1/catalogue": {
            "get": {
                "operationId": "catalogue",
                "summary": "Every question that can be asked",
                "responses": _answers(
                    success="200", schema=_ref("Catalogue"), text="the catalogue", problems=""
                ),
            }
        },
        "/v1/agencies": {
            "get": {
                "operationId": "agencies",
                "summary": "Who answers, with their keys and the statements that vouch for them",
                "responses": _answers(
                    success="200", schema=_ref("Agencies"), text="the agencies", problems=""
                ),
            }
        },
    }


def document(issuer: str) -> dict[str, Any]:
    """Return the document for a broker whose public URL is `issuer`."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Izin", "version": "1"},
        "servers": [{"url": issuer}],
        "paths": _paths(),
        "components": {
            "schemas": _SCHEMAS,
            "securitySchemes": {
                "dpop": {
                    "type": "http",
                    "scheme": "DPoP",
                    "description": "a DPoP-bound access token (RFC 9449)",
                },
                "auditor": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "the token that auditors read fresh entries with",
                },
            },
        },
    }
