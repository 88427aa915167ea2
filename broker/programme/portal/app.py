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
from broker.serving import at_end
from policies.words import Words

CONFIG: Final = "IZIN_PROGRAMME_CONFIG"
FORM_LIMIT_BYTES: Final = 16_384

_TITLE: Final = Words("Belum berhasil", "That did not work")
_NOT_FOUND_TITLE: Final = Words("Halaman tidak ditemukan", "Page not found")
_NOT_FOUND: Final = Words(
    "Halaman ini tidak ada. Atau, pengajuan ini dibuat dengan HP atau peramban lain.",
    "There is no such page, or the application was made with another phone or browser.",
)
_FORBIDDEN: Final = Words(
    "Formulir ini terlalu lama terbuka, atau bukan dari halaman kami. Tidak ada yang dikirim. "
    "Mulai lagi dari halaman awal.",
    "This form was open for too long, or is not from our page. Nothing was sent. Begin again at "
    "the start page.",
)
_UNAVAILABLE: Final = Words(
    "Layanan Izin sedang tidak dapat dihubungi. Tidak ada yang ditanyakan; coba lagi nanti.",
    "The Izin service cannot be reached now. Nothing was asked; try again later.",
)
_RETURN: Final = Words(
    "Kami tidak menemukan pengajuan yang cocok dengan peramban ini. Tidak ada yang diputuskan. "
    "Ajukan lagi, dengan peramban yang sama dari awal sampai selesai.",
    "We found no request that fits this browser. Nothing was decided. Apply again, with the same "
    "browser from beginning to end.",
)
_BROKEN: Final = Words(
    "Ada yang gagal di pihak kami. Tidak ada yang diputuskan; coba lagi nanti.",
    "Something failed on our side. Nothing was decided; try again later.",
)


def create_app() -> Flask:
    """Return the portal of the settings file that the environment names; for the server."""
    path = os.environ.get(CONFIG)
    if not path:
        raise ProgrammeSettingsError(f"{CONFIG} must name the programme's settings file")
    configure_logging("programme")
    asking = open_asking_side(load_settings(Path(path)))
    at_end(asking.close)
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
        if isinstance(error, Forbidden):
            return _error_page(_FORBIDDEN, 403)
        return _error_page(_NOT_FOUND, error.code or 500, title=_NOT_FOUND_TITLE)

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


def _error_page(text: Words, status: int, *, title: Words = _TITLE) -> ResponseReturnValue:
    return render_template("error.html", title=title, text=text), status
