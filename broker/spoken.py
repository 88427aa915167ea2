"""Our errors as one plain sentence, for commands and for programs that cannot start."""

from __future__ import annotations

from typing import Final

from audit.errors import AuditError
from broker.errors import BrokerError
from consent.errors import ConsentError
from keys.errors import KeysError
from policies.errors import PolicyError

OURS: Final = (BrokerError, AuditError, ConsentError, KeysError, PolicyError, OSError)
"""What may be shown to an operator: none of our texts says whose data it was."""


def one_sentence(error: BaseException) -> str:
    """Return what an operator reads of one of `OURS`."""
    if isinstance(error, OSError) and error.strerror:
        # Python's own form shows an errno, which helps nobody.
        where = "" if error.filename is None else f"{error.filename}: "
        return f"{where}{error.strerror.lower()}"
    return str(error)
