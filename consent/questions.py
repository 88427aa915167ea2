"""The pages of a request's questions: all on one, one a page, and the look back before saving.

What she chose so far is filled in, and nothing else is: an item without her answer stands open.
It must not take answers (see `oauth.authorize`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask import Response

from consent import asking_words, drafts, views
from consent.answers import by_agency
from consent.clients import Client
from consent.grants import GrantRecord
from consent.language import say
from consent.notice import Notice
from consent.pages import Pages


@dataclass(frozen=True)
class Questions:
    """What is asked of a person. uri: of the request. old: the grant that would be replaced."""

    uri: str
    client: Client
    notice: Notice
    old: GrantRecord | None


def show_questions(
    pages: Pages,
    asked: Questions,
    *,
    view: str = views.LIST,
    number: str | None = None,
    error: str | None = None,
    missing: Collection[int] = (),
    unanswered: bool = False,
) -> Response:
    """Return a page of the questions; status 400 where something is to be mended.

    view, number: as they stand in the address. missing: items without an answer, on the one page.
    unanswered: the question of the number has none.
    """
    chosen = drafts.chosen(asked.uri, asked.notice.digest)
    count = len(asked.notice.items)
    common: dict[str, Any] = {
        "a": asking_words,
        "view": view if view in views.VIEWS else views.LIST,
        "notice": asked.notice,
        "replaces": asked.old,
        "groups": by_agency(asked.notice),
        "chosen": chosen,
        "client_id": asked.client.client_id,
        "request_uri": asked.uri,
        "status": 400 if error is not None or unanswered else 200,
    }

    def at(question: int) -> str:
        return views.address(asked.client.client_id, asked.uri, views.ONE, question)

    if view == views.REVIEW and views.first_open(count, chosen) is None:
        return pages.show("review", **common, changes=[at(each + 1) for each in range(count)])
    if view in (views.ONE, views.REVIEW):
        open_ = views.first_open(count, chosen) or 1
        which = open_ if number is None else views.question_number(number, count)
        return pages.show(
            "question",
            **common,
            error=say(asking_words.CHOOSE_ONE) if unanswered else None,
            number=which,
            index=which - 1,
            count=count,
            item=asked.notice.items[which - 1],
            previous=at(which - 1) if which > 1 else None,
            name=pages.person().name,
        )
    return pages.show("consent", **common, error=error, missing=missing, name=pages.person().name)
