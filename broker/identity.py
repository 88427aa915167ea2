"""The broker's own keys, opened once at start from its keyring."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Engine

from broker.dispatch import Sender
from broker.settings import Settings
from consent.persons import Clock
from consent.tokens import TokenKey
from keys.kek import KekProvider
from keys.keyring import Keyring
from keys.mldsa import NamedCosigner
from keys.signing import NamedSigner, SigningKey
from keys.statements import Statement, sign_statement

YEAR_SECONDS: Final = 365 * 86_400
_USES: Final = ("root", "log", "cosign", "consent", "sign", "token", "epoch")


@dataclass(frozen=True)
class BrokerKeys:
    """root: vouches for the signing key. consent: signs parts. sender: signs questions.

    cosigner: the log's ML-DSA-44 key; None in a home that was made before there was one, until
        the broker starts.
    """

    log_signer: NamedSigner = field(repr=False)
    cosigner: NamedCosigner | None = field(repr=False)
    root: SigningKey = field(repr=False)
    consent: SigningKey = field(repr=False)
    token: TokenKey = field(repr=False)
    sender: Sender = field(repr=False)

    @classmethod
    def make(cls, keyring: Keyring) -> BrokerKeys:
        """Make every key that is not there yet, and open them."""
        for use in _USES:
            keyring.ensure(use)
        return cls.open(keyring)

    @classmethod
    def open(cls, keyring: Keyring) -> BrokerKeys:
        """Open the keys; raises KeysError where one is missing."""
        root, sign = keyring.signing("root"), keyring.signing("sign")
        record = keyring.active("sign")
        since = 0 if record is None else record.created
        statement = sign_statement(
            Statement(
                owner=keyring.owner,
                use="sign",
                thumbprint=sign.public.thumbprint,
                from_=since,
                until=since + YEAR_SECONDS,
            ),
            root,
        )
        return cls(
            log_signer=NamedSigner(keyring.owner, keyring.signing("log")),
            cosigner=NamedCosigner(keyring.owner, keyring.cosigning())
            if keyring.active("cosign")
            else None,
            root=root,
            consent=keyring.signing("consent"),
            token=TokenKey.from_secret(keyring.secret("token")),
            sender=Sender(keyring.owner, sign, statement),
        )


def open_keyring(engine: Engine, kek: KekProvider, settings: Settings, *, clock: Clock) -> Keyring:
    """Return the keyring of this broker."""
    return Keyring(engine, kek, owner=settings.origin, clock=clock)
