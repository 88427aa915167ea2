"""The broker's own keys, opened once at start from its keyring."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Engine

from broker.dispatch import Sender
from broker.settings import Settings
from consent.nonces import Nonces
from consent.persons import Clock
from consent.tokens import TokenKey
from keys.kek import KekProvider
from keys.keyring import Keyring
from keys.mldsa import NamedCosigner
from keys.signing import NamedSigner, SigningKey
from keys.statements import Statement, sign_statement

YEAR_SECONDS: Final = 365 * 86_400
LOG_KEY_SECONDS: Final = 10 * YEAR_SECONDS
"""What counts for a log's key is the log's size; this only says that nobody plans for longer."""
_USES: Final = ("root", "log", "cosign", "consent", "sign", "token", "epoch")


@dataclass(frozen=True)
class BrokerKeys:
    """root: vouches for the signing key. consent: signs parts. sender: signs questions.

    log_statement: by which the root vouches for the log's key, once it is not the first one.
    log_also: the key before it, as long as both sign. cosigner: the log's ML-DSA-44 key; None in a
        home that was made before there was one, until the broker starts.
    """

    log_signer: NamedSigner = field(repr=False)
    log_statement: str | None = field(repr=False)
    log_also: tuple[NamedSigner, ...] = field(repr=False)
    cosigner: NamedCosigner | None = field(repr=False)
    root: SigningKey = field(repr=False)
    consent: SigningKey = field(repr=False)
    token: TokenKey = field(repr=False)
    nonces: Nonces = field(repr=False)
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
        leaving = keyring.leaving("log")
        old = () if leaving is None else (keyring.signing("log", leaving.kid),)
        return cls(
            log_signer=NamedSigner(keyring.owner, keyring.signing("log")),
            log_statement=_log_statement(keyring, root),
            log_also=tuple(NamedSigner(keyring.owner, key) for key in old),
            cosigner=NamedCosigner(keyring.owner, keyring.cosigning())
            if keyring.active("cosign")
            else None,
            root=root,
            consent=keyring.signing("consent"),
            token=TokenKey.from_secret(keyring.secret("token")),
            nonces=Nonces.from_secret(keyring.secret("token")),
            sender=Sender(keyring.owner, sign, statement),
        )


def _log_statement(keyring: Keyring, root: SigningKey) -> str | None:
    """Return the root's statement for a log key that replaced another; the first needs none."""
    records = [one for one in keyring.list() if one.use == "log"]
    active = [one for one in records if one.state == "active"]
    if not active or len(records) == 1:
        return None
    said = Statement(
        owner=keyring.owner,
        use="log",
        thumbprint=active[0].kid,
        from_=active[0].created,
        until=active[0].created + LOG_KEY_SECONDS,
    )
    return sign_statement(said, root)


def open_keyring(engine: Engine, kek: KekProvider, settings: Settings, *, clock: Clock) -> Keyring:
    """Return the keyring of this broker."""
    return Keyring(engine, kek, owner=settings.origin, clock=clock)
