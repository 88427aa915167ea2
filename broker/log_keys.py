"""The broker's log as a trust file names it: the key that signs it, and those before it.

Pure. What arrives over the wire names no key: only the trust file says which counts, and up to
which size of the log.
"""

from __future__ import annotations

from audit.note import Verifier, parse_vkey, with_earlier
from keys.trust import BrokerTrust


def trusted_log(known: BrokerTrust) -> Verifier:
    """Return the verifier of the broker's log; raises NoteError."""
    earlier = ((one.vkey, one.last_size) for one in known.earlier_log_keys)
    return with_earlier(parse_vkey(known.log_vkey), earlier)
