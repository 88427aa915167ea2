"""How often something may be asked; it must not count uses itself (stores do)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

Per = Literal["day", "week", "month", "year"]
PERIODS: Final[tuple[str, ...]] = get_args(Per)

# Windows roll: a calendar month would let somebody ask on the 31st and again on the 1st.
WINDOW_DAYS: Final[dict[str, int]] = {"day": 1, "week": 7, "month": 30, "year": 365}


@dataclass(frozen=True)
class Frequency:
    """At most `max` uses in any window of one `per`."""

    per: Per
    max: int

    @property
    def window_days(self) -> int:
        """The length in days of the rolling window in which uses are counted."""
        return WINDOW_DAYS[self.per]

    def within(self, ceiling: Frequency) -> bool:
        """Whether no window of `ceiling` can see more uses than it allows.

        Windows of another length are counted at their worst: as many whole or begun
        windows of ours as one of the ceiling's can touch.
        """
        windows = max(1, -(-ceiling.window_days // self.window_days))
        return windows * self.max <= ceiling.max


def parse_per(text: object) -> Per | None:
    """Return `text` as a period, or None if it is not one of the four."""
    return cast("Per", text) if isinstance(text, str) and text in PERIODS else None
