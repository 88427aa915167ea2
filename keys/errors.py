"""The one error that everything in this package raises.

Messages say what was wrong, never whose data it was and never a key's bytes.
"""

from __future__ import annotations


class KeysError(Exception):
    """A key, signature, statement, trust file or sealed value was refused."""
