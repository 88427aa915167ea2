"""The same six calls without Izin: plain HTTP and JSON, no consent, no seal, no log.

Served by the same server with as many threads; the agencies answer at once.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import httpx2
import orjson
from flask import Flask, Response, request

AGENCIES = "IZIN_BENCH_AGENCIES"
"""The environment variable with the agencies' URLs, separated by spaces."""


def agency() -> Flask:
    """Return an agency that says yes."""
    app = Flask("agency")

    @app.post("/v1/questions")
    def answer() -> Response:
        questions = orjson.loads(request.get_data())["questions"]
        answers = [{"question": each, "answer": "yes"} for each in questions]
        return _json({"answers": answers})

    @app.get("/healthz")
    def health() -> Response:
        return _json({})

    return app


def broker() -> Flask:
    """Return a broker that asks all agencies at once and hands their answers on."""
    app = Flask("broker")
    http = httpx2.Client(timeout=10)
    pool = ThreadPoolExecutor(64)
    urls = os.environ[AGENCIES].split()

    @app.post("/v1/verifications")
    def verify() -> Response:
        asked = orjson.loads(request.get_data())

        def ask(url: str) -> object:
            body = {"nik": asked["nik"], "questions": asked["questions"]}
            response = http.post(
                f"{url}/v1/questions",
                content=orjson.dumps(body),
                headers={"Content-Type": "application/json"},
            )
            return orjson.loads(response.content)

        return _json({"items": list(pool.map(ask, urls))})

    @app.get("/readyz")
    def ready() -> Response:
        return _json({})

    return app


def _json(body: object) -> Response:
    return Response(orjson.dumps(body), content_type="application/json")
