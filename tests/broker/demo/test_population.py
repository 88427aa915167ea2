"""The invented people."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from broker.demo.population import (
    DECLINABLE,
    EXPECTED,
    KINDS,
    PROGRAMMES,
    VILLAGES,
    background,
    invented_nik,
    people,
)


def test_six_applicants_show_every_kind_and_the_first_is_eligible() -> None:
    kinds = [person.kind for person in people(6, seed=1)]
    assert kinds[0] == "eligible"
    assert set(kinds) == set(KINDS)


def test_the_same_seed_makes_the_same_people_and_another_seed_others() -> None:
    assert people(12, seed=5) == people(12, seed=5)
    assert people(12, seed=5) != people(12, seed=6)
    assert background(20, seed=5) == background(20, seed=5)


def test_a_longer_list_begins_with_the_shorter_one() -> None:
    assert people(20, seed=3)[:7] == people(7, seed=3)


def test_niks_are_of_the_unassigned_district_and_carry_birthday_and_sex() -> None:
    for person in people(60, seed=2):
        day = person.born.day + (40 if person.sex == "f" else 0)
        assert person.nik.startswith("351099" + f"{day:02d}{person.born:%m%y}")
        assert len(person.nik) == 16
        assert person.nik.isdecimal()


def test_a_womans_day_is_raised_by_forty() -> None:
    assert invented_nik(date(1990, 3, 7), "f", 12) == "3510994703900012"
    assert invented_nik(date(1990, 3, 7), "m", 12) == "3510990703900012"


def test_no_two_people_share_a_nik_even_when_serials_come_round() -> None:
    """More than 4,999 people use a serial twice."""
    niks = [person.nik for person in people(11_000, seed=1)]
    niks += [resident.nik for resident in background(6_000, seed=1)]
    assert len(set(niks)) == len(niks)


def test_every_person_is_complete() -> None:
    for person in people(60, seed=4):
        assert len(person.pin) == 6
        assert person.pin.isdecimal()
        assert (person.village_code, person.village) in VILLAGES
        assert person.programme in PROGRAMMES
        assert person.expected == EXPECTED[person.kind]
        assert (person.kind == "declines") == bool(person.declined)
        assert set(person.declined) <= set(DECLINABLE)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_meets_both_programmes(kind: str) -> None:
    found = Counter(person.programme for person in people(48, seed=1) if person.kind == kind)
    assert set(found) == set(PROGRAMMES)


def test_those_who_are_not_eligible_differ_in_what_rules_them_out() -> None:
    three = [person for person in people(18, seed=1) if person.kind == "not_eligible"]
    assert [bool(person.facts.polri and person.facts.polri.cars) for person in three] == [
        True,
        False,
        False,
    ]
    assert [sum(account.rupiah for account in person.facts.himbara or ()) > 5_000_000
            for person in three] == [False, True, False]  # fmt: skip
    assert [bool(person.facts.bpjs_tk and sum(person.facts.bpjs_tk.monthly_wages) > 2_989_145)
            for person in three] == [False, False, True]  # fmt: skip


def test_background_families_share_what_is_a_familys() -> None:
    cards: dict[str, list[object]] = {}
    for resident in background(200, seed=1):
        cards.setdefault(resident.family_card, []).append(
            (resident.facts.dtsen, resident.facts.disaster_days_ago, resident.village_code)
        )
    assert any(len(found) > 1 for found in cards.values())
    assert all(len(set(found)) == 1 for found in cards.values())
