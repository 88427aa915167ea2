"""The moments at which a process that appends can die, and what must then be in the log."""

from __future__ import annotations

from enum import StrEnum


class Moment(StrEnum):
    """A moment between two steps of the appender, in their order (see `audit.log`)."""

    BEFORE_COMMIT = "before-commit"
    AFTER_COMMIT = "after-commit"
    BEFORE_SIGNING = "before-signing"
    BEFORE_RELEASE = "before-release"

    @property
    def is_committed(self) -> bool:
        """Whether the batch that dies here is in the log, though nobody was told."""
        return self is not Moment.BEFORE_COMMIT
