"""A log entry about a person, told to her in plain words, both languages. Pure.

It must not add anything that the entry does not say; `audit.spoken` does the same for terminals,
without the catalogue's names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from audit.trace import IZIN, Found
from consent.calendar import hour_words
from consent.reasons import reason_words
from policies.policy import Policy
from policies.words import Words

_HOLE: Final = re.compile(r"\{[a-z_]+\}")
_SENTENCES: Final = {
    "grant.requested": Words(
        "{programme} meminta izin Anda.", "{programme} asked for your permission."
    ),
    "grant.given": Words(
        "Anda memberi izin kepada {programme}.", "You gave permission to {programme}."
    ),
    "grant.withdrawn": Words(
        "Anda mencabut izin untuk {programme}.", "You withdrew your permission to {programme}."
    ),
    "grant.expired": Words(
        "Izin Anda untuk {programme} berakhir.", "Your permission to {programme} ended."
    ),
    "access.sent": Words("{programme} bertanya kepada {agency}.", "{programme} asked {agency}."),
    "access.answered": Words("{agency} menjawab {programme}.", "{agency} answered {programme}."),
    "access.failed": Words(
        "{agency} tidak menjawab {programme}.", "{agency} did not answer {programme}."
    ),
    "access.refused": Words(
        "DITOLAK: pertanyaan {programme} kepada {agency}.",
        "REFUSED: a question of {programme} to {agency}.",
    ),
    "trace.closed": Words(
        "Kunci jejak lama Anda ditutup di {agency}.", "Your old trace key was closed at {agency}."
    ),
    "decision.made": Words(
        "{programme} mengambil keputusan. Hasil dan alasannya ada di {programme}.",
        "{programme} made a decision. Its outcome and reasons are at {programme}.",
    ),
}
_UNKNOWN: Final = Words("Catatan jenis lain.", "An entry of another kind.")


@dataclass(frozen=True)
class Told:
    """One entry as a page shows it. details: the purpose, the questions, the reasons."""

    index: int
    when: Words
    sentence: Words
    details: tuple[Words, ...]
    refused: bool


def tell(found: Found, policy: Policy) -> Told:
    """Return the entry in words; ids that the policy no longer knows stay as they are."""
    members = found.entry.members
    names = {
        "programme": _programme(str(members.get("programme", "")), policy),
        "agency": _agency(str(members.get("agency", "")), policy),
    }
    return Told(
        index=found.index,
        when=hour_words(found.entry.at),
        sentence=_filled(_SENTENCES.get(found.entry.kind, _UNKNOWN), names),
        details=tuple(_details(members, policy)),
        refused=found.entry.kind == "access.refused",
    )


def _details(members: Mapping[str, object], policy: Policy) -> list[Words]:
    details: list[Words] = []
    purpose = policy.purposes.get(str(members.get("purpose", "")))
    if purpose is not None:
        details.append(purpose.text)
    details += [
        _question(str(members.get("agency", "")), question, policy)
        for question in _ids(members.get("questions"))
    ]
    details += [reason_words(reason) for reason in _ids(members.get("reasons"))]
    count = members.get("count")
    if isinstance(count, int):
        details.append(Words(f"Terjadi {count} kali.", f"This happened {count} times."))
    return details


def _ids(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _question(agency: str, question: str, policy: Policy) -> Words:
    found = policy.catalogue.find(agency, question)
    if found is None:
        return Words(question, question)
    # The log names the question, not its value.
    return Words(_HOLE.sub("…", found.text.id), _HOLE.sub("…", found.text.en))


def _programme(programme: str, policy: Policy) -> Words:
    found = policy.programmes.get(programme)
    return Words(programme, programme) if found is None else found.name


def _agency(agency: str, policy: Policy) -> Words:
    if agency == IZIN:
        return Words("Izin", "Izin")
    found = policy.catalogue.agencies.get(agency)
    return Words(agency, agency) if found is None else found.name


def _filled(sentence: Words, names: Mapping[str, Words]) -> Words:
    return Words(
        sentence.id.format(**{name: words.id for name, words in names.items()}),
        sentence.en.format(**{name: words.en for name, words in names.items()}),
    )
