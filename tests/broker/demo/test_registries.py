"""The demo's registries, asked through the real adapter with the statements of their gateways."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.demo.facts import Account, Facts, Health, Power, Vehicles, Welfare, Work
from broker.demo.population import InventedPerson, Resident, background, people
from broker.demo.registries.calendar import month_ends, quarter_starts
from broker.demo.registries.seed import AGENCIES, registry_toml, seed_registries
from broker.errors import BrokerError
from broker.gateway.registry.adapter import Answer
from broker.gateway.registry.config import RegistryConfig
from broker.gateway.registry.sql import Registry, SourceFault

TODAY = date(2026, 11, 24)
STRANGER = "3510990101019999"
Ask = Callable[..., Answer]

# Design, section 9: every agency's questions with their parameters.
CATALOGUE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "dtsen": {"registered": (), "decile_at_most": ("decile",)},
    "bpjs_tk": {"active_employment": (), "wage_above": ("rupiah",), "lost_job_within": ("days",)},
    "bpjs_kes": {"premium_paid_by_state": (), "class_one_member": ()},
    "atr_bpn": {"land_area_above": ("square_metres",), "parcels_above": ("count",)},
    "polri": {"owns_car": (), "motorcycles_above": ("count",)},
    "himbara": {"has_account": (), "balance_above": ("rupiah",)},
    "dukcapil": {"alive": (), "lives_in": ("area",)},
    "pln": {"power_above": ("va",)},
    "bpbd": {"affected_by_disaster_since": ("date",)},
}
VALUES: Mapping[str, int | str] = {
    "decile": 4, "rupiah": 5_000_000, "days": 90, "square_metres": 5_000, "count": 1,
    "area": "35.10.15.2004", "va": 2_200, "date": "2026-01-01",
}  # fmt: skip
ORDINARY = Facts(
    dtsen=Welfare(3), bpjs_tk=Work(), bpjs_kes=Health("PBI"), atr_bpn=(), polri=Vehicles(),
    himbara=(), alive=True, pln=Power(450),
)  # fmt: skip


def registries(folder: Path) -> dict[str, Registry]:
    def broken(fault: SourceFault) -> None:
        pytest.fail(f"a statement failed: {fault}")

    return {
        agency: Registry(
            RegistryConfig.parse(
                tomllib.loads(registry_toml(agency, folder)),
                agency=agency,
                catalogue=CATALOGUE[agency],
            ),
            report=broken,
        )
        for agency in AGENCIES
    }


@pytest.fixture(scope="module")
def applicants() -> list[InventedPerson]:
    return people(36, seed=20261124)


@pytest.fixture(scope="module")
def seeded(
    applicants: list[InventedPerson], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Registry]]:
    folder = tmp_path_factory.mktemp("regis'tries")
    seed_registries(folder, [*applicants, *background(150, seed=20261124)], today=TODAY)
    opened = registries(folder)
    yield opened
    for registry in opened.values():
        registry.close()


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Return a function that seeds one person's facts and asks one question about her."""

    def answer(agency: str, question: str, today: date = TODAY, **changes: Any) -> Answer:
        params = {k: changes.pop(k) for k in CATALOGUE[agency][question] if k in changes}
        template = background(1, seed=1)[0]
        resident: Resident = replace(
            template,
            facts=replace(ORDINARY, **changes),
            village_code="35.10.15.2004",
        )
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        seed_registries(folder, [resident, *background(5, seed=2)], today=TODAY)
        registry = registries(folder)[agency]
        return registry.answer(resident.nik, question, params, today=today)

    return answer


def asked() -> Iterator[tuple[str, str, dict[str, int | str]]]:
    for agency, questions in CATALOGUE.items():
        for question, names in questions.items():
            yield agency, question, {name: VALUES[name] for name in names}


def of_kind(applicants: list[InventedPerson], kind: str) -> list[InventedPerson]:
    return [person for person in applicants if person.kind == kind]


