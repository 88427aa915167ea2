"""Whether a program runs (/healthz) and can take requests (/readyz).

Ready means that a question could be logged and kept now. Found out by writing, but no entry: a
full disk shows itself only to whoever writes.
"""

from __future__ import annotations

import shutil
from typing import Final

from flask import Blueprint, Response
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import AuditError
from audit.log import Log

LEAST_FREE_BYTES: Final = 64_000_000
"""Below this no request is taken: the next append could fail half way through a verification."""


def failing(log: Log, engine: Engine) -> list[str]:
    """Return what cannot be written to: `log`, `database`, `disk`."""
    found = []
    try:
        log.check_ready()
    except AuditError:
        found.append("log")
    try:
        check_database(engine)
    except SQLAlchemyError:
        found.append("database")
    try:
        # A server's disk shows itself to the writes above.
        folder = log.folder
        if folder is not None and shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
            found.append("disk")
    except OSError:
        found.append("disk")
    return found


def check_database(engine: Engine) -> None:
    """Raise SQLAlchemyError unless the database takes a write; changes no row."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # The connection begins with the write lock; the number is for the file's users.
            number = connection.execute(text("PRAGMA user_version")).scalar_one()
            connection.exec_driver_sql(f"PRAGMA user_version = {(number + 1) % 2**31}")
        else:
            connection.execute(text("CREATE TEMPORARY TABLE izin_ready (x INTEGER)"))
            connection.execute(text("DROP TABLE izin_ready"))
        connection.commit()


def health_blueprint(log: Log, engine: Engine) -> Blueprint:
    """Return the two routes. Their bodies say no more than needed: anybody can read them."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", content_type="text/plain")

    @blueprint.get("/readyz")
    def readyz() -> Response:
        if failing(log, engine):
            return Response("not ready\n", status=503, content_type="text/plain")
        return Response("ready\n", content_type="text/plain")

    return blueprint
