"""Days and hours as people say them, in both languages. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Final

from policies.words import Words

WIB: Final = timezone(timedelta(hours=7), "WIB")
"""The time of Banyuwangi: the log's hours are UTC, which nobody's clock there shows."""

_MONTHS: Final = (
    Words("Januari", "January"),
    Words("Februari", "February"),
    Words("Maret", "March"),
    Words("April", "April"),
    Words("Mei", "May"),
    Words("Juni", "June"),
    Words("Juli", "July"),
    Words("Agustus", "August"),
    Words("September", "September"),
    Words("Oktober", "October"),
    Words("November", "November"),
    Words("Desember", "December"),
)
_WEEKDAYS: Final = (
    Words("Senin", "Monday"),
    Words("Selasa", "Tuesday"),
    Words("Rabu", "Wednesday"),
    Words("Kamis", "Thursday"),
    Words("Jumat", "Friday"),
    Words("Sabtu", "Saturday"),
    Words("Minggu", "Sunday"),
)


def day_words(day: date) -> Words:
    """Return a day, such as 28 Februari 2027."""
    month = _MONTHS[day.month - 1]
    return Words(f"{day.day} {month.id} {day.year}", f"{day.day} {month.en} {day.year}")


def moment_day(at: datetime) -> Words:
    """Return the day of a moment (aware), by the clocks of Banyuwangi."""
    return day_words(at.astimezone(WIB).date())


def second_day(seconds: int) -> Words:
    """Return the day of a moment in Unix seconds, by the same clocks."""
    return moment_day(datetime.fromtimestamp(seconds, WIB))


def weekday_words(at: datetime) -> Words:
    """Return the day of a moment (aware) with its weekday, by the clocks of Banyuwangi."""
    day = at.astimezone(WIB).date()
    weekday, date_ = _WEEKDAYS[day.weekday()], day_words(day)
    return Words(f"{weekday.id}, {date_.id}", f"{weekday.en}, {date_.en}")


def hour_words(at: datetime) -> Words:
    """Return the hour that begins at `at` (aware): all that the log knows of a moment."""
    begins = at.astimezone(WIB)
    ends = begins + timedelta(hours=1)
    return Words(
        f"antara pukul {begins:%H}.00 dan {ends:%H}.00 WIB",
        f"between {begins:%H}:00 and {ends:%H}:00 (WIB)",
    )
