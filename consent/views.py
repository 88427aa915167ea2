"""Which page of a request's questions comes next: all on one, one a page, or the look back. Pure.

The address says which, so that the browser's back button works; what was chosen so far comes in
as an argument.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlencode

LIST: Final = "list"
ONE: Final = "one"
REVIEW: Final = "review"
VIEWS: Final = (LIST, ONE, REVIEW)
GO: Final = "go"
"""The name of the buttons that lead on without giving the answers."""

NEXT: Final = "next"


def address(client_id: str, uri: str, view: str, number: int | None = None) -> str:
    """Return the address of a page. number: of the question, from 1."""
    query = {"client_id": client_id, "request_uri": uri, "view": view}
    if number is not None:
        query["q"] = str(number)
    return "/oauth/authorize?" + urlencode(query)


def question_number(text: str | None, count: int) -> int:
    """Return which of `count` questions is meant, from 1; the first if that says nothing."""
    # ASCII only: other digits would be read too, and never written by us.
    if text is None or not text.isascii() or not text.isdigit() or len(text) > len(str(count)):
        return 1
    return min(max(int(text), 1), count)


def first_open(count: int, chosen: Collection[int]) -> int | None:
    """Return the first question, from 1, without an answer; None = all are answered."""
    return next((index + 1 for index in range(count) if index not in chosen), None)


def after(number: int, count: int, chosen: Mapping[int, str]) -> int | None:
    """Return the question that follows the answered one; None = the look back.

    Who comes back to change one answer, all others being given, is not led through the rest.
    """
    if first_open(count, chosen) is None:
        return None
    return number + 1 if number < count else first_open(count, chosen)
