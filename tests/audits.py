"""An audited broker: a world's parts behind a real socket, and `izin audit sample` as a process."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from flask import Flask
from werkzeug.serving import make_server

from audit.web import log_blueprint
from broker.app import web_app
from broker.auditing import Audits
from broker.auditing_web import auditing_blueprint
from broker.problems import register_problems
from broker.readers import Readers
from tests.world import World

ROOT: Final = Path(__file__).parents[1]
TOKEN: Final = "an-auditor-s-token"


def audited(world: World) -> None:
    """Give the world's auditors their token."""
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    settings = replace(world.broker.settings, entries_token_sha256=digest, open_entries=False)
    world.broker = replace(world.broker, settings=settings)


def app_with(world: World, audits: Audits) -> Flask:
    """Return the log and the auditors' routes, behind which `audits` may do as it likes."""
    readers = Readers(world.broker.settings, world.broker.persons.knows_reader)
    app = Flask("lying")
    register_problems(app)
    app.register_blueprint(log_blueprint(world.broker.log, may_read_entries=readers.may_read))
    app.register_blueprint(auditing_blueprint(audits, readers))
    return app


def parts_of(world: World) -> dict[str, Any]:
    """Return what `Audits` is made of."""
    broker = world.broker
    return {
        "engine": broker.engine,
        "log": broker.log,
        "openings": broker.openings,
        "grants": broker.grants,
        "persons": broker.persons,
        "clock": broker.clock,
        "random": broker.random,
    }


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve `app` on a free port and yield its URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def sample(
    world: World, folder: Path, *more: str, app: Flask | None = None, token: str = TOKEN
) -> subprocess.CompletedProcess[str]:
    """Run `izin audit sample` against the world's broker, or against `app` in its place."""
    path = folder / "token"
    path.write_text(token, "utf-8")
    with serving(web_app(world.broker) if app is None else app) as url:
        command = [sys.executable, "-m", "broker.cli", "audit", "sample", f"{url}/log"]
        options = ("--vkey", world.prepared.vkey, "--token-file", str(path), *more)
        return subprocess.run(
            [*command, *options], capture_output=True, text=True, cwd=ROOT, check=False
        )


def judged(
    world: World, folder: Path, *more: str, app: Flask | None = None
) -> tuple[int, dict[str, Any]]:
    """Return the command's exit code and what it says as JSON."""
    done = sample(world, folder, "--json", *more, app=app)
    assert "" == done.stderr
    return done.returncode, json.loads(done.stdout)


def faults(said: dict[str, Any]) -> set[tuple[int, str]]:
    """Return what is wrong with which entries."""
    return {(each["index"], fault) for each in said["bad"] for fault in each["faults"]}
