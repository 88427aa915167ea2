"""Hours as entries write them, moved by some hours: text in, text out, in the order of time."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

from audit.entry import format_at, parse_at

_FIRST, _LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:00:00Z"

NOTICE_HOURS = 24
"""How long a formula must have been known, and how long an outcome may take."""


@lru_cache(maxsize=4096)  # a log names each hour thousands of times
def moved(hour: str, by: int) -> str:
    """Return the hour `by` hours later (earlier if negative).

    hour: as `is_hour` accepts. At either end of the calendar it stays there: a log can be dated
    as it likes, and no date may end a verification with an error.
    """
    try:
        return format_at(parse_at(hour) + timedelta(hours=by))
    except OverflowError:
        return _LAST if by > 0 else _FIRST
