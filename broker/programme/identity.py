"""Who a programme is: its root, signing and answer keys, its OAuth client, its key at rest.

Opened once at start from the keyring; a rotated key takes a new start. The root key vouches for
the others and signs nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from broker.programme.oauth_keys import ClientKeys
from keys.sealing import PrivateKey
from keys.signing import SigningKey


@dataclass(frozen=True)
class ProgrammeIdentity:
    """One programme's keys. at_rest: 32 bytes, seals what the programme's database holds."""

    programme: str
    client_id: str
    signing: SigningKey = field(repr=False)
    sign_statement: str = field(repr=False)
    answer: PrivateKey = field(repr=False)
    answer_statement: str = field(repr=False)
    client_keys: ClientKeys = field(repr=False)
    at_rest: bytes = field(repr=False)
