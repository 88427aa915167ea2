"""What a client reads before it begins; it must say no more than the server does."""

from __future__ import annotations

from consent.tokens import TokenVerifyKey
from tests.consent.oauth_fixtures import ISSUER, Site, site

__all__ = ["site"]


def test_the_server_describes_itself(site: Site) -> None:
    found = site.machine.get("/.well-known/oauth-authorization-server").get_json()

    assert found["issuer"] == ISSUER
    assert found["require_pushed_authorization_requests"] is True
    assert found["authorization_response_iss_parameter_supported"] is True
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert found["authorization_details_types_supported"] == ["social_assistance_verification"]


def test_every_endpoint_named_is_one(site: Site) -> None:
    found = site.machine.get("/.well-known/oauth-authorization-server").get_json()
    named = [url for name, url in found.items() if name.endswith(("_endpoint", "_uri"))]

    assert len(named) == 7
    for url in named:
        assert url.startswith(ISSUER)
        if url == found["grant_management_endpoint"]:
            url += "/some-grant"
        assert site.machine.get(url.removeprefix(ISSUER)).status_code != 404


def test_the_api_describes_itself(site: Site) -> None:
    found = site.machine.get("/.well-known/oauth-protected-resource").get_json()

    assert found["resource"] == ISSUER
    assert found["authorization_servers"] == [ISSUER]
    assert found["dpop_bound_access_tokens_required"] is True


def test_the_token_key_is_published_without_its_private_half(site: Site) -> None:
    (jwk,) = site.machine.get("/oauth/jwks").get_json()["keys"]

    assert "d" not in jwk
    assert TokenVerifyKey.from_jwk(jwk).kid == site.deps.token_key.public.kid
