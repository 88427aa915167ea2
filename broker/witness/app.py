"""A witness over HTTP: C2SP tlog-witness, "add-checkpoint". Statuses are that specification's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
import structlog
from flask import Flask, Response, request

from audit.witness import MAX_REQUEST_BYTES, Reason, WitnessRefusalError
from broker.bodies import read_bytes, read_to_the_end
from broker.commands.plain import plain_errors
from broker.guarding import guard_answers
from broker.logging import configure_logging
from broker.problems import register_problems
from broker.serving import serve as run
from broker.witness.desk import WitnessDesk
from broker.witness.settings import WitnessSettingsError, load_settings
from broker.witness.setup import open_witness, prepare_witness

CONFIG: Final = "IZIN_WITNESS_CONFIG"
STATUSES: Final[Mapping[Reason, int]] = {
    "malformed": 400,
    "bad_signature": 403,
    "unknown_origin": 404,
    "conflict": 409,
    "bad_proof": 422,
}

_log = structlog.get_logger()


def create_app() -> Flask:
    """Return the witness of the settings file that the environment names; for the server."""
    path = os.environ.get(CONFIG)
    if not path:
        raise WitnessSettingsError(f"{CONFIG} must name the witness's settings file")
    configure_logging("witness")
    return build_app(open_witness(load_settings(Path(path))))


@plain_errors
def initialise(config: Path) -> None:
    """Make the witness's key if there is none, and print what policies name it by."""
    click.echo(prepare_witness(load_settings(config)))


@plain_errors
def serve(config: Path) -> None:
    """Serve the witness of the settings file `config` until SIGINT or SIGTERM."""
    settings = load_settings(config)
    # The worker reads it again: it is a process of its own.
    os.environ[CONFIG] = str(config.resolve())
    run(
        "broker.witness.app:create_app",
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        factory=True,
    )


def build_app(desk: WitnessDesk) -> Flask:
    """Return the application of a witness."""
    app = Flask(__name__, static_folder=None)
    guard_answers(app)
    read_to_the_end(app)
    register_problems(app)

    @app.post("/add-checkpoint")
    def add_checkpoint() -> Response:
        line = desk.add_checkpoint(read_bytes(request, limit_bytes=MAX_REQUEST_BYTES))
        return _text(line)

    @app.get("/healthz")
    def healthz() -> Response:
        return _text("ok\n")

    @app.errorhandler(WitnessRefusalError)
    def refused(refusal: WitnessRefusalError) -> Response:
        _log.info("witness.refused", reason=refusal.reason)
        status = STATUSES[refusal.reason]
        if refusal.size is not None:
            return _text(f"{refusal.size}\n", status=status, kind="text/x.tlog.size")
        return _text(f"{refusal}\n", status=status)

    return app


def _text(body: str, *, status: int = 200, kind: str = "text/plain; charset=utf-8") -> Response:
    response = Response(body, status=status)
    response.headers["Content-Type"] = kind
    response.headers["Cache-Control"] = "no-store"
    return response
