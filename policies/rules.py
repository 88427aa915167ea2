"""One frozen class per rule on data access; a rule must not know of the others, or say why.

Each `check` answers yes only for what it can see is right: a missing grant, member or count
is a no. An exception counts as a no as well (see `decide`), so none needs to be caught here.
Articles are those of Law 27 of 2022 on personal data protection (UU PDP).
"""

# All rules have one shape, so that `decide` can run them alike; few need every argument.
# ruff: noqa: ARG002

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import ClassVar, Final, Protocol

from policies.ask import Ask, GrantView
from policies.catalogue import evidence_suffices, validate_asked
from policies.policy import Policy
from policies.words import Words


class Rule(Protocol):
    """What every rule has: an id for the log, its legal ground, its words, and a check."""

    @property
    def id(self) -> str: ...
    @property
    def article(self) -> str: ...
    @property
    def text(self) -> Words: ...

    def check(self, ask: Ask, grant: GrantView | None, policy: Policy, at: datetime) -> bool:
        """Whether the rule says yes. `at` is timezone-aware."""
        ...


@dataclass(frozen=True)
class GrantLive:
    """The grant stands in the log, has begun, has not ended and was not withdrawn."""

    id: ClassVar[str] = "grant_live"
    article: ClassVar[str] = "UU 27/2022 Pasal 20 ayat (2) huruf a, Pasal 40"
    text: ClassVar[Words] = Words(
        "Tidak ada persetujuan yang sedang berlaku.", "There is no consent in force."
    )

    def check(self, ask: Ask, grant: GrantView | None, policy: Policy, at: datetime) -> bool:
        if grant is None or grant.given_at is None or grant.live_index is None:
            return False
        # A withdrawal counts whatever its time says: clocks differ, her "no" does not.
        return (
            grant.withdrawn_at is None
            and grant.live_index >= 0
            and grant.given_at <= at
            and _day(at) <= grant.valid_until
        )


@dataclass(frozen=True)
class SameProgramme:
    """The programme that asks is the one to which the person gave the grant."""

    id: ClassVar[str] = "programme"
    article: ClassVar[str] = "UU 27/2022 Pasal 27"
    text: ClassVar[Words] = Words(
        "Persetujuan ini bukan untuk program ini.", "This consent is not for this programme."
    )

    def check(self, ask: Ask, grant: GrantView | None, policy: Policy, at: datetime) -> bool:
        known = ask.programme in policy.programmes
        return grant is not None and known and ask.programme == grant.programme


@dataclass(frozen=True)
class SamePurpose:
    """The purpose is the one for which the person gave the grant."""

    id: ClassVar[str] = "purpose"
    article: ClassVar[str] = "UU 27/2022 Pasal 28"
    text: ClassVar[Words] = Words(
        "Persetujuan ini bukan untuk tujuan ini.", "This consent is not for this purpose."
    )

    def check(self, ask: Ask, grant: GrantView | None, policy: Policy, at: datetime) -> bool:
        known = ask.purpose in policy.purposes
        return grant is not None and known and ask.purpose == grant.purpose


@dataclass(frozen=True)
class QuestionGranted:
    """Every question goes to the agency named, and the person allowed each."""

    id: ClassVar[str] = "question"
    article: ClassVar[str] = "UU 27/2022 Pasal 16 ayat (2) huruf a, Pasal 22"
    text: ClassVar[Words] = Words(
        "Ada pertanyaan yang tidak diizinkan.", "A question was not allowed."
    )

    def check(self, ask: Ask, grant: GrantView | None, policy: Policy, at: datetime) -> bool:
        if grant is None or not ask.items or ask.agency not in policy.catalogue.agencies:
            return False
        asked = [item.of for item in ask.items]
        allowed = {item.of for item in grant.items} - {item.of for item in grant.declined}
        once = len(set(asked)) == len(asked)
        here = all(item.agency == ask.agency for item in ask.items)
        return once and here and allowed.issuperset(asked)


