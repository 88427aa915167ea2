"""The broker's log as a trust file names it: the key that signs it, and those before it.

Pure. What arrives over the wire names no key: only the trust file says which counts, and up to
which size of the log.
"""

from __future__ import annotations

from audit.continued import continued_in
from audit.entry import parse_entry
from audit.errors import NoteError
from audit.note import ED25519, Verifier, parse_vkey, with_earlier
from keys.trust import BrokerTrust, ContinuedLog


def trusted_log(known: BrokerTrust) -> Verifier:
    """Return the verifier of the broker's log; raises NoteError.

    Only an Ed25519 key will do: proofs carry no cosignature, so every question would be refused.
    """
    newest = parse_vkey(known.log_vkey)
    if newest.algorithm != ED25519:
        raise NoteError("a trust file names the log's Ed25519 key, the first of /log/vkeys")
    return with_earlier(newest, ((one.vkey, one.last_size) for one in known.earlier_log_keys))


def continued_log(first: bytes) -> ContinuedLog | None:
    """Return which log a log says that it continues, for a trust file. first: its entry 0."""
    found = continued_in(parse_entry(first))
    if found is None:
        return None
    old = found.checkpoint
    return ContinuedLog(old.origin, old.size, old.root.hex())
