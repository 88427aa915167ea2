"""The portal as a WSGI application."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import structlog
from flask import Flask, Response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden, HTTPException

from broker.logging import configure_logging
from broker.programme.errors import (
    IzinUnavailableError,
    ProgrammeError,
    ProgrammeSettingsError,
    ReturnError,
)
from broker.programme.portal.guard import Guard
from broker.programme.portal.pages import pages_blueprint
from broker.programme.settings import load_settings
from broker.programme.wiring import AskingSide, open_asking_side
from broker.serving import die_with_parent
from policies.words import Words

CONFIG: Final = "IZIN_PROGRAMME_CONFIG"
FORM_LIMIT_BYTES: Final = 16_384

_AGAIN: Final = Words("Ajukan lagi dari halaman awal.", "Apply again from the start page.")
_NOT_FOUND: Final = Words(
    "Halaman ini tidak ada, atau bukan milik peramban ini.",
    "There is no such page, or it does not belong to this browser.",
)
_FORBIDDEN: Final = Words(
    "Formulir ini bukan dari halaman yang Anda buka. Buka lagi halamannya, lalu kirim.",
    "This form is not from the page you opened. Open the page again, then send it.",
)
_UNAVAILABLE: Final = Words(
    "Layanan Izin sedang tidak dapat dihubungi. Tidak ada yang ditanyakan; coba lagi nanti.",
    "The Izin service cannot be reached now. Nothing was asked; try again later.",
)
_RETURN: Final = Words(
    "Kami tidak menemukan permintaan yang cocok dengan peramban ini. Tidak ada yang diputuskan.",
    "We found no request that fits this browser. Nothing was decided.",
)
_BROKEN: Final = Words(
    "Ada yang gagal di pihak kami. Tidak ada yang diputuskan; coba lagi nanti.",
    "Something failed on our side. Nothing was decided; try again later.",
)


def create_app() -> Flask:
    """Return the portal of the settings file that the environment names; for the server."""
    die_with_parent()
    path = os.environ.get(CONFIG)
    if not path:
        raise ProgrammeSettingsError(f"{CONFIG} must name the programme's settings file")
    configure_logging("programme")
    asking = open_asking_side(load_settings(Path(path)))
    # What a crash left unsaid; a broker that is not up yet is asked at the next occasion.
    asking.applications.settle()
    return build_app(asking)


def build_app(asking: AskingSide) -> Flask:
    """Return the application of an opened asking side."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = FORM_LIMIT_BYTES
    guard = Guard(asking.settings, asking.kek, random=asking.random)
    app.register_blueprint(pages_blueprint(asking, guard))
    log = structlog.get_logger()

    @app.after_request
    def _protect(response: Response) -> Response:
        return guard.protect(response)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> ResponseReturnValue:
        text = _FORBIDDEN if isinstance(error, Forbidden) else _NOT_FOUND
        return _error_page(text, error.code or 500)

    @app.errorhandler(ReturnError)
    def _return(_: ReturnError) -> ResponseReturnValue:
        return _error_page(_RETURN, 400)

    @app.errorhandler(IzinUnavailableError)
    def _unavailable(_: IzinUnavailableError) -> ResponseReturnValue:
        return _error_page(_UNAVAILABLE, 503)

    @app.errorhandler(ProgrammeError)
    def _refused(error: ProgrammeError) -> ResponseReturnValue:
        log.error("portal.failed", error=type(error).__name__)
        return _error_page(_BROKEN, 502)

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> ResponseReturnValue:
        # The exception's text may quote what was sent: only its type is written down.
        log.error("portal.failed", error=type(error).__name__)
        return _error_page(_BROKEN, 500)

    return app


def _error_page(text: Words, status: int) -> ResponseReturnValue:
    return render_template("error.html", text=text, advice=_AGAIN), status
