"""The gateway's working keys, each with the root key's statement, as `GET /v1/keys` shows them.

Made once at start from the keyring; a rotated key takes a new start.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from audit.canonical import Json
from keys.sealing import PrivateKey
from keys.signing import NamedSigner, SigningKey


@dataclass(frozen=True)
class Identity:
    """Who this gateway is. agency: its id, and its name in messages."""

    agency: str
    signing: SigningKey = field(repr=False)
    sign_statement: str
    sealing: PrivateKey = field(repr=False)
    seal_statement: str
    log_signer: NamedSigner

    def keys_document(self) -> dict[str, Json]:
        """Return the body of `GET /v1/keys`: public halves with their statements."""
        return {
            "v": 1,
            "owner": self.agency,
            "keys": [
                {
                    "use": "seal",
                    "jwk": {**self.sealing.public.jwk()},
                    "statement": self.seal_statement,
                },
                {
                    "use": "sign",
                    "jwk": {**self.signing.public.jwk()},
                    "statement": self.sign_statement,
                },
            ],
        }
