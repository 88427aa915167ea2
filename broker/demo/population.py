"""Invented people: who they are, what each registry holds of them, how their story should end.

Everything follows from an integer seed, so that a demo can be told twice. The expected ends are
written here by hand and never computed with the programme's formula: they are what the formula
is tried against. Nobody here exists: the district 35.10.99 is assigned to no place.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Literal

from broker.demo.draws import Draws
from broker.demo.facts import BANKS, Account, Facts, Health, Power, Vehicles, Welfare, Work
from broker.demo.names import MEN, SURNAMES, WOMEN

Kind = Literal["eligible", "not_eligible", "needs_review", "not_found", "declines", "withdraws"]
Outcome = Literal["eligible", "not_eligible", "needs_review"]
Sex = Literal["m", "f"]

UNASSIGNED_DISTRICT: Final = "351099"
VILLAGES: Final = (("35.10.15.2004", "Kemiren"), ("35.10.16.1014", "Lateng"))
PROGRAMMES: Final = ("pkh", "bpnt")
EXPECTED: Final[Mapping[Kind, Outcome]] = {
    "eligible": "eligible",
    "not_eligible": "not_eligible",
    "needs_review": "needs_review",
    "not_found": "needs_review",
    "declines": "needs_review",
    "withdraws": "eligible",
}
KINDS: Final[tuple[Kind, ...]] = tuple(EXPECTED)

# One of these is declined, in turn; each decides, so its absence must lead to a human check.
DECLINABLE: Final = (
    ("himbara", "balance_above"),
    ("atr_bpn", "land_area_above"),
    ("bpjs_tk", "wage_above"),
    ("polri", "owns_car"),
)
_FIRST_BIRTH: Final = date(1958, 1, 1)
_BIRTH_DAYS: Final = 365 * 44
_BACKGROUND_SERIAL: Final = 5_000
_SERIALS: Final = 4_999


@dataclass(frozen=True)
class Resident:
    """Somebody whom registries may know. family_card: the 16-digit number of her household."""

    nik: str
    name: str
    sex: Sex
    born: date
    village_code: str
    village: str
    family_card: str
    facts: Facts


@dataclass(frozen=True)
class InventedPerson(Resident):
    """An applicant of the demo.

    kind: her story. expected: the decision that her first verification should lead to; a person
    who `withdraws` is verified once, withdraws, and her next question must be refused.
    declined: the (agency, question) items that she does not allow.
    """

    pin: str
    programme: str
    kind: Kind
    expected: Outcome
    declined: tuple[tuple[str, str], ...] = ()


def people(n: int, seed: int) -> list[InventedPerson]:
    """Return `n` applicants; six or more show every kind, and the first is `eligible`.

    The first applicants of a longer list are those of a shorter one with the same seed.
    """
    taken: set[str] = set()
    return [_applicant(index, seed, taken) for index in range(n)]


def background(n: int, seed: int) -> list[Resident]:
    """Return `n` residents who apply for nothing, so that registries hold more than applicants.

    Their NIKs never equal an applicant's: the serials come from another range.
    """
    taken: set[str] = set()
    result: list[Resident] = []
    for index in range(n):
        draws = Draws(seed, f"background/{index}")
        one = _resident(draws, _BACKGROUND_SERIAL + index % _SERIALS, taken, _any(draws))
        if index % 2 and draws.percent(60, "family"):
            one = _joined(one, result[-1])
        result.append(one)
    return result


def _applicant(index: int, seed: int, taken: set[str]) -> InventedPerson:
    draws = Draws(seed, f"applicant/{index}")
    kind = KINDS[index % len(KINDS)]
    turn = index // len(KINDS)
    facts = poor(draws)
    declined: tuple[tuple[str, str], ...] = ()
    if kind == "not_eligible":
        facts = _well_off(facts, turn, draws)
    elif kind == "needs_review":
        facts = _undetermined(facts, turn, draws)
    elif kind == "not_found":
        facts = _unknown_somewhere(facts, turn)
    elif kind == "declines":
        declined = (DECLINABLE[turn % len(DECLINABLE)],)
    resident = _resident(draws, 1 + index % _SERIALS, taken, facts)
    return InventedPerson(
        **vars(resident),
        pin=f"{draws.between(100_000, 999_999, 'pin')}",
        # Shifted by the turn, else a kind would always meet the same programme.
        programme=PROGRAMMES[(index + turn) % len(PROGRAMMES)],
        kind=kind,
        expected=EXPECTED[kind],
        declined=declined,
    )


def _resident(draws: Draws, serial: int, taken: set[str], facts: Facts) -> Resident:
    sex: Sex = "f" if draws.percent(60, "sex") else "m"
    given = draws.choice(WOMEN if sex == "f" else MEN, "given")
    village_code, village = draws.choice(VILLAGES, "village")
    born = _birthday(draws, sex, serial, taken)
    nik = invented_nik(born, sex, serial)
    taken.add(nik)
    card_day = date(2012, 1, 1) + timedelta(days=draws.below(4_000, "card"))
    return Resident(
        nik=nik,
        name=f"{given} {draws.choice(SURNAMES, 'surname')}",
        sex=sex,
        born=born,
        village_code=village_code,
        village=village,
        family_card=f"{UNASSIGNED_DISTRICT}{card_day:%d%m%y}{serial:04d}",
        facts=facts,
    )


def _joined(resident: Resident, head: Resident) -> Resident:
    """Return the resident as a member of the other's family: what is a family's, they share."""
    facts = replace(
        resident.facts, dtsen=head.facts.dtsen, disaster_days_ago=head.facts.disaster_days_ago
    )
    return replace(
        resident,
        facts=facts,
        family_card=head.family_card,
        village_code=head.village_code,
        village=head.village,
    )


def invented_nik(born: date, sex: Sex, serial: int) -> str:
    """Return the NIK of an invented person: district, birthday (a woman's day + 40), serial."""
    day = born.day + (40 if sex == "f" else 0)
    return f"{UNASSIGNED_DISTRICT}{day:02d}{born:%m%y}{serial:04d}"


def _birthday(draws: Draws, sex: Sex, serial: int, taken: Set[str]) -> date:
    """Return a birthday that makes the NIK a new one (serials come round after 4,999 people)."""
    offset = draws.below(_BIRTH_DAYS, "born")
    while True:
        born = _FIRST_BIRTH + timedelta(days=offset)
        if invented_nik(born, sex, serial) not in taken:
            return born
        offset = (offset + 1) % _BIRTH_DAYS


def poor(draws: Draws) -> Facts:
    """Return facts that no row of a social programme's formula should hold against her."""
    works = draws.percent(30, "works")
    bank = draws.choice(BANKS, "bank")
    saved = draws.between(1, 32, "saved") * 50_000
    return Facts(
        dtsen=Welfare(decile=draws.between(1, 3, "decile")),
        bpjs_tk=Work(
            monthly_wages=(draws.between(14, 24, "wage") * 100_000,) if works else (),
            lost_job_days_ago=None if works or draws.percent(70, "lost") else 45,
        ),
        bpjs_kes=Health(segment="PBI", ward_class=3),
        atr_bpn=(draws.between(4, 18, "land") * 50,) if draws.percent(55, "owns land") else (),
        polri=Vehicles(cars=0, motorcycles=draws.below(2, "motorcycles")),
        himbara=(Account(bank, saved),) if draws.percent(80, "has account") else (),
        alive=True,
        pln=Power(draws.choice((450, 900), "va")),
        disaster_days_ago=draws.choice((40, None, None), "disaster"),
    )


def _well_off(facts: Facts, turn: int, draws: Draws) -> Facts:
    """Return the facts with one thing that rules assistance out, another one each turn."""
    ordinary = Health(segment="PPU", ward_class=draws.between(1, 2, "class"))
    facts = replace(facts, bpjs_kes=ordinary, dtsen=Welfare(decile=draws.between(6, 9, "decile")))
    if turn % 3 == 0:
        return replace(facts, polri=Vehicles(cars=1, motorcycles=1), pln=Power(2_200))
    if turn % 3 == 1:
        # Neither account alone is above five million; together they are.
        accounts = (Account("bri", 4_200_000), Account("btn", 3_900_000))
        return replace(facts, himbara=accounts, pln=Power(1_300))
    wage = 3_500_000 + draws.below(30, "high wage") * 100_000
    return replace(facts, bpjs_tk=Work(monthly_wages=(wage,)), pln=Power(1_300))


def _undetermined(facts: Facts, turn: int, draws: Draws) -> Facts:
    """Return the facts of somebody whom every agency knows, but one cannot tell the amount."""
    if turn % 2 == 0:
        gap = Account(draws.choice(BANKS[1:3], "gap"), 700_000, month_missing=True)
        return replace(facts, himbara=(gap,))
    return replace(facts, bpjs_tk=Work(monthly_wages=(1_900_000,), unreported_months=5))


def _unknown_somewhere(facts: Facts, turn: int) -> Facts:
    """Return the facts with one agency that has never heard of her."""
    if turn % 4 == 0:
        return replace(facts, himbara=None)
    if turn % 4 == 1:
        return replace(facts, atr_bpn=None)
    if turn % 4 == 2:
        return replace(facts, polri=None)
    return replace(facts, bpjs_tk=None)


def _any(draws: Draws) -> Facts:
    """Return facts from the whole of society, gaps included."""
    facts = poor(draws)
    decile = draws.between(1, 10, "any decile")
    if decile > 6:
        facts = replace(_well_off(facts, draws.below(3, "turn"), draws), dtsen=Welfare(decile))
    if decile > 8:
        facts = replace(facts, atr_bpn=(3_000, 4_500), pln=Power(3_500))
    if draws.percent(10, "gap"):
        facts = _undetermined(facts, draws.below(2, "turn"), draws)
    if draws.percent(10, "unknown"):
        facts = _unknown_somewhere(facts, draws.below(4, "turn"))
    if draws.percent(20, "unranked"):
        facts = replace(facts, dtsen=Welfare(decile=None))
    if draws.percent(3, "dead"):
        facts = replace(facts, alive=False)
    return facts