# What decides, as the programmes' formulas ask it: the answers that a poor person should get.
DECIDING: tuple[tuple[str, str, dict[str, int | str], Answer], ...] = (
    ("dukcapil", "alive", {}, "yes"),
    ("polri", "owns_car", {}, "no"),
    ("bpjs_tk", "wage_above", {"rupiah": 2_989_145}, "no"),
    ("himbara", "balance_above", {"rupiah": 5_000_000}, "no"),
    ("pln", "power_above", {"va": 2_200}, "no"),
    ("dtsen", "decile_at_most", {"decile": 4}, "yes"),
    ("bpjs_kes", "premium_paid_by_state", {}, "yes"),
    ("atr_bpn", "land_area_above", {"square_metres": 5_000}, "no"),
)


def differing(seeded: dict[str, Registry], person: InventedPerson) -> dict[str, Answer]:
    """Return the deciding answers that are not a poor person's, by agency."""
    answers = {
        agency: (seeded[agency].answer(person.nik, question, params, today=TODAY), poor)
        for agency, question, params, poor in DECIDING
    }
    return {agency: found for agency, (found, poor) in answers.items() if found != poor}


def test_every_question_of_the_catalogue_has_a_statement() -> None:
    assert set(AGENCIES) == set(CATALOGUE)
    for agency in AGENCIES:
        questions = tomllib.loads(registry_toml(agency, Path("/x")))["questions"]
        assert set(questions) == set(CATALOGUE[agency])


def test_a_stranger_is_unknown_to_every_question(seeded: dict[str, Registry]) -> None:
    for agency, question, params in asked():
        answer = seeded[agency].answer(STRANGER, question, params, today=TODAY)
        assert (question, answer) == (question, "unknown")


def test_every_registry_says_how_old_it_is(seeded: dict[str, Registry]) -> None:
    for registry in seeded.values():
        assert "2026-10-01" <= registry.as_of() <= TODAY.isoformat()


@pytest.mark.parametrize("kind", ["eligible", "declines", "withdraws"])
def test_nothing_speaks_against_the_poor(
    seeded: dict[str, Registry], applicants: list[InventedPerson], kind: str
) -> None:
    for person in of_kind(applicants, kind):
        assert differing(seeded, person) == {}


def test_something_certain_rules_out_those_who_are_not_eligible(
    seeded: dict[str, Registry], applicants: list[InventedPerson]
) -> None:
    found = [differing(seeded, person) for person in of_kind(applicants, "not_eligible")]
    reasons = [sorted(set(each) & {"polri", "himbara", "bpjs_tk"}) for each in found]
    assert reasons == [["polri"], ["himbara"], ["bpjs_tk"]] * 2
    for each in found:
        assert "unknown" not in each.values()
        assert each["dtsen"] == "no"


@pytest.mark.parametrize("kind", ["needs_review", "not_found"])
def test_exactly_one_agency_cannot_tell(
    seeded: dict[str, Registry], applicants: list[InventedPerson], kind: str
) -> None:
    for person in of_kind(applicants, kind):
        assert list(differing(seeded, person).values()) == ["unknown"]


def test_each_lives_where_she_says(
    seeded: dict[str, Registry], applicants: list[InventedPerson]
) -> None:
    for person in applicants:
        for area in ("35.10.15.2004", "35.10.16.1014"):
            answer = seeded["dukcapil"].answer(person.nik, "lives_in", {"area": area}, today=TODAY)
            assert answer == ("yes" if area == person.village_code else "no")


def test_registries_hold_more_than_the_applicants(seeded: dict[str, Registry]) -> None:
    known = sum(
        seeded["dukcapil"].answer(each.nik, "alive", {}, today=TODAY) != "unknown"
        for each in background(150, seed=20261124)
    )
    assert known == 150


