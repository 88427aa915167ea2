"""Witnesses in the attacker's hand: they cosign whatever the broker shows them.

Gateways must hold without them. What witnesses prevent as long as one of them is honest is under
p2_log/test_honest_witnesses.
"""

from __future__ import annotations

from pathlib import Path

from audit.cosignature import cosign, format_cosigner_vkey, join
from audit.note import Signer, parse_vkey
from broker.db import open_engine
from broker.witness.settings import SETTINGS_NAME, load_settings
from keys.keyring import Keyring
from keys.providers.file import FileKek
from keys.signing import NamedSigner


class Colluders:
    """The witnesses of a demo's home, by their own keys."""

    def __init__(self, home: Path, clock: object) -> None:
        self._signers = [
            _signer(path, clock) for path in sorted(home.glob(f"witnesses/*/{SETTINGS_NAME}"))
        ]

    def cosigned(self, note: str, *, at: int) -> str:
        """Return the note with every witness's cosignature."""
        text = note.rpartition("\n\n")[0] + "\n"
        for signer in self._signers:
            verifier = parse_vkey(format_cosigner_vkey(signer.name, signer.public_key))
            note = join(note, cosign(text, signer, at=at), verifier)
        return note


def _signer(path: Path, clock: object) -> Signer:
    settings = load_settings(path)
    engine = open_engine(settings.database_url)
    try:
        kek = FileKek.open(settings.kek_path)
        keyring = Keyring(engine, kek, owner=settings.name, clock=clock)  # type: ignore[arg-type]
        return NamedSigner(settings.name, keyring.signing("witness"))
    finally:
        engine.dispose()
