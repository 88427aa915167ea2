"""Whether the broker runs (/healthz) and can take requests (/readyz)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from flask import Blueprint, Response
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import AuditError
from audit.log import Log

LEAST_FREE_BYTES: Final = 64_000_000
"""Below this no request is taken: the next append could fail half way through a verification."""


def health_blueprint(log: Log, engine: Engine, folder: Path) -> Blueprint:
    """Return the two routes. Their bodies say no more than needed: anybody can read them.

    folder: where log and database lie.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", content_type="text/plain")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        try:
            log.checkpoint()
            # Begins with the write lock, which a read-only disk refuses; nothing is written.
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
                connection.rollback()
            if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
                return _not_ready()
        except (AuditError, SQLAlchemyError, OSError):
            return _not_ready()
        return Response("ready\n", content_type="text/plain")

    return blueprint


def _not_ready() -> Response:
    return Response("not ready\n", status=503, content_type="text/plain")
