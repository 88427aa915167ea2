"""Months and quarters counted back from a day; pure."""

from __future__ import annotations

from datetime import date, timedelta


def month_ends(today: date, n: int) -> list[date]:
    """Return the last days of the `n` complete months before `today`'s month, newest first."""
    result: list[date] = []
    first = today.replace(day=1)
    for _ in range(n):
        last = first - timedelta(days=1)
        result.append(last)
        first = last.replace(day=1)
    return result


def quarter_starts(today: date, n: int) -> list[date]:
    """Return the first days of the last `n` quarters, the current one first."""
    month = today.month - (today.month - 1) % 3
    start = date(today.year, month, 1)
    result = [start]
    while len(result) < n:
        start = month_ends(start, 3)[-1].replace(day=1)
        result.append(start)
    return result


def days_ago(today: date, days: int) -> str:
    """Return the day `days` before `today`, as the registries write days (YYYY-MM-DD)."""
    return (today - timedelta(days=days)).isoformat()
