"""The log gets a new key, at one origin and in one tree.

Three steps, each safe to repeat: a new key signs beside the old one (`key.added` in the log says
from which size), readers learn of it by their trust files, the old one ends (`key.retired` says at
which size). A running broker signs with what it opened: it is restarted after the first step and
after the last. Until then its checkpoints have one signature, which counts all the same.
"""

from __future__ import annotations

from audit.note import format_vkey
from broker.db import open_engine
from broker.errors import BrokerError
from broker.identity import open_keyring
from broker.migrate import BROKER, upgrade
from broker.settings import Settings
from broker.wiring import Broker, open_broker
from consent.persons import Clock
from keys.keyring import Keyring
from keys.providers.file import FileKek
from keys.trust import EarlierLogKey


def rotate_log(settings: Settings, *, clock: Clock) -> tuple[str, ...]:
    """Make the new key; return the verifier keys that sign from now on, the newest first.

    Raises KeysError while the key before the present one has not been retired.
    """
    engine = open_engine(settings.database_url)
    try:
        upgrade(engine, BROKER)
        open_keyring(engine, FileKek.open(settings.kek_path), settings, clock=clock).rotate("log")
    finally:
        engine.dispose()
    # A crash here leaves a key that is not logged yet: whoever opens the broker next logs it.
    with open_broker(settings, clock=clock) as broker:
        return broker.log.vkeys


def retire_log(settings: Settings, *, clock: Clock) -> tuple[str, int]:
    """End the old key; return its verifier key and the size of the log up to which it counts.

    Raises BrokerError where only one key signs.
    """
    with open_broker(settings, clock=clock) as broker:
        keyring = _keyring(broker)
        leaving = keyring.leaving("log")
        if leaving is None:
            raise BrokerError("only one key signs the log; `izin keys rotate log` makes a new one")
        # The log first: a key that ended before anybody could know would be the worse surprise.
        last_size = broker.keybook.retire(keyring.owner, "log", leaving.kid)
        keyring.retire(leaving.kid)
        return broker.log.vkeys[1], last_size


def earlier_log_keys(broker: Broker) -> tuple[EarlierLogKey, ...]:
    """Return the keys that signed the log before the present one, for a trust file."""
    keyring = _keyring(broker)
    found = []
    for record in keyring.list():
        if record.use == "log" and record.state != "active":
            public = keyring.signing("log", record.kid).public
            # Asked of the log's own end, which is logged now if it is not: a retired key without
            # a last size would be one that counts for ever.
            is_over = record.state == "retired"
            last_size = broker.keybook.retire(keyring.owner, "log", record.kid) if is_over else None
            found.append(EarlierLogKey(format_vkey(keyring.owner, public.raw), last_size))
    return tuple(found)


def _keyring(broker: Broker) -> Keyring:
    settings = broker.settings
    kek = FileKek.open(settings.kek_path)
    return open_keyring(broker.engine, kek, settings, clock=broker.clock)
