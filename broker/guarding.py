"""Headers that guard whatever a program answers, also where no page was meant.

The pages set stricter ones of their own, which stay. These are for machines' answers and for
errors: a browser that is led to one must neither frame it, nor guess that it is a page, nor tell
others its address.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Response

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def guard_answers(app: Flask) -> None:
    """Have `app` set the headers on every answer that does not have its own."""

    @app.after_request
    def _guard(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response
