"""Keys by URL: fetched from public https addresses only, kept a while, no redirects followed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey

from consent.key_urls import (
    FRESH_SECONDS,
    LIMIT_BYTES,
    RETRY_SECONDS,
    STALE_SECONDS,
    KeyUrls,
    key_url_fault,
)
from tests.consent.oauth_fixtures import ISSUER, Programme, Site, public, site

__all__ = ["site"]

URL = "https://pkh.example/keys.json"
SET = {"keys": [{"kty": "EC"}]}
LOCAL = "http://localhost:8000"


class Place:
    """What stands behind the URL, and every request that reached it."""

    def __init__(self, *answers: Any, addresses: tuple[str, ...] = ("93.184.215.14",)) -> None:
        self.answers = list(answers)
        self.addresses = addresses
        self.requests: list[httpx2.Request] = []
        self.at = 1_800_000_000

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, httpx2.Response):
            return answer
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(200, json=answer)

    def urls(self, issuer: str = ISSUER) -> KeyUrls:
        return KeyUrls(
            issuer=issuer,
            at=lambda: self.at,
            resolve=lambda _host, _port: list(self.addresses),
            transport=httpx2.MockTransport(self),
        )


def sets(urls: KeyUrls, url: str = URL) -> list[Any]:
    return list(urls.key_sets(url))


def test_the_address_that_was_checked_is_the_one_that_is_asked() -> None:
    """Else a name could answer with a public address first and a private one after."""
    place = Place(SET)
    assert sets(place.urls()) == [SET]

    (request,) = place.requests
    assert request.url.host == "93.184.215.14"
    assert request.headers["Host"] == "pkh.example"
    assert request.extensions["sni_hostname"] == "pkh.example"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "0.0.0.0"],
)
def test_no_address_of_our_own_network_is_asked(address: str) -> None:
    place = Place(SET, addresses=("93.184.215.14", address))
    assert sets(place.urls()) == []
    assert place.requests == []


@pytest.mark.parametrize(
    "url",
    ["http://pkh.example/keys", "file:///etc/passwd", "https://u:p@pkh.example/", "https://", "x"],
)
def test_other_urls_are_neither_registered_nor_asked(url: str) -> None:
    place = Place(SET)
    assert key_url_fault(url, issuer=ISSUER) is not None
    assert sets(place.urls(), url) == []
    assert place.requests == []


def test_loopback_is_for_brokers_on_loopback() -> None:
    url = "http://127.0.0.1:9000/keys"
    assert key_url_fault(url, issuer=ISSUER) is not None
    assert key_url_fault(url, issuer=LOCAL) is None
    assert sets(Place(SET, addresses=("127.0.0.1",)).urls(LOCAL), url) == [SET]
    assert sets(Place(SET, addresses=("93.184.215.14",)).urls(LOCAL), url) == []


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(302, headers={"Location": "http://127.0.0.1/"}),
        httpx2.Response(404),
        httpx2.Response(200, content=b"{" + b" " * LIMIT_BYTES + b"}"),
        httpx2.Response(200, content=b"<html>"),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, json={"keys": []}),
        httpx2.Response(200, json={"keys": ["x"]}),
        httpx2.Response(200, json={"keys": [{}] * 17}),
        httpx2.ConnectError("refused"),
        httpx2.ReadTimeout("slow"),
    ],
)
def test_what_is_no_small_set_of_keys_counts_as_none(answer: Any) -> None:
    place = Place(answer)
    urls = place.urls()
    assert sets(urls) == []
    assert sets(urls) == []
    assert len(place.requests) == 1  # not asked again for half a minute


def test_keys_are_kept_and_asked_for_again_when_one_is_missing() -> None:
    newer = {"keys": [{"kty": "OKP"}]}
    place = Place(SET, newer)
    urls = place.urls()
    assert sets(urls) == [SET]
    assert sets(urls) == [SET]
    assert len(place.requests) == 1

    place.at += RETRY_SECONDS
    assert next(iter(urls.key_sets(URL))) == SET  # the kept one is tried first, at no cost
    assert len(place.requests) == 1
    assert sets(urls) == [SET, newer]


def test_a_url_that_is_down_does_not_lock_its_client_out_for_an_hour() -> None:
    place = Place(SET, httpx2.ConnectError("down"))
    urls = place.urls()
    assert sets(urls) == [SET]
    place.at += FRESH_SECONDS
    assert sets(urls) == [SET]
    place.at += STALE_SECONDS - FRESH_SECONDS
    assert sets(urls) == []


def with_url(site: Site, place: Place) -> Programme:
    programme = site.programme()
    client = site.deps.clients.find(programme.client_id)
    assert client is not None
    site.deps.clients.put(replace(client, jwks={}, jwks_uri=URL))
    place.at = site.at
    object.__setattr__(site.deps, "key_urls", place.urls())
    return programme


def test_a_client_is_known_by_the_keys_at_its_url_and_may_change_them(site: Site) -> None:
    place = Place({"keys": []})
    programme = with_url(site, place)
    place.answers = [{"keys": [public(programme.key)]}]
    assert programme.push().status_code == 201
    assert (
        programme.push(**programme.authentication(key=ECKey.generate_key("P-256"))).status_code
        == 401
    )

    programme.key = ECKey.generate_key("P-256")
    place.answers = [json.loads(json.dumps({"keys": [public(programme.key)]}))]
    assert programme.push().status_code == 401
    place.at += RETRY_SECONDS
    assert programme.push().status_code == 201
