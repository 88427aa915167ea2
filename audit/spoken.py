"""An entry about a person, and what is wrong with it, in plain words for a terminal.

This file must not add anything that the entry does not say. Ids stay ids: an auditor's install has
no catalogue.
"""

from __future__ import annotations

from typing import Final

from audit.flags import (
    AFTER_EXPIRY,
    AFTER_WITHDRAWAL,
    FOREIGN_GRANT,
    HIDDEN,
    OTHER_SHARE,
    TOO_OFTEN,
    WITHOUT_GRANT,
)
from audit.trace import Found
from audit.words import Words, fill, pick

_SENTENCES: Final = {
    "grant.requested": Words(
        "{programme} meminta izin Anda ({purpose})",
        "{programme} asked for your consent ({purpose})",
    ),
    "grant.given": Words(
        "Anda memberi izin kepada {programme} ({purpose})",
        "you gave consent to {programme} ({purpose})",
    ),
    "grant.withdrawn": Words(
        "Anda mencabut izin untuk {programme}", "you withdrew your consent to {programme}"
    ),
    "grant.expired": Words(
        "izin Anda untuk {programme} berakhir", "your consent to {programme} ended"
    ),
    "access.sent": Words(
        "{agency} ditanya {programme} tentang {questions} ({purpose})",
        "{agency} was asked for {programme} about {questions} ({purpose})",
    ),
    "access.answered": Words(
        "{agency} menjawab {programme} tentang {questions} ({purpose})",
        "{agency} answered {programme} about {questions} ({purpose})",
    ),
    "access.failed": Words(
        "{agency} tidak dapat menjawab {programme} tentang {questions} ({purpose}): {reasons}",
        "{agency} could not answer {programme} about {questions} ({purpose}): {reasons}",
    ),
    "access.refused": Words(
        "DITOLAK: pertanyaan {programme} kepada {agency} tentang {questions} ({purpose}): "
        "{reasons}",
        "a question to {agency} was refused, {programme} about {questions} ({purpose}): {reasons}",
    ),
    "trace.closed": Words(
        "kunci jejak lama Anda ditutup di {agency}", "your old trace key was closed at {agency}"
    ),
    "decision.made": Words("{programme} mengambil keputusan", "{programme} decided"),
}
_COUNTED: Final = Words(" ({count} kali)", " ({count} times)")

FLAG_WORDS: Final = {
    WITHOUT_GRANT: Words(
        "ditanyakan tanpa izin Anda: tidak ada izin untuk program dan tujuan ini sebelumnya",
        "asked without your consent: no grant for this programme and purpose comes before it",
    ),
    AFTER_WITHDRAWAL: Words(
        "ditanyakan SESUDAH Anda mencabut izin", "asked AFTER you withdrew your consent"
    ),
    AFTER_EXPIRY: Words("ditanyakan sesudah izin berakhir", "asked after your consent had ended"),
    TOO_OFTEN: Words(
        "lebih sering daripada yang Anda izinkan", "more often than you said that you allowed"
    ),
    OTHER_SHARE: Words(
        "tandanya bukan untuk lembaga itu; lembaga itu seharusnya menolak",
        "its tag is not for that agency, which should have refused it",
    ),
    FOREIGN_GRANT: Words(
        "izin ini bertanda Anda, tetapi tidak dibuat dari kunci Anda",
        "this grant carries your tag, but was not made from your key",
    ),
    HIDDEN: Words(
        "izin nomor {n} dari kunci Anda, dicatat dengan tanda orang lain",
        "grant {n} of your key, logged under somebody else's tag",
    ),
}

CANNOT_TELL: Final = (
    Words(
        "pertanyaan dan nilai mana yang Anda izinkan, dan sampai kapan: itu ada di tanda terima",
        "which questions and values you allowed, and until when: your receipt says so",
    ),
    Words(
        "apa jawabannya: catatan tidak pernah memuatnya",
        "what was answered: the log never holds it",
    ),
    Words(
        "yang ditolak lembaga tanpa memberi tahu Izin, atau di bawah kunci lain: tanyakan di "
        "lembaga itu (izin gateway about)",
        "what an agency refused under another key or was never told to Izin: ask at the agency "
        "(izin gateway about)",
    ),
)
"""What this list cannot say, in the log's nature."""

NO_FREQUENCY: Final = Words(
    "apakah terlalu sering: beri --frequency dari tanda terima, misalnya 1/month",
    "whether it was too often: give --frequency from your receipt, such as 1/month",
)


def describe(found: Found, lang: str = "en") -> str:
    """Return one line: when (the hour, which is all the log knows) and what happened."""
    members = found.entry.members

    def said(name: str) -> str:
        value = members.get(name, "")
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    names = ("programme", "purpose", "agency", "questions", "reasons")
    kind = found.entry.kind
    sentence = _SENTENCES.get(kind, Words(kind, kind))
    told = pick(fill(sentence, **{name: said(name) for name in names}), lang)
    count = members.get("count")
    if isinstance(count, int):
        told += pick(fill(_COUNTED, count=count), lang)
    return f"{found.entry.at.strftime('%Y-%m-%d %H:00 UTC')}  {told}"
