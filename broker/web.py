"""The programmes' API over HTTP: parse, hand to the file that knows, answer.

Routes only. What a verification is, see `verification`; what a programme commits to, see
`commitments`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from flask import Blueprint, Response, request

from audit.errors import LogUnavailableError
from audit.log import Logged
from broker.agencies import Agencies
from broker.asking import Asking
from broker.auth import Authenticator
from broker.bodies import read_json
from broker.commitments import Commitments
from broker.delivery import deliverable
from broker.openapi import document
from broker.problems import Problem
from broker.requests import Verification, parse_verification
from broker.verification import verify
from policies.catalogue import Question
from policies.policy import Policy

VERIFICATION_LIMIT_BYTES: Final = 16_384
STATEMENT_LIMIT_BYTES: Final = 8_192
LONGEST_WAIT_SECONDS: Final = 20
_POLL_SECONDS: Final = 0.25


@dataclass(frozen=True)
class Api:
    """What the routes call. threads: how many requests the server answers at once."""

    asking: Asking
    authenticator: Authenticator
    commitments: Commitments
    agencies: Agencies
    policy: Policy
    threads: int


def api_blueprint(api: Api) -> Blueprint:
    """Return the routes below /v1, and /openapi.json."""
    blueprint = Blueprint("api", __name__)
    # While a verification waits, the agencies' gateways read the log from this same server: were
    # every thread to wait, none would be left to answer them, and all would fail together.
    slots = threading.BoundedSemaphore(max(1, api.threads // 2))

    @blueprint.after_request
    def _with_nonce(response: Response) -> Response:
        if "DPoP" in request.headers or response.status_code == 401:
            response.headers["DPoP-Nonce"] = api.authenticator.nonce()
        return response

    @blueprint.post("/v1/verifications")
    def post_verification() -> Response:
        token = api.authenticator.token(request)
        asked = parse_verification(read_json(request, limit_bytes=VERIFICATION_LIMIT_BYTES))
        if not slots.acquire(blocking=False):
            raise Problem("busy", "try again in a second", headers={"Retry-After": "1"})
        try:
            return _verification(verify(api.asking, token, asked))
        except LogUnavailableError as error:
            raise Problem("log-unavailable", "try again later, with a new request_id") from error
        finally:
            slots.release()

    @blueprint.get("/v1/verifications/<verification_id>")
    def get_verification(verification_id: str) -> Response:
        token = api.authenticator.token(request)
        ends = time.monotonic() + _wait_seconds(request.args.get("wait"))
        while True:
            found = api.asking.verifications.find(verification_id, client_id=token.client_id)
            if found is None:
                raise Problem("unknown", "there is no such verification of this client")
            if found.status != "pending" or time.monotonic() >= ends:
                asking = api.asking
                return _verification(deliverable(found, grants=asking.grants, log=asking.log))
            time.sleep(_POLL_SECONDS)

    @blueprint.post("/v1/formulas")
    def post_formula() -> Response:
        return _committed(api.commitments.formula(_statement()))

    @blueprint.post("/v1/decisions")
    def post_decision() -> Response:
        return _committed(api.commitments.decision(_statement()))

    @blueprint.get("/v1/catalogue")
    def get_catalogue() -> Response:
        return _json(
            {
                "policy": api.policy.digest,
                "questions": [_question(each) for each in api.policy.catalogue.questions.values()],
            }
        )

    @blueprint.get("/v1/agencies")
    def get_agencies() -> Response:
        routes = api.agencies.routes()
        return _json(
            {
                "agencies": [
                    {
                        "id": agency.id,
                        "name": {"id": agency.name.id, "en": agency.name.en},
                        "connected": agency.id in routes,
                        "keys": _keys(api.agencies, agency.id),
                    }
                    for agency in api.policy.catalogue.agencies.values()
                ]
            }
        )

    @blueprint.get("/openapi.json")
    def get_openapi() -> Response:
        return _json(document(api.asking.issuer))

    return blueprint


def _statement() -> str:
    body = read_json(request, limit_bytes=STATEMENT_LIMIT_BYTES)
    if not isinstance(body, dict) or set(body) != {"statement"}:
        raise Problem("malformed", "the body has one member, statement", {"member": "statement"})
    if not isinstance(body["statement"], str):
        raise Problem("malformed", "statement must be a JWS", {"member": "statement"})
    return body["statement"]


def _wait_seconds(text: str | None) -> int:
    if text is None:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 3:
        raise Problem("malformed", "wait must be a number of seconds", {"member": "wait"})
    return min(int(text), LONGEST_WAIT_SECONDS)


def _verification(found: Verification) -> Response:
    body = {
        "verification_id": found.verification_id,
        "subject": found.subject,
        "status": found.status,
        "items": list(found.items),
    }
    return _json(body, status=202 if found.status == "pending" else 200)


def _committed(logged: Logged) -> Response:
    body = {"index": logged.index, "entry": logged.entry.decode(), "proof": logged.proof}
    return _json(body, status=201)


def _question(question: Question) -> Mapping[str, Any]:
    return {
        "agency": question.agency,
        "question": question.id,
        "params": {name: list(values) for name, values in question.params.items()},
        "text": {"id": question.text.id, "en": question.text.en},
        "not_shared": {"id": question.not_shared.id, "en": question.not_shared.en},
        "least_evidence": question.least_evidence,
    }


def _keys(agencies: Agencies, agency: str) -> list[Mapping[str, Any]]:
    route = agencies.routes().get(agency)
    if route is None:
        return []
    return [
        {"use": "seal", "jwk": route.keys.seal.jwk(), "statement": route.keys.seal_statement},
        {"use": "sign", "jwk": route.keys.sign.jwk(), "statement": route.keys.sign_statement},
    ]


def _json(body: Mapping[str, Any], *, status: int = 200) -> Response:
    response = Response(orjson.dumps(body), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
