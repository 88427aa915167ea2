"""P4: nobody narrows an amount by asking again with other thresholds.

The broker of these tests is dishonest: it logs every question truly, and asks it. A naive gateway
counts per grant, per programme or per purpose, or leaves the counting to the broker.
"""

from __future__ import annotations

from datetime import date

import pytest

from tests.attacks.p4_only_asked.raw import seal_raw
from tests.broker.gateway.parties import Person, above
from tests.broker.gateway.world import World, reason

THIRD = 10_000_000
LATER = date(2028, 12, 31)


@pytest.fixture
def two_values_asked(gateway_world: World) -> Person:
    """Return a person about whose balance two thresholds are known."""
    person = Person()
    for rupiah in (1_000_000, 5_000_000):
        grant = gateway_world.give(person, [above(rupiah)])
        assert "message" in gateway_world.ask(grant, [above(rupiah)])
    return person


def test_a_new_grant_does_not_start_the_count_anew(
    gateway_world: World, two_values_asked: Person
) -> None:
    """Would succeed against a gateway that counts the values of a grant."""
    grant = gateway_world.give(two_values_asked, [above(THIRD)])
    assert "too_many_values" == reason(gateway_world.ask(grant, [above(THIRD)]))


def test_another_programme_cannot_ask_what_the_first_may_not(
    gateway_world: World, two_values_asked: Person
) -> None:
    """Would succeed against a gateway that counts by programme: two of them could add up."""
    grant = gateway_world.give(two_values_asked, [above(THIRD)], programme="bpnt")
    assert "too_many_values" == reason(gateway_world.ask(grant, [above(THIRD)]))


@pytest.mark.parametrize("purpose", ["recertification", "objection"])
def test_another_purpose_is_no_way_round(
    gateway_world: World, two_values_asked: Person, purpose: str
) -> None:
    """Would succeed against a gateway that counts by purpose."""
    grant = gateway_world.give(two_values_asked, [above(THIRD)], purpose=purpose)
    assert "too_many_values" == reason(gateway_world.ask(grant, [above(THIRD)]))


def test_waiting_half_a_year_is_no_way_round(
    gateway_world: World, two_values_asked: Person
) -> None:
    """Would succeed against a gateway that forgets with the grant's own period."""
    gateway_world.clock.advance(days=360)
    grant = gateway_world.give(two_values_asked, [above(THIRD)], valid_until=LATER)
    assert "too_many_values" == reason(gateway_world.ask(grant, [above(THIRD)]))


def test_a_restart_forgets_no_value(gateway_world: World, two_values_asked: Person) -> None:
    """Would succeed against a gateway that counts in memory."""
    gateway_world.gateway.close()
    gateway_world.open()
    grant = gateway_world.give(two_values_asked, [above(THIRD)])
    assert "too_many_values" == reason(gateway_world.ask(grant, [above(THIRD)]))


def test_two_thresholds_in_one_message_are_refused(gateway_world: World) -> None:
    """Would succeed against a gateway that counts accesses, not values."""
    grant = gateway_world.give(Person(), [above(1_000_000)])
    one = gateway_world.access(grant, [above(1_000_000)])
    twice = [
        {"question": "balance_above", "params": {"rupiah": rupiah}}
        for rupiah in (1_000_000, 5_000_000)
    ]
    message = seal_raw(gateway_world, one, {"questions": twice})
    assert "unreadable" == reason(gateway_world.post(message)[0])


def test_a_threshold_between_those_of_the_catalogue_is_refused(gateway_world: World) -> None:
    """Would succeed against a gateway that takes any number: twenty questions find an amount."""
    person, odd = Person(), above(1_234_567)
    grant = gateway_world.give(person, [above(1_000_000)])
    assert "question_not_granted" == reason(gateway_world.ask(grant, [odd]))
    # Not even where the broker's own consent server signs such a grant.
    forged = gateway_world.give(person, [odd])
    assert "question_not_granted" == reason(gateway_world.ask(forged, [odd]))


def test_the_two_known_values_may_still_be_asked(
    gateway_world: World, two_values_asked: Person
) -> None:
    """What the rule costs the honest: nothing. Without this, refusing all would pass as well."""
    grant = gateway_world.give(two_values_asked, [above(1_000_000)])
    assert "message" in gateway_world.ask(grant, [above(1_000_000)])
