"""The errors of the broker's package."""

from __future__ import annotations


class BrokerError(Exception):
    """Something in `broker` could not be done; the text never says whose data it was."""


class MessageError(BrokerError):
    """A sealed message is not what it must be.

    The text names the member or the check that failed and never repeats what the member held:
    it may end in a log line or in the other side's hands.
    """
