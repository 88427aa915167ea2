"""The program's own log lines: an allow-list of fields, so that no person can slip into one.

This is not the audit log. Events are constants; fields are ids that we made, counts, durations
and outcomes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

ALLOWED_FIELDS: Final = frozenset(
    {
        "event", "level", "timestamp", "component", "agency", "programme", "client_id", "purpose",
        "outcome", "reason", "reasons", "count", "index", "size", "duration_ms", "status", "port",
        "verification_id", "message_id", "version", "path", "error",
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
        """Return `event` with allowed fields only; strings lose any run of 16 digits."""
        kept = {name: _scrub(value) for name, value in event.items() if name in ALLOWED_FIELDS}
        dropped = len(event) - len(kept)
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