CASES: tuple[tuple[Answer, str, str, dict[str, Any]], ...] = (
    ("yes", "dtsen", "registered", {}),
    ("no", "dtsen", "registered", {"dtsen": Welfare(None)}),
    ("yes", "dtsen", "decile_at_most", {"dtsen": Welfare(4), "decile": 4}),
    ("no", "dtsen", "decile_at_most", {"dtsen": Welfare(5), "decile": 4}),
    ("unknown", "dtsen", "decile_at_most", {"dtsen": Welfare(None), "decile": 4}),
    ("no", "bpjs_tk", "active_employment", {}),
    ("yes", "bpjs_tk", "active_employment", {"bpjs_tk": Work((1_000_000,))}),
    ("no", "bpjs_tk", "active_employment", {"bpjs_tk": Work(lost_job_days_ago=1)}),
    ("no", "bpjs_tk", "wage_above", {"rupiah": 2_989_145}),
    ("no", "bpjs_tk", "wage_above", {"bpjs_tk": Work((2_989_145,)), "rupiah": 2_989_145}),
    ("yes", "bpjs_tk", "wage_above", {"bpjs_tk": Work((2_989_146,)), "rupiah": 2_989_145}),
    ("yes", "bpjs_tk", "wage_above", {"bpjs_tk": Work((900_000, 700_000)), "rupiah": 1_500_000}),
    ("no", "bpjs_tk", "wage_above", {"bpjs_tk": Work(lost_job_days_ago=9), "rupiah": 1_500_000}),
    ("yes", "bpjs_tk", "wage_above", {"bpjs_tk": Work((2_000_000,), None, 2), "rupiah": 1_500_000}),
    ("unknown", "bpjs_tk", "wage_above", {"bpjs_tk": Work((9_000,), None, 3), "rupiah": 1_500_000}),
    ("yes", "bpjs_tk", "lost_job_within", {"bpjs_tk": Work(lost_job_days_ago=90), "days": 90}),
    ("no", "bpjs_tk", "lost_job_within", {"bpjs_tk": Work(lost_job_days_ago=91), "days": 90}),
    ("no", "bpjs_tk", "lost_job_within", {"bpjs_tk": Work((1_000_000,)), "days": 90}),
    ("yes", "bpjs_kes", "premium_paid_by_state", {}),
    ("no", "bpjs_kes", "premium_paid_by_state", {"bpjs_kes": Health("PPU", 1)}),
    ("no", "bpjs_kes", "premium_paid_by_state", {"bpjs_kes": Health(None)}),
    ("yes", "bpjs_kes", "class_one_member", {"bpjs_kes": Health("PBPU", 1)}),
    ("no", "bpjs_kes", "class_one_member", {"bpjs_kes": Health("PBPU", 2)}),
    ("no", "atr_bpn", "land_area_above", {"square_metres": 5_000}),
    ("no", "atr_bpn", "land_area_above", {"atr_bpn": (2_000, 3_000), "square_metres": 5_000}),
    ("yes", "atr_bpn", "land_area_above", {"atr_bpn": (2_000, 3_001), "square_metres": 5_000}),
    ("yes", "atr_bpn", "parcels_above", {"atr_bpn": (1, 1), "count": 1}),
    ("no", "atr_bpn", "parcels_above", {"atr_bpn": (1,), "count": 1}),
    ("no", "polri", "owns_car", {"polri": Vehicles(motorcycles=3)}),
    ("yes", "polri", "owns_car", {"polri": Vehicles(cars=1)}),
    ("yes", "polri", "owns_car", {"polri": Vehicles(trucks=1)}),
    ("yes", "polri", "motorcycles_above", {"polri": Vehicles(motorcycles=2), "count": 1}),
    ("no", "polri", "motorcycles_above", {"polri": Vehicles(cars=2, motorcycles=1), "count": 1}),
    ("yes", "dukcapil", "alive", {}),
    ("no", "dukcapil", "alive", {"alive": False}),
    ("no", "dukcapil", "lives_in", {"alive": False, "area": "35.10.15.2004"}),
    ("no", "pln", "power_above", {"pln": Power(2_200), "va": 2_200}),
    ("yes", "pln", "power_above", {"pln": Power(3_500), "va": 2_200}),
    ("no", "pln", "power_above", {"pln": Power(None), "va": 2_200}),
    ("no", "bpbd", "affected_by_disaster_since", {"date": "2026-01-01"}),
    ("yes", "bpbd", "affected_by_disaster_since", {"disaster_days_ago": 0, "date": "2026-11-24"}),
    ("no", "bpbd", "affected_by_disaster_since", {"disaster_days_ago": 1, "date": "2026-11-24"}),
)  # fmt: skip


