"""PyPI's requests_oauth2client, of another author, goes all the way; its keys stand at a URL."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from jwskate import Jwk
from requests_oauth2client import DPoPToken, InvalidGrant, OAuth2Client, PrivateKeyJwt

from tests.attacks.stages import DemoStage
from tests.clients.consenting import allow_everything, details_for, question_about
from tests.clients.landing import Landing, landing

CLIENT = "requests-oauth2client"


def discovered(issuer: str, key: Jwk, back: Landing) -> OAuth2Client:
    """Return the client, which finds the endpoints itself."""
    url = f"{issuer}/.well-known/oauth-authorization-server"
    # The broker stands on loopback, whose http the client takes for tests only.
    return OAuth2Client.from_discovery_endpoint(
        url,
        issuer,
        auth=PrivateKeyJwt(CLIENT, key, aud=issuer),
        redirect_uri=back.redirect_uri,
        dpop_bound_access_tokens=True,
        testing=True,
    )


def test_requests_oauth2client_goes_all_the_way(stage: DemoStage) -> None:
    issuer = stage.demo.ready["broker"]
    key = Jwk.generate(alg="ES256").with_kid_thumbprint()
    person = stage.crowd.somebody()
    asked = details_for(stage, person)
    with landing() as back:
        back.jwks = {"keys": [key.public_jwk().to_dict()]}
        stage.broker.add_client(
            CLIENT,
            programme=person.programme,
            jwks_uri=back.jwks_uri,
            redirect_uris=(back.redirect_uri,),
            root=None,
        )
        client = discovered(issuer, key, back)

        # The person is asked
        request = client.authorization_request(
            scope=None, nonce=None, authorization_details=json.dumps(asked)
        )
        pushed = client.pushed_authorization_request(request)
        allow_everything(person, str(pushed.uri))
        answer = request.validate_callback(back.landed[-1])
        token = client.authorization_code(answer, dpop=True)

    # The agencies are asked
    assert isinstance(token, DPoPToken)
    body: dict[str, Any] = question_about(stage, person, "requests-client-asks-1")
    grant_id = token.grant_id
    url = f"{issuer}/v1/verifications"
    verified = requests.post(url, json={**body, "grant_id": grant_id}, auth=token, timeout=30)
    assert verified.status_code in (200, 202), verified.text
    assert len(verified.json()["items"]) > 3

    # Later
    refreshed = client.refresh_token(token)
    assert isinstance(refreshed, DPoPToken)
    assert refreshed.refresh_token == token.refresh_token
    url = f"{url}/{verified.json()['verification_id']}"
    assert requests.get(url, auth=refreshed, timeout=30).json()["items"]
    introspected = client.introspect_token(refreshed.access_token)
    assert introspected["active"] is True
    assert introspected["authorization_details"] == asked

    # Its grant
    managing = client.client_credentials(
        scope="grant_management_query grant_management_revoke", dpop=True
    )
    url = f"{issuer}/oauth/grants/{grant_id}"  # it keeps no metadata of this draft
    assert requests.get(url, auth=managing, timeout=30).json() == {"authorization_details": asked}
    assert client.revoke_token(refreshed.access_token) is True
    assert client.introspect_token(refreshed.access_token) == {"active": False}
    assert requests.delete(url, auth=managing, timeout=30).status_code == 204
    assert requests.get(url, auth=managing, timeout=30).status_code == 404
    with pytest.raises(InvalidGrant):
        client.refresh_token(token)
