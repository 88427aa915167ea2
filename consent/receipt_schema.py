"""The JSON Schema (2020-12) of a digital receipt, read from its file."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import orjson


def schema_text() -> bytes:
    """Return the schema's file, as it is served."""
    return files("consent.schemas").joinpath("consent-receipt-1.json").read_bytes()


def schema() -> dict[str, Any]:
    """Return the schema as a value."""
    found: dict[str, Any] = orjson.loads(schema_text())
    return found
