"""The program's own log lines: an allow-list of fields, so that no person can slip into one.

This is not the audit log. Events are constants, all named here; fields are ids that we made,
counts, durations and outcomes.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, Final

import structlog

EVENTS: Final = frozenset(
    {
        # broker
        "broker.started", "broker.failed", "dispatch.failed", "oauth.failed", "refusals.lost",
        "highwater.unwritten", "login.failed", "request.too_often",
        "witness.ahead", "witness.refused", "witness.unreachable",
        # gateway
        "answered", "refused", "unexpected", "answering_failed", "log_unavailable",
        "registry_failed",
        # portal
        "application.begun", "application.failed", "verification.unavailable",
        "verification.contradicts", "answer.not_believed", "decision.logged",
        "decision.not_logged", "decision.refused", "portal.failed",
        # the server under each of them
        "server.trouble",
    }
)  # fmt: skip
"""Every event there is. A name that is put together at run time could hold anything."""

UNNAMED: Final = "unnamed"
ALLOWED_FIELDS: Final = frozenset(
    {
        "event", "level", "timestamp", "component", "agency", "programme", "client_id", "purpose",
        "outcome", "reason", "reasons", "count", "index", "size", "duration_ms", "status", "port",
        "verification_id", "message_id", "version", "path", "error",
        "evidence",
    }
)  # fmt: skip
_NIK_LIKE: Final = re.compile(r"\d{16}")
SCRUBBED: Final = "[16 digits]"


class FieldFilter:
    """A structlog processor that drops every field that is not allowed, and counts them.

    A dropped field is a mistake in our code, which the count in the line makes visible without
    printing what was dropped.
    """

    def __call__(
        self, _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Return `event` with allowed fields only; strings lose any run of 16 digits.

        An event that is not in the list is written as UNNAMED.
        """
        kept = {name: _scrub(value) for name, value in event.items() if name in ALLOWED_FIELDS}
        dropped = len(event) - len(kept)
        if kept.get("event") not in EVENTS:
            kept["event"] = UNNAMED
        if dropped:
            kept["count"] = dropped
            kept["error"] = "fields dropped"
        return kept


def _scrub(value: object) -> object:
    if isinstance(value, str):
        return _NIK_LIKE.sub(SCRUBBED, value)
    if isinstance(value, int | float | bool) or value is None:
        # A NIK as a number would pass the pattern above.
        return SCRUBBED if isinstance(value, int) and len(str(abs(value))) == 16 else value
    if isinstance(value, list | tuple):
        return [_scrub(item) for item in value]
    return _NIK_LIKE.sub(SCRUBBED, type(value).__name__)


def configure_logging(component: str) -> None:
    """Write one JSON line an event to standard error, through the field filter."""
    structlog.configure(
        processors=[
            _named(component),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            FieldFilter(),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _named(component: str) -> structlog.typing.Processor:
    def add(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Any:
        event["component"] = component
        return event

    return add


class ServerFormatter(logging.Formatter):
    """Writes what the server under the application has to say in the same form."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON line; of an exception its kind only, since its text could quote data."""
        told = record.getMessage().partition("\n")[0]
        if record.exc_info and record.exc_info[0] is not None:
            told = record.exc_info[0].__name__
        return json.dumps(
            {
                "event": "server.trouble",
                "error": _NIK_LIKE.sub(SCRUBBED, told),
                "component": "server",
                "level": record.levelname.lower(),
                "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            }
        )


def server_log_config() -> dict[str, Any]:
    """Return the server's logging configuration (logging.config): to standard error, as above."""
    return {
        "formatters": {"line": {"()": "broker.logging.ServerFormatter"}},
        "handlers": {
            "line": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": "ext://sys.stderr",
            },
        },
        "loggers": {
            "_granian": {"handlers": ["line"], "propagate": False},
            "granian.access": {"handlers": [], "propagate": False},
        },
    }
