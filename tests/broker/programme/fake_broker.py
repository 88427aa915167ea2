"""A broker at the HTTP edge only: it hands over what a `World` made, and checks what it is sent.

Requests are judged by the same code that the real broker uses; nothing behind them is real but
the log, the keys and the sealed answers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import ECKey

from audit.canonical import parse
from audit.entry import draft
from broker.problems import Problem
from consent import dpop
from keys import base64url
from keys.jws import peek_header, verify_compact
from keys.signing import VerifyKey
from keys.statements import check_statement
from keys.xwing import PublicSealingKey
from policies.ask import Item
from tests.broker.programme.asking_world import AT, SUBJECT, TestAgency, World

ISSUER = "http://localhost:8000"
GRANT_ID = "grant-0000000000000001"


class FakeBroker:
    """Set its attributes to make it misbehave."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.jwks: dict[str, Any] = {}
        self.roots: dict[str, VerifyKey] = {}
        self.pushed: dict[str, dict[str, str]] = {}
        self.jkt = ""
        self.declined: set[str] = set()
        self.answers: dict[str, str] = {}
        self.withdrawn = False
        self.pending_polls = 0
        self.change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda items: items
        self.change_token: Callable[[dict[str, Any]], dict[str, Any]] = lambda body: body
        self.decision_problem: str | None = None
        self.decisions: dict[str, int] = {}
        self.requests: list[dict[str, Any]] = []
        self.last: dict[str, Any] = {}
        self.down = False
        self.token = "token-1"
        self.app = self._app()

    def back(self, url: str, **changes: str | None) -> str:
        """Return the path and query with which the person comes back from `url`."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        pushed = self.pushed[query["request_uri"]]
        assert query["client_id"] == pushed["client_id"]
        said: dict[str, str | None] = {
            "code": query["request_uri"].rpartition(":")[2],
            "state": pushed["state"],
            "iss": ISSUER,
            **changes,
        }
        kept = "&".join(f"{name}={value}" for name, value in said.items() if value is not None)
        return f"{urlsplit(pushed['redirect_uri']).path}?{kept}"

    def _app(self) -> Flask:
        app = Flask("fake_broker")

        @app.errorhandler(Problem)
        def _problem(error: Problem) -> Response:
            return error.response()

        @app.before_request
        def _down() -> Any:
            return Response("{}", status=503) if self.down else None

        @app.get("/.well-known/oauth-authorization-server")
        def metadata() -> Any:
            return jsonify(
                issuer=ISSUER,
                authorization_endpoint=f"{ISSUER}/oauth/authorize",
                token_endpoint=f"{ISSUER}/oauth/token",
                pushed_authorization_request_endpoint=f"{ISSUER}/oauth/par",
            )

        @app.post("/oauth/par")
        def par() -> Any:
            self._client()
            assert request.form["code_challenge_method"] == "S256"
            uri = f"urn:ietf:params:oauth:request_uri:code{len(self.pushed)}"
            self.pushed[uri] = request.form.to_dict()
            return jsonify(request_uri=uri, expires_in=60), 201

        @app.post("/oauth/token")
        def token() -> Any:
            self._client()
            if request.form["grant_type"] == "refresh_token":
                return self._refreshed(request.form["refresh_token"])
            pushed = self.pushed[f"urn:ietf:params:oauth:request_uri:{request.form['code']}"]
            digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
            assert base64url.encode(digest) == pushed["code_challenge"]
            assert request.form["redirect_uri"] == pushed["redirect_uri"]
            details = json.loads(pushed["authorization_details"])
            details[0]["questions"] = [
                each for each in details[0]["questions"] if each["agency"] not in self.declined
            ]
            self.granted = details[0]["questions"]
            body = {
                "access_token": self.token,
                "token_type": "DPoP",
                "expires_in": 300,
                "grant_id": GRANT_ID,
                "authorization_details": details,
            }
            return jsonify(self.change_token(body))

        @app.post("/v1/verifications")
        def verifications() -> Any:
            self._bound()
            body = request.get_json()
            self.requests.append(body)
            assert body["grant_id"] == GRANT_ID
            if self.withdrawn:
                raise Problem("grant-not-live", "no", {"reasons": ["grant_live"], "items": []})
            self.last = {
                "verification_id": "verification-000000001",
                "subject": SUBJECT,
                "status": "complete",
                "items": self.change(self._items(body)),
            }
            if self.pending_polls:
                return jsonify({**self.last, "status": "pending"}), 202
            return jsonify(self.last)

        @app.get("/v1/verifications/<_id>")
        def poll(_id: str) -> Any:
            self._bound()
            self.pending_polls -= 1
            status = "pending" if self.pending_polls else "complete"
            return jsonify({**self.last, "status": status})

        @app.post("/v1/decisions")
        def decisions() -> Any:
            if self.decision_problem is not None:
                raise Problem(self.decision_problem, "no")
            return self._committed(request.get_json()["statement"])

        return app

    def _refreshed(self, refresh_token: str) -> Any:
        assert refresh_token == "refresh-1"
        if self.withdrawn:
            return jsonify(error="invalid_grant"), 400
        self.token = f"token-{int(self.token.rpartition('-')[2]) + 1}"
        body = {
            "access_token": self.token,
            "token_type": "DPoP",
            "expires_in": 300,
            "grant_id": GRANT_ID,
            "authorization_details": [],
        }
        return jsonify(self.change_token(body))

    def _client(self) -> None:
        form = request.form
        key = self.jwks[form["client_id"]]["keys"][0]
        claims = jwt.decode(form["client_assertion"], ECKey.import_key(key)).claims
        assert claims["iss"] == claims["sub"] == form["client_id"]
        assert claims["aud"] == ISSUER
        proof = dpop.check(
            request.headers.getlist("DPoP"), method="POST", url=ISSUER + request.path, at=AT
        )
        self.jkt = proof.jkt

    def _bound(self) -> None:
        assert request.headers["Authorization"] == f"DPoP {self.token}"
        proof = dpop.check(
            request.headers.getlist("DPoP"),
            method=request.method,
            url=ISSUER + request.path,
            at=AT,
            token=self.token,
        )
        assert proof.jkt == self.jkt

    def _items(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        by_agency: dict[str, list[Item]] = {}
        for each in self.granted:
            item = Item(each["agency"], each["question"], each.get("params", {}))
            by_agency.setdefault(item.agency, []).append(item)
        for agency in by_agency:
            self.world.agencies.setdefault(agency, TestAgency(agency))
        return [
            self.world.item(
                tuple(items),
                self.answers,
                to=PublicSealingKey.from_jwk(body["answer_key"]),
                payload={"request_id": body["request_id"]},
            )
            for _, items in sorted(by_agency.items())
        ]

    def _committed(self, statement: str) -> Any:
        header = peek_header(statement)
        key = VerifyKey(base64url.decode(header["pub"]))
        _, payload = verify_compact(
            statement, key, typ="izin-decision+jws", extra=frozenset({"pub", "stmt"})
        )
        said: dict[str, Any] = parse(payload)
        check_statement(
            header["stmt"],
            self.roots[said["programme"]],
            owner=said["programme"],
            use="sign",
            thumbprint=key.thumbprint,
            at=AT,
        )
        assert said["subject"] == SUBJECT
        if statement not in self.decisions:
            members = {name: said[name] for name in ("programme", "formula", "digest")}
            entry = draft("decision.made", {**members, "tag": self.world.random(16).hex()})
            self.decisions[statement] = self.world.log.append([entry]).entries[0].index
        logged = self.world.log.prove(self.decisions[statement])
        body = {"index": logged.index, "entry": logged.entry.decode(), "proof": logged.proof}
        return jsonify(body), 201
