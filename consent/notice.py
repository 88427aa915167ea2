"""The exact words that a person is shown before she allows anything, and their digest.

Pure: no I/O. Pages lay these words out and must not say anything else about what is asked; the
digest stands in every part, so what she read can be shown later.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from audit.canonical import Json, encode, parse
from audit.errors import AuditError
from consent.calendar import day_words
from consent.errors import NoticeError, RequestError
from policies.ask import Frequency, Request
from policies.errors import PolicyError
from policies.policy import Policy
from policies.words import Words

VERSION: Final = 1

_PERIODS: Final = {
    "day": Words("hari", "day"),
    "week": Words("minggu", "week"),
    "month": Words("bulan", "month"),
    "year": Words("tahun", "year"),
}

RIGHTS: Final = Words(
    id=(
        "Anda boleh menolak setiap pertanyaan. Izin dapat dicabut kapan saja; setelah itu tidak "
        "ada pertanyaan baru. Setiap pertanyaan dicatat dan dapat Anda lihat."
    ),
    en=(
        "You may decline every question. You can withdraw at any time; after that nothing more "
        "is asked. Every question is recorded and you can see it."
    ),
)
ANSWERS: Final = Words(
    id="Jawaban yang diberikan hanya: ya, tidak, atau tidak diketahui.",
    en="The only answers given are: yes, no, or unknown.",
)


@dataclass(frozen=True)
class NoticeItem:
    """What is asked of one agency in one question, and what that agency does not tell."""

    agency: Words
    question: Words
    not_shared: Words
    optional: bool


@dataclass(frozen=True)
class Notice:
    """The words shown for one request; `items` stand in the request's order."""

    programme: Words
    purpose: Words
    items: tuple[NoticeItem, ...]
    valid_until: Words
    frequency: Words
    retention: Words
    answers: Words = ANSWERS
    rights: Words = RIGHTS

    @property
    def text(self) -> bytes:
        """All words in both languages, as they are kept: canonical JSON."""
        return encode(_members(self))

    @property
    def digest(self) -> str:
        """The SHA-256, hex, over all words in both languages."""
        return text_digest(self.text)


def text_digest(text: bytes) -> str:
    """Return the digest, hex, of a notice's text."""
    return hashlib.sha256(b"izin/v1/notice/" + text).hexdigest()


def parse_notice(text: bytes) -> Notice:
    """Return the notice that `text` holds; raises NoticeError unless we would write it so."""
    try:
        members = parse(text)
        items = members["items"]
        if not isinstance(items, list):
            raise NoticeError("a notice has a list of items")
        found = Notice(
            programme=_read(members["programme"]),
            purpose=_read(members["purpose"]),
            items=tuple(_read_item(each) for each in items),
            valid_until=_read(members["valid_until"]),
            frequency=_read(members["frequency"]),
            retention=_read(members["retention"]),
            answers=_read(members["answers"]),
            rights=_read(members["rights"]),
        )
    except (AuditError, KeyError, TypeError) as error:
        raise NoticeError("the text is not a notice's") from error
    if found.text != text:
        raise NoticeError("the text is not written as we write a notice")
    return found


def write_notice(request: Request, policy: Policy) -> Notice:
    """Return the words for a request; raises RequestError if the policy has none for it."""
    try:
        programme = policy.programmes[request.programme].name
        purpose = policy.purposes[request.purpose].text
        items = []
        for item in request.items:
            question = policy.catalogue.question(item.agency, item.question)
            items.append(
                NoticeItem(
                    agency=policy.catalogue.agency(item.agency).name,
                    question=question.words(item.params),
                    not_shared=question.not_shared,
                    optional=item.optional,
                )
            )
    except (KeyError, PolicyError):
        raise RequestError("the policy has no words for this request") from None
    return Notice(
        programme=programme,
        purpose=purpose,
        items=tuple(items),
        valid_until=day_words(request.valid_until),
        frequency=frequency_words(request.frequency),
        retention=retention_words(request.retention_days),
    )


def retention_words(days: int) -> Words:
    """Return how long the programme may keep the answers."""
    return Words(
        id=f"Jawaban disimpan paling lama {days} hari.",
        en=f"Answers are kept for {days} days at most.",
    )


def frequency_words(frequency: Frequency) -> Words:
    """Return how often may be asked."""
    per = _PERIODS[frequency.per]
    times = "once" if frequency.max == 1 else f"{frequency.max} times"
    return Words(
        id=f"Paling banyak {frequency.max} kali setiap {per.id}.",
        en=f"At most {times} every {per.en}.",
    )


def _members(notice: Notice) -> dict[str, Json]:
    return {
        "v": VERSION,
        "programme": _both(notice.programme),
        "purpose": _both(notice.purpose),
        "items": [
            {
                "agency": _both(item.agency),
                "question": _both(item.question),
                "not_shared": _both(item.not_shared),
                "optional": item.optional,
            }
            for item in notice.items
        ],
        "valid_until": _both(notice.valid_until),
        "frequency": _both(notice.frequency),
        "retention": _both(notice.retention),
        "answers": _both(notice.answers),
        "rights": _both(notice.rights),
    }


def _read(value: Json) -> Words:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise NoticeError("a notice's words are texts")
    return Words(id=str(value["id"]), en=str(value["en"]))


def _read_item(value: Json) -> NoticeItem:
    if not isinstance(value, dict) or not isinstance(value["optional"], bool):
        raise NoticeError("a notice's item is not of its form")
    return NoticeItem(
        agency=_read(value["agency"]),
        question=_read(value["question"]),
        not_shared=_read(value["not_shared"]),
        optional=value["optional"],
    )


def _both(words: Words) -> dict[str, Json]:
    return {"id": words.id, "en": words.en}
