"""What the asking side may raise. No text here says whose data it was, or repeats an answer."""

from __future__ import annotations

from collections.abc import Sequence

from broker.errors import BrokerError


class ProgrammeError(BrokerError):
    """The programme cannot do what it should."""


class ProgrammeSettingsError(ProgrammeError):
    """A setting of the programme is missing or cannot be used as it stands."""


class ReturnError(ProgrammeError):
    """The browser came back with something that is not the answer to our request."""


class PermissionDeniedError(ProgrammeError):
    """The person said no, which is her right; she is assessed another way."""


class IzinUnavailableError(ProgrammeError):
    """The broker cannot be reached or cannot answer now; asking again may help."""


class IzinContradictionError(ProgrammeError):
    """The broker said something that does not fit what it must say; nothing is believed."""


class IzinRefusedError(ProgrammeError):
    """The broker refused. problem: its name, or an OAuth error's; reasons: ids of rules."""

    def __init__(self, problem: str, reasons: Sequence[str] = ()) -> None:
        super().__init__(f"the broker refused: {problem}")
        self.problem = problem
        self.reasons = tuple(reasons)
