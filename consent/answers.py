"""A person's answers, item by item, as the consent page's form brings them. Pure.

Nothing is preselected, so an item without an answer is neither a yes nor a no: she is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from consent.notice import Notice, NoticeItem
from policies.words import Words

YES: Final = "yes"
NO: Final = "no"
EVERYTHING: Final = "everything"
"""The name of the button that says no to all, whatever stands in the form."""


@dataclass(frozen=True)
class Answers:
    """chosen: yes or no by item. missing: the indexes of items without an answer, in order."""

    chosen: Mapping[int, str]
    missing: tuple[int, ...]

    @property
    def allowed(self) -> frozenset[int]:
        """The indexes of the items that she allows."""
        return frozenset(index for index, answer in self.chosen.items() if answer == YES)


@dataclass(frozen=True)
class AgencyItems:
    """One agency's items on the page, each with its index in the request."""

    agency: Words
    items: tuple[tuple[int, NoticeItem], ...]


def read_answers(form: Mapping[str, str], count: int) -> Answers:
    """Return the answers to `count` items. Anything that is neither yes nor no is no answer."""
    if form.get(EVERYTHING) == NO:
        return Answers(dict.fromkeys(range(count), NO), ())
    sent = {index: form.get(field_name(index), "") for index in range(count)}
    chosen = {index: answer for index, answer in sent.items() if answer in (YES, NO)}
    return Answers(chosen, tuple(index for index in range(count) if index not in chosen))


def field_name(index: int) -> str:
    """Return the name of an item's field."""
    return f"item-{index}"


def by_agency(notice: Notice) -> tuple[AgencyItems, ...]:
    """Return the items grouped by agency, agencies in the order of their first item."""
    groups: dict[Words, list[tuple[int, NoticeItem]]] = {}
    for index, item in enumerate(notice.items):
        groups.setdefault(item.agency, []).append((index, item))
    return tuple(AgencyItems(agency, tuple(items)) for agency, items in groups.items())
