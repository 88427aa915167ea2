"""The login client against a real provider: what it asks, and what it does not believe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from consent.errors import LoginError
from tests.consent.world import NIK, World
from tests.openid.conftest import client_of
from tests.openid.running import PUBLIC_CLIENT_ID, RunningProvider


def test_somebody_signs_in(provider: RunningProvider, world: World) -> None:
    client = client_of(provider, world)
    begun = client.begin()
    _, login = client.finish(provider.sign_in(begun.url, "sulastri"), begun)
    assert (provider.issuer, NIK) == (login.issuer, login.nik)


def test_a_public_client_signs_in_by_pkce_alone(provider: RunningProvider, world: World) -> None:
    client = client_of(provider, world, client_id=PUBLIC_CLIENT_ID, secret="")
    begun = client.begin()
    _, login = client.finish(provider.sign_in(begun.url, "sulastri"), begun)
    assert NIK == login.nik


def test_it_asks_with_state_nonce_and_pkce(provider: RunningProvider, world: World) -> None:
    begun = client_of(provider, world).begin(nonce="a-nonce", fresh=True)
    query = dict(parse_qsl(urlsplit(begun.url).query))
    assert begun.state == query["state"]
    assert "a-nonce" == query["nonce"]
    assert "S256" == query["code_challenge_method"]
    assert begun.verifier not in begun.url
    assert ("login", "0") == (query["prompt"], query["max_age"])


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "another"},
        {"iss": "https://evil.example"},
        {"iss": ""},
        {"code": "made-up"},
        {"code": ""},
        {"error": "access_denied"},
    ],
)
def test_a_tampered_answer_is_refused(
    provider: RunningProvider, world: World, changed: Mapping[str, str]
) -> None:
    client = client_of(provider, world)
    begun = client.begin()
    answer = provider.sign_in(begun.url, "sulastri")
    with pytest.raises(LoginError):
        client.finish({**answer, **changed}, begun)


def test_an_answer_without_its_issuer_is_refused(provider: RunningProvider, world: World) -> None:
    """RFC 9207: this provider says that it always names itself."""
    client = client_of(provider, world)
    begun = client.begin()
    answer = provider.sign_in(begun.url, "sulastri")
    del answer["iss"]
    with pytest.raises(LoginError, match="another provider"):
        client.finish(answer, begun)


@pytest.mark.parametrize("part", ["verifier", "nonce"])
def test_another_login_s_secrets_are_refused(
    provider: RunningProvider, world: World, part: str
) -> None:
    client = client_of(provider, world)
    begun = client.begin()
    answer = provider.sign_in(begun.url, "sulastri")
    with pytest.raises(LoginError):
        client.finish(answer, replace(begun, **{part: "v" * 43}))


def test_an_answer_is_good_once(provider: RunningProvider, world: World) -> None:
    client = client_of(provider, world)
    begun = client.begin()
    answer = provider.sign_in(begun.url, "sulastri")
    client.finish(answer, begun)
    with pytest.raises(LoginError):
        client.finish(answer, begun)


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": "wrong"},
        {"claim": "identity_number"},
        {"client_id": PUBLIC_CLIENT_ID},
    ],
)
def test_a_wrong_setting_lets_nobody_in(
    provider: RunningProvider, world: World, changed: Mapping[str, str]
) -> None:
    begun = client_of(provider, world).begin()
    answer = provider.sign_in(begun.url, "sulastri")
    with pytest.raises(LoginError):
        client_of(provider, world, **changed).finish(answer, begun)


def test_somebody_without_a_nik_is_nobody(provider: RunningProvider, world: World) -> None:
    client = client_of(provider, world)
    begun = client.begin()
    with pytest.raises(LoginError, match="names no NIK"):
        client.finish(provider.sign_in(begun.url, "nameless"), begun)


@pytest.mark.parametrize(
    "issuer", ["http://localhost:9", "http://127.0.0.1", "{}/", "{}/elsewhere"]
)
def test_a_provider_that_is_not_there_or_another_one_is_said(
    provider: RunningProvider, world: World, issuer: str
) -> None:
    with pytest.raises(LoginError):
        client_of(provider, world, issuer=issuer.format(provider.issuer)).begin()


def test_a_provider_that_is_away_is_not_tried_by_everybody(
    provider: RunningProvider, world: World
) -> None:
    """Anybody can press the button: it must not keep every thread waiting."""
    http, at = Counting(), [1_000]
    client = client_of(provider, world, http=http, clock=lambda: at[0])
    for _ in range(5):
        with pytest.raises(LoginError):
            client.begin()
    assert 1 == http.asked
    at[0] += 11
    with pytest.raises(LoginError):
        client.begin()
    assert 2 == http.asked


class Counting:
    """A wire that leads nowhere."""

    asked = 0

    def get(self, _: str) -> object:
        self.asked += 1
        raise httpx2.ConnectError("nobody is there")

    def post(self, _: str, **__: object) -> object:
        raise httpx2.ConnectError("nobody is there")
