"""An OAuth request as Authlib wants it, read strictly from a form or from what was pushed.

It must not read the query string: a parameter in a URL lands in logs and histories.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from authlib.oauth2.rfc6749 import (
    InvalidRequestError,
    OAuth2Error,
    OAuth2Payload,
    OAuth2Request,
)
from flask import Request

from consent.replay import Use


class Parameters(OAuth2Payload):  # type: ignore[misc]  # Authlib publishes no types
    """Parameters, each once."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    @property
    def data(self) -> dict[str, str]:
        """The parameters by name."""
        return self._values

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        """The same, in the shape that Authlib counts repetitions in."""
        return defaultdict(list, {name: [value] for name, value in self._values.items()})


class OAuthRequest(OAuth2Request):  # type: ignore[misc]  # Authlib publishes no types
    """One request. uri: the endpoint's address as the public knows it.

    Behind a proxy the address that Flask sees is another one, and plain http.
    """

    def __init__(self, *, method: str, uri: str, values: Mapping[str, str]) -> None:
        super().__init__(method=method, uri=uri)
        self.payload = Parameters(values)
        self.dpop_headers: Sequence[str] = ()
        self.grant_id: str | None = None
        self.dpop_jkt: str | None = None
        self.uses: list[tuple[Use, Callable[[], OAuth2Error]]] = []

    @property
    def args(self) -> Mapping[str, str]:
        """No parameter is taken from the URL."""
        return {}

    @property
    def form(self) -> Mapping[str, str]:
        """The parameters by name."""
        values: Mapping[str, str] = self.payload.data
        return values


def read_form(request: Request, *, uri: str) -> OAuthRequest:
    """Return the request of a form that a client posted; raises InvalidRequestError.

    A repeated parameter is refused (RFC 6749, section 3.2): two readers could each take another.
    """
    values: dict[str, str] = {}
    for name, sent in request.form.lists():
        if len(sent) > 1:
            raise InvalidRequestError("a parameter is included more than once")
        if sent[0]:  # an empty parameter counts as omitted (RFC 6749, section 3.1)
            values[name] = sent[0]
    read = OAuthRequest(method=request.method, uri=uri, values=values)
    read.dpop_headers = tuple(request.headers.getlist("DPoP"))
    return read


def pushed_request(payload: Mapping[str, Any], *, uri: str) -> OAuthRequest:
    """Return the authorization request that was pushed, whatever the browser brought along."""
    texts = {name: value for name, value in payload.items() if isinstance(value, str)}
    return OAuthRequest(method="GET", uri=uri, values=texts)
