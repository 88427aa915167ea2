"""Whether the broker runs (/healthz) and can take requests (/readyz)."""

from __future__ import annotations

from flask import Blueprint, Response
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import AuditError
from audit.log import Log


def health_blueprint(log: Log, engine: Engine) -> Blueprint:
    """Return the two routes. Their bodies say no more than needed: anybody can read them."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", content_type="text/plain")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        try:
            log.checkpoint()
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except (AuditError, SQLAlchemyError):
            return Response("not ready\n", status=503, content_type="text/plain")
        return Response("ready\n", content_type="text/plain")

    return blueprint
