"""A few settings of izin.toml changed in its text, whose comments and other lines stay.

Pure: text in, text out. Who calls it reads the result again and compares: a text that says a thing
in a way that is not seen here must not pass.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from broker.errors import BrokerError

_TABLE: Final = re.compile(r"^\[broker\][ \t]*(#.*)?$", re.MULTILINE)
_NEXT: Final = re.compile(r"^\[", re.MULTILINE)


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with `values` in its [broker] table, on lines of their own."""
    found = _TABLE.search(text)
    if found is None:
        raise BrokerError("izin.toml has no [broker] table on a line of its own")
    following = _NEXT.search(text, found.end())
    end = len(text) if following is None else following.start()
    body = text[found.end() : end]
    for name, value in values.items():
        line = f"{name} = {json.dumps(value)}"
        old = re.search(rf"^{name}[ \t]*=.*$", body, re.MULTILINE)
        before, after = ("\n", body) if old is None else (body[: old.start()], body[old.end() :])
        body = before + line + after
    return text[: found.end()] + body + text[end:]
