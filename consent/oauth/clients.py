"""A registered client as Authlib wants to see it. All are confidential and all are alike."""

from __future__ import annotations

from authlib.oauth2.rfc6749 import ClientMixin

from consent.clients import Client

AUTH_METHOD = "private_key_jwt"
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")


class OAuthClient(ClientMixin):  # type: ignore[misc]  # Authlib publishes no types
    """Answers Authlib's questions about one client."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @property
    def client_id(self) -> str:
        """The client's id."""
        return self.client.client_id

    def get_client_id(self) -> str:
        """Return the client's id."""
        return self.client.client_id

    def get_default_redirect_uri(self) -> None:
        """No default: the client says which of its addresses it means."""
        return

    def get_allowed_scope(self, scope: str | None) -> str:  # noqa: ARG002
        """Scopes mean nothing here; `authorization_details` says all."""
        return ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether the address is one of the registered ones, character by character."""
        return redirect_uri in self.client.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:  # noqa: ARG002
        """No client has a secret that we share."""
        return False

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002
        """Whether the client authenticates like that."""
        return method == AUTH_METHOD

    def check_response_type(self, response_type: str) -> bool:
        """Whether the client may use the response type."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the client may use the grant type."""
        return grant_type in GRANT_TYPES
