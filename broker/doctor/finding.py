"""What one check found, in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from broker.spoken import OURS, one_sentence


@dataclass(frozen=True)
class Finding:
    """What one check found. words: what is there, or what to do."""

    subject: str
    is_good: bool
    words: str


def check(subject: str, look: Callable[[], str]) -> Finding:
    """Return what `look` says is there, or the sentence of the error that it raises."""
    try:
        return Finding(subject, True, look())
    except OURS as error:
        return Finding(subject, False, one_sentence(error))
    except SQLAlchemyError as error:
        # A database driver's message could quote a row.
        return Finding(subject, False, f"the database fails ({type(error).__name__})")
