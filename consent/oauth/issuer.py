"""`iss` in every authorization response, errors too (RFC 9207).

Authlib adds it to what one method answers and not to errors of the consent phase; here every
redirect back to a client is made by one function.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def with_issuer(location: str, issuer: str) -> str:
    """Return a redirect back to a client with our `iss`, and no other, in its query."""
    parts = urlsplit(location)
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name != "iss"
    ]
    return urlunsplit(parts._replace(query=urlencode([*query, ("iss", issuer)])))


def error_location(redirect_uri: str, error: str, *, state: str | None, issuer: str) -> str:
    """Return where a person goes back to when there is no code for her to bring."""
    parts = urlsplit(redirect_uri)
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("error", error)]
    if state is not None:
        query.append(("state", state))
    return with_issuer(urlunsplit(parts._replace(query=urlencode(query))), issuer)
