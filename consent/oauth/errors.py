"""The OAuth errors that Authlib lacks, and its own where they would say too much.

Descriptions are ours, never the client's text: what somebody sent must not come back or reach a
log. Names and statuses are those of the specifications.
"""

from __future__ import annotations

from collections.abc import Iterable

from authlib.oauth2.rfc6749 import OAuth2Error

from policies.catalogue import Fault

_MOST_FAULTS = 8


class InvalidClientError(OAuth2Error):  # type: ignore[misc]  # Authlib publishes no types
    """The client did not prove who it is; one description for every reason."""

    error = "invalid_client"
    description = "the client assertion does not authenticate a client"
    status_code = 401


class InvalidDpopProofError(OAuth2Error):  # type: ignore[misc]  # Authlib publishes no types
    """RFC 9449, section 5: the DPoP proof is missing or does not hold."""

    error = "invalid_dpop_proof"


class UseDpopNonceError(OAuth2Error):  # type: ignore[misc]  # Authlib publishes no types
    """RFC 9449, section 8: the proof must hold the nonce that the response brings."""

    error = "use_dpop_nonce"
    description = "put the nonce of DPoP-Nonce into the proof"


class InvalidGrantIdError(OAuth2Error):  # type: ignore[misc]  # Authlib publishes no types
    """Grant Management for OAuth 2.0: no grant of this client that could be changed."""

    error = "invalid_grant_id"
    description = "grant_id names no live grant of this client"


class InvalidAuthorizationDetailsError(OAuth2Error):  # type: ignore[misc]  # Authlib publishes no types
    """RFC 9396, section 5; the description names the members."""

    error = "invalid_authorization_details"

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> InvalidAuthorizationDetailsError:
        """Return the error that names what is wrong with which member."""
        said = [f"{fault.member} {fault.reason}" for fault in faults]
        more = "; and more" if len(said) > _MOST_FAULTS else ""
        # The characters that RFC 6749 allows in a description.
        text = "; ".join(said[:_MOST_FAULTS]) + more
        return cls(text.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "/"))


class UnsupportedGrantTypeError(OAuth2Error):  # type: ignore[misc]  # Authlib publishes no types
    """Authlib's own repeats what the client sent."""

    error = "unsupported_grant_type"
    description = "grant_type must be authorization_code, refresh_token or client_credentials"


class RequestNotSupportedError(OAuth2Error):  # type: ignore[misc]  # Authlib publishes no types
    """RFC 9101: request objects are not taken; what is pushed needs none."""

    error = "request_not_supported"
    description = "push the parameters themselves, not a request object"


class TemporarilyUnavailableError(OAuth2Error):  # type: ignore[misc]  # Authlib publishes no types
    """RFC 6749, section 4.1.2.1."""

    error = "temporarily_unavailable"
