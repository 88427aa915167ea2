"""The gateway over HTTP: questions in, sealed answers or problems out.

Edge only: sizes, types and shapes. What a message says is the desk's business.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from audit.web import log_blueprint
from broker.bodies import read_json, read_to_the_end
from broker.envelope import MAX_MESSAGE_BYTES, parse_message
from broker.errors import MessageError
from broker.gateway.errors import GatewaySettingsError
from broker.gateway.settings import load_settings
from broker.gateway.wiring import Gateway, open_gateway
from broker.guarding import guard_answers
from broker.health import failing
from broker.logging import configure_logging
from broker.problems import Problem, http_problem, register_problems
from broker.serving import at_end
from broker.serving import serve as run

_log = structlog.get_logger()

CONFIG: Final = "IZIN_GATEWAY_CONFIG"
MAX_MESSAGES: Final = 16
MAX_BODY_BYTES: Final = MAX_MESSAGES * MAX_MESSAGE_BYTES + 1_024


def create_app() -> Flask:
    """Return the gateway of the settings file that the environment names; for the server."""
    path = os.environ.get(CONFIG)
    if not path:
        raise GatewaySettingsError(f"{CONFIG} must name the gateway's settings file")
    settings = load_settings(Path(path))
    configure_logging(f"gateway.{settings.agency}")
    opened = open_gateway(settings)
    at_end(opened.close)
    return build_app(opened)


def serve(config: Path) -> None:
    """Serve the gateway of the settings file `config` until SIGINT or SIGTERM.

    Raises GatewaySettingsError, PortTakenError.
    """
    settings = load_settings(config)
    # The worker reads it again: it is a process of its own.
    os.environ[CONFIG] = str(config.resolve())
    run(
        "broker.gateway.app:create_app",
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        factory=True,
    )


def build_app(gateway: Gateway) -> Flask:
    """Return the application of `gateway`."""
    app = Flask(__name__, static_folder=None)
    guard_answers(app)
    read_to_the_end(app)
    register_problems(app)
    app.register_blueprint(
        log_blueprint(gateway.log, may_read_entries=lambda _: gateway.settings.open_entries)
    )

    @app.post("/v1/questions")
    def questions() -> Response:
        received = gateway.grid.received()
        try:
            messages = _messages(read_json(request, limit_bytes=MAX_BODY_BYTES))
            body = {"v": 1, "answers": [_take(gateway, each) for each in messages]}
            response = _json(body)
        except Problem as problem:
            response = problem.response()
        # Refusals and errors too: the time to a "no" would tell what a "yes" takes.
        gateway.grid.release(received)
        return response

    @app.get("/v1/keys")
    def keys() -> Response:
        return _json(gateway.identity.keys_document())

    @app.get("/v1/seen")
    def seen() -> Response:
        # For auditors, who compare what each agency was shown: a split view needs two views.
        note = gateway.desk.seen()
        if note is None:
            raise Problem("unknown", "This gateway has not verified a checkpoint yet.")
        return Response(note, content_type="text/plain; charset=utf-8")

    @app.get("/healthz")
    def healthz() -> Response:
        return _json({"status": "ok"})

    @app.get("/readyz")
    def readyz() -> Response:
        found = failing(gateway.log, gateway.engine)
        return _json({"status": "failing" if found else "ok", "failing": found}, found)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        return http_problem(error)

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        # The text may quote what was sent: only the kind of error is written down.
        _log.error("unexpected", error=type(error).__name__)
        return Problem("internal", "The gateway could not answer; try again.").response()

    return app


def _messages(body: Any) -> list[Any]:
    if not isinstance(body, dict) or set(body) != {"v", "messages"} or body["v"] != 1:
        raise Problem("malformed", 'send {"v": 1, "messages": [...]}')
    messages = body["messages"]
    if not isinstance(messages, list) or not 1 <= len(messages) <= MAX_MESSAGES:
        raise Problem("malformed", f"send 1 to {MAX_MESSAGES} messages at once")
    return messages


def _take(gateway: Gateway, value: Any) -> dict[str, object]:
    """Return the answer to one message of a batch; one that fails does not fail the others."""
    try:
        message = parse_message(value)
    except MessageError:
        return {"problem": gateway.desk.unreadable().body()}
    try:
        return {"message": gateway.desk.take(message).members()}
    except Problem as problem:
        return {"problem": problem.body()}
    except Exception as error:
        # The text may quote what was sent: only the kind of error is written down.
        _log.error("unexpected", error=type(error).__name__)
        return {"problem": Problem("internal", "The gateway could not answer; try again.").body()}


def _json(body: object, failing: object = None) -> Response:
    response = Response(
        orjson.dumps(body), status=503 if failing else 200, mimetype="application/json"
    )
    response.headers["Cache-Control"] = "no-store"
    return response
