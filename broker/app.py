"""The broker as a WSGI application: its routes, and what is repaired before the first request."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

import structlog
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from audit.errors import LogUnavailableError
from audit.web import log_blueprint
from broker.auditing_web import auditing_blueprint
from broker.auth import Authenticator
from broker.bodies import read_to_the_end
from broker.guarding import guard_answers
from broker.health import health_blueprint
from broker.logging import configure_logging
from broker.policy_note import note_policy
from broker.problems import Problem, http_problem, register_problems
from broker.readers import Readers
from broker.receipts_web import receipts_blueprint
from broker.serving import at_end
from broker.serving import serve as run
from broker.settings import Settings, load_settings
from broker.verification import settle_interrupted
from broker.web import Api, api_blueprint
from broker.wiring import Broker, build
from consent.deps import ConsentDeps
from consent.key_urls import KeyUrls
from consent.pauses import Pauses
from consent.presenting import Presenting
from consent.refresh import RefreshTokens
from consent.web import register

ADDRESSES_OF_MACHINES: Final = (
    "/v1/", "/log/", "/schemas/", "/openapi.json", "/healthz", "/readyz", "/oauth/par",
    "/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/grants/", "/oauth/jwks",
    "/.well-known/",
)  # fmt: skip
"""Where an error is a problem (RFC 9457); elsewhere it is a page or an OAuth error."""


def create_app(settings: Settings | None = None) -> Flask:
    """Return the broker as a WSGI application, after repairing what a crash left open."""
    configure_logging("broker")
    broker = build(settings or load_settings())
    at_end(broker.close)
    broker.asking.witnessing.check_not_behind()
    note_policy(broker.engine, broker.log, broker.policy)
    # The log leads: what it has and the database missed is applied before anybody asks.
    replaced = broker.asking.trace_keys.reconcile()
    reconciled = broker.grants.reconcile()
    interrupted = settle_interrupted(broker.asking)
    broker.grants.expire_due()
    structlog.get_logger().info(
        "broker.started", size=broker.log.size, count=reconciled.activated + interrupted + replaced
    )
    return web_app(broker)


def serve(settings: Settings) -> None:
    """Serve the broker until SIGINT or SIGTERM; raises PortTakenError."""
    # The worker reads the settings again: it is a process of its own.
    os.environ["IZIN_HOME"] = str(settings.home)
    run("wsgi:app", host=settings.host, port=settings.port, threads=settings.threads)


def web_app(broker: Broker) -> Flask:
    """Return the routes of an opened broker."""
    app = Flask("broker")
    guard_answers(app)
    read_to_the_end(app)
    authenticator = Authenticator(
        Presenting(
            broker.settings.issuer,
            broker.engine,
            broker.replays,
            broker.keys.nonces,
            broker.clock,
        ),
        token_keys=lambda: (broker.keys.token.public,),
    )
    readers = Readers(broker.settings, broker.persons.knows_reader)
    app.register_blueprint(
        log_blueprint(
            broker.log,
            may_read_entries=readers.may_read,
            shown=broker.asking.witnessing.shown,
            cosigning=broker.cosigning,
        )
    )
    app.register_blueprint(health_blueprint(broker.log, broker.engine))
    audits = broker.audits()
    app.register_blueprint(auditing_blueprint(audits, readers))
    app.register_blueprint(
        api_blueprint(
            Api(
                asking=broker.asking,
                authenticator=authenticator,
                commitments=broker.commitments(),
                agencies=broker.agencies,
                policy=broker.policy,
                threads=broker.settings.threads,
            )
        )
    )
    receipts = broker.receipts()
    app.register_blueprint(receipts_blueprint(receipts))
    error_page = register(
        app,
        ConsentDeps(
            issuer=broker.settings.issuer,
            policy=broker.policy,
            grants=broker.grants,
            persons=broker.persons,
            clients=broker.clients,
            log=broker.log,
            receipts=receipts,
            openings=broker.openings,
            engine=broker.engine,
            trace_keys=broker.asking.trace_keys,
            token_key=broker.keys.token,
            nonces=broker.keys.nonces,
            replays=broker.replays,
            refresh_tokens=RefreshTokens(broker.engine, random=broker.random),
            pauses=Pauses(broker.engine, days=broker.settings.pause_days),
            key_urls=KeyUrls(
                issuer=broker.settings.issuer, at=lambda: int(broker.clock().timestamp())
            ),
            clock=broker.clock,
            random=broker.random,
            demo=broker.settings.demo,
            most_requests=broker.settings.most_requests,
            login=broker.login,
            audited=audits.of_person,
        ),
    )
    _register_errors(app, error_page)
    return app


def _register_errors(app: Flask, error_page: Callable[[HTTPException], Response]) -> None:
    """Answer errors at machines' addresses as problems, elsewhere as a page in plain words."""
    register_problems(app)

    @app.errorhandler(Exception)
    def _any(error: Exception) -> ResponseReturnValue:
        is_machine = request.path.startswith(ADDRESSES_OF_MACHINES)
        if isinstance(error, HTTPException):
            return http_problem(error) if is_machine else error_page(error)
        # The exception's text may quote what was sent: only its type is written down.
        structlog.get_logger().error("broker.failed", error=type(error).__name__)
        if is_machine:
            return _failure(error).response()
        is_passing = isinstance(error, LogUnavailableError | OperationalError)
        return error_page(ServiceUnavailable() if is_passing else InternalServerError())


def _failure(error: Exception) -> Problem:
    """Return the problem of an error that no route expected."""
    if isinstance(error, LogUnavailableError):
        return Problem("log-unavailable", "nothing was asked or written; try again later")
    if isinstance(error, OperationalError):  # a full disk, a database that is away
        return Problem("storage-unavailable", "try again later, with the same request_id")
    return Problem("internal", "try again; the failure is written down")
