"""The registry adapters' error; its text never holds a NIK, a value or an answer."""

from __future__ import annotations

from broker.gateway.errors import GatewayError


class RegistryError(GatewayError):
    """The registry's configuration cannot be used, or the adapter was called wrongly."""
