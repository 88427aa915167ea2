"""Serve the portal, for `izin programme serve` and the demo."""

from __future__ import annotations

import os
from pathlib import Path

from broker.programme.portal.app import CONFIG
from broker.programme.settings import load_settings
from broker.serving import serve as run


def serve(config: Path) -> None:
    """Serve the portal of the settings file `config` until SIGINT or SIGTERM.

    Raises PortTakenError and ProgrammeSettingsError.
    """
    settings = load_settings(config)
    # The workers read it again: they are processes of their own.
    os.environ[CONFIG] = str(config.resolve())
    run(
        "broker.programme.portal.app:create_app",
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        factory=True,
    )
