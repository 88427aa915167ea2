"""A log entry about a person, told to her in plain words, both languages. Pure.

It must not add anything that the entries do not say; `audit.spoken` does the same for terminals,
without the catalogue's names. `consent.happenings` puts the told entries together, day by day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from audit.entry import Entry
from audit.trace import IZIN
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
        "DITOLAK: {programme} ingin bertanya kepada {agency}.",
        "REFUSED: {programme} wanted to ask {agency}.",
    ),
    "trace.closed": Words(
        "Kunci jejak lama Anda ditutup di {agency}.", "Your old trace key was closed at {agency}."
    ),
    "decision.made": Words(
        "{programme} mengambil keputusan. Hasil dan alasannya ada di portal program itu.",
        "{programme} made a decision. Its outcome and reasons are at that programme's portal.",
    ),
}
_MANY: Final = Words("{count} lembaga", "{count} agencies")
_UNKNOWN: Final = Words("Catatan jenis lain.", "An entry of another kind.")
_COUNT: Final = Words("Terjadi {count} kali.", "This happened {count} times.")
_OUTCOMES: Final = {
    None: Words("Belum dijawab.", "Not answered yet."),
    "access.answered": Words("Sudah dijawab.", "Answered."),
    "access.failed": Words("Tidak dijawab.", "Not answered."),
}


@dataclass(frozen=True)
class Teller:
    """Tells entries in the policy's words; ids that it no longer knows stay as they are."""

    policy: Policy

    def sentence(self, entry: Entry, *, agencies: int = 1) -> Words:
        """Return who did what. agencies: to how many the sentence is to refer."""
        agency = self.agency(_text(entry, "agency"))
        return _filled(
            _SENTENCES.get(entry.kind, _UNKNOWN),
            programme=self._programme(_text(entry, "programme")),
            agency=agency if agencies == 1 else _filled(_MANY, count=_same(str(agencies))),
        )

    def agency(self, agency: str) -> Words:
        """Return an agency's name."""
        found = self.policy.catalogue.agencies.get(agency)
        return _same("Izin" if agency == IZIN else agency) if found is None else found.name

    def purpose(self, entry: Entry) -> Words | None:
        """Return the entry's purpose, None where it has none."""
        found = self.policy.purposes.get(_text(entry, "purpose"))
        return None if found is None else found.text

    def questions(self, entry: Entry) -> tuple[Words, ...]:
        """Return the entry's questions without their values, which the log does not hold."""
        agency = _text(entry, "agency")
        return tuple(self._question(agency, each) for each in ids(entry, "questions"))

    def reasons(self, entry: Entry) -> tuple[Words, ...]:
        """Return why a question was refused or not answered, and how often if counted."""
        reasons = [reason_words(each) for each in ids(entry, "reasons")]
        count = entry.members.get("count")
        if isinstance(count, int):
            reasons.append(_filled(_COUNT, count=_same(str(count))))
        return tuple(reasons)

    def outcome(self, entry: Entry | None) -> tuple[Words, ...]:
        """Return what came of a question: an `access.answered` or `access.failed`, None: nothing"""
        if entry is None:
            return (_OUTCOMES[None],)
        return (_OUTCOMES[entry.kind], *self.reasons(entry))

    def _programme(self, programme: str) -> Words:
        found = self.policy.programmes.get(programme)
        return _same(programme) if found is None else found.name

    def _question(self, agency: str, question: str) -> Words:
        found = self.policy.catalogue.find(agency, question)
        if found is None:
            return _same(question)
        return Words(_HOLE.sub("…", found.text.id), _HOLE.sub("…", found.text.en))


def ids(entry: Entry, member: str) -> tuple[str, ...]:
    """Return a member that is a list of ids; empty where the entry has none."""
    value = entry.members.get(member)
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def _text(entry: Entry, member: str) -> str:
    return str(entry.members.get(member, ""))


def _same(text: str) -> Words:
    return Words(text, text)


def _filled(sentence: Words, **values: Words) -> Words:
    filled: Mapping[str, Words] = values
    return Words(
        sentence.id.format(**{name: words.id for name, words in filled.items()}),
        sentence.en.format(**{name: words.en for name, words in filled.items()}),
    )