@dataclass(frozen=True)
class SameParameters:
    """Every value is one that the catalogue lists and that the person allowed."""

    id: ClassVar[str] = "parameters"
    article: ClassVar[str] = "UU 27/2022 Pasal 16 ayat (2) huruf a"
    text: ClassVar[Words] = Words(
        "Ada nilai pertanyaan yang berbeda dari yang diizinkan.",
        "A question's value differs from the one allowed.",
    )

    def check(self, ask: Ask, grant: GrantView | None, policy: Policy, at: datetime) -> bool:
        if grant is None or not ask.items:
            return False
        allowed = {item.key for item in grant.items}
        return all(
            item.key in allowed
            and not validate_asked(policy.catalogue, item.agency, item.question, item.params)
            for item in ask.items
        )


@dataclass(frozen=True)
class AreaOpen:
    """The person lives where the programme has been opened."""

    id: ClassVar[str] = "area"
    article: ClassVar[str] = "UU 27/2022 Pasal 27"
    text: ClassVar[Words] = Words(
        "Program belum dibuka di desa atau kelurahan ini.",
        "The programme is not open in this village.",
    )

    def check(self, ask: Ask, grant: GrantView | None, policy: Policy, at: datetime) -> bool:
        if ask.area is None:
            return False
        area = policy.areas.get(ask.area)
        return area is not None and ask.programme in area.programmes


@dataclass(frozen=True)
class FrequencyKept:
    """One more use stays within what the person allowed."""

    id: ClassVar[str] = "frequency"
    article: ClassVar[str] = "UU 27/2022 Pasal 21 ayat (1) huruf f, Pasal 27"
    text: ClassVar[Words] = Words(
        "Batas jumlah pertanyaan dalam masa ini sudah tercapai.",
        "The number of uses allowed in this period has been reached.",
    )

    def check(self, ask: Ask, grant: GrantView | None, policy: Policy, at: datetime) -> bool:
        # Whoever did not count must not pass as "no uses yet".
        if grant is None or ask.agency not in grant.uses:
            return False
        return 0 <= grant.uses[ask.agency] < grant.frequency.max


@dataclass(frozen=True)
class UnderCeiling:
    """The grant itself is not wider than its purpose may ever be.

    Checked here again, and not at PAR alone: a forged row or a ceiling lowered since must
    not be asked under.
    """

    id: ClassVar[str] = "ceiling"
    article: ClassVar[str] = "UU 27/2022 Pasal 16 ayat (2) huruf b, Pasal 21 ayat (1) huruf d"
    text: ClassVar[Words] = Words(
        "Melebihi batas tertinggi untuk tujuan ini.", "It is above this purpose's ceiling."
    )

    def check(self, ask: Ask, grant: GrantView | None, policy: Policy, at: datetime) -> bool:
        ceiling = policy.ceiling(ask.programme, ask.purpose)
        if ceiling is None or grant is None or grant.given_at is None or not ask.items:
            return False
        days = (grant.valid_until - _day(grant.given_at)).days
        return (
            all(item.of in ceiling.questions for item in ask.items)
            and days <= ceiling.period_days
            and grant.frequency.within(ceiling.frequency)
            and 1 <= grant.retention_days <= ceiling.retention_days
        )


@dataclass(frozen=True)
class EvidenceSuffices:
    """The grant's evidence is strong enough for every question asked."""

    id: ClassVar[str] = "evidence"
    article: ClassVar[str] = "UU 27/2022 Pasal 22, Pasal 24"
    text: ClassVar[Words] = Words(
        "Bukti persetujuan kurang kuat untuk pertanyaan ini.",
        "The evidence of consent is too weak for this question.",
    )

    def check(self, ask: Ask, grant: GrantView | None, policy: Policy, at: datetime) -> bool:
        if grant is None or not ask.items:
            return False
        questions = [policy.catalogue.question(item.agency, item.question) for item in ask.items]
        return all(evidence_suffices(grant.evidence, each.least_evidence) for each in questions)


RULES: Final[tuple[Rule, ...]] = (
    GrantLive(),
    SameProgramme(),
    SamePurpose(),
    QuestionGranted(),
    SameParameters(),
    AreaOpen(),
    FrequencyKept(),
    UnderCeiling(),
    EvidenceSuffices(),
)


def _day(moment: datetime) -> date:
    """Return the UTC day of an aware moment; a naive one would be read in the machine's zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC).date()