@pytest.mark.parametrize(("expected", "agency", "question", "facts"), CASES)
def test_facts_give_the_answer(
    ask: Ask, expected: Answer, agency: str, question: str, facts: dict[str, Any]
) -> None:
    assert ask(agency, question, **facts) == expected


@pytest.mark.parametrize("bank", ["bri", "mandiri", "bni", "btn"])
def test_each_bank_counts_its_own_way_to_the_same_amount(ask: Ask, bank: Any) -> None:
    def above(*accounts: Account, today: date = TODAY) -> Answer:
        return ask("himbara", "balance_above", today, himbara=accounts, rupiah=5_000_000)

    assert above(Account(bank, 5_000_000)) == "no"
    assert above(Account(bank, 5_000_001)) == "yes"
    assert above(Account(bank, 2_500_000), Account(bank, 2_500_001)) == "yes"
    # Two month ends of three: the average over three months is two thirds.
    assert above(Account(bank, 7_500_000, months_open=2)) == "no"
    assert above(Account(bank, 7_500_003, months_open=2)) == "yes"
    assert above(Account(bank, 90_000_000, months_open=0)) == "no"
    assert above(Account(bank, 90_000_000, month_missing=True)) == "unknown"
    # A bank that has stopped delivering month ends cannot be trusted with "no".
    assert above(Account(bank, 1), today=TODAY + timedelta(days=40)) == "unknown"


def test_balances_add_up_over_the_four_banks(ask: Ask) -> None:
    accounts = tuple(Account(bank, 1_250_000) for bank in ("bri", "mandiri", "bni", "btn"))
    assert ask("himbara", "balance_above", himbara=accounts, rupiah=5_000_000) == "no"
    more = (*accounts, Account("bni", 1))
    assert ask("himbara", "balance_above", himbara=more, rupiah=5_000_000) == "yes"


def test_who_banks_nowhere_has_no_account_only_if_the_banks_know_her(ask: Ask) -> None:
    assert ask("himbara", "has_account", himbara=()) == "no"
    assert ask("himbara", "has_account", himbara=None) == "unknown"
    assert ask("himbara", "has_account", himbara=(Account("btn", 0),)) == "yes"


@pytest.mark.parametrize(
    "today", [date(2026, 1, 1), date(2026, 3, 31), date(2028, 2, 29), date(2026, 12, 31)]
)
def test_seeding_works_at_the_edges_of_months_and_years(tmp_path: Path, today: date) -> None:
    applicants = people(6, seed=1)
    seed_registries(tmp_path, applicants, today=today)
    registry = registries(tmp_path)["himbara"]
    answers = [
        registry.answer(each.nik, "balance_above", {"rupiah": 5_000_000}, today=today)
        for each in applicants[:3]
    ]
    assert answers == ["no", "no", "unknown"]


def test_a_folder_with_registries_is_not_written_over(tmp_path: Path) -> None:
    seed_registries(tmp_path, people(1, seed=1), today=TODAY)
    with pytest.raises(BrokerError, match="empty folder"):
        seed_registries(tmp_path, people(1, seed=1), today=TODAY)


def test_counts_months_and_quarters_back() -> None:
    assert month_ends(date(2026, 3, 31), 3) == [
        date(2026, 2, 28),
        date(2026, 1, 31),
        date(2025, 12, 31),
    ]
    assert quarter_starts(date(2026, 2, 3), 2) == [date(2026, 1, 1), date(2025, 10, 1)]
