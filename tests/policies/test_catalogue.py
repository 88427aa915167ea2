"""The catalogue of the pilot, and its words."""

from __future__ import annotations

import pytest

from policies.catalogue import evidence_suffices, validate_asked
from policies.errors import PolicyError
from policies.policy import Policy


def test_the_nine_agencies_have_their_questions(policy: Policy) -> None:
    asked = {
        agency: {q.id for q in policy.catalogue.of_agency(agency)}
        for agency in policy.catalogue.agencies
    }

    assert {
        "dtsen": {"registered", "decile_at_most"},
        "bpjs_tk": {"active_employment", "wage_above", "lost_job_within"},
        "bpjs_kes": {"premium_paid_by_state", "class_one_member"},
        "atr_bpn": {"land_area_above", "parcels_above"},
        "polri": {"owns_car", "motorcycles_above"},
        "himbara": {"has_account", "balance_above"},
        "dukcapil": {"alive", "lives_in"},
        "pln": {"power_above"},
        "bpbd": {"affected_by_disaster_since"},
    } == asked


def test_every_listed_value_may_be_asked_and_is_spoken(policy: Policy) -> None:
    for question in policy.catalogue.questions.values():
        for name, values in question.params.items():
            for value in values:
                params = {name: value}
                assert not validate_asked(policy.catalogue, question.agency, question.id, params)
                words = question.words(params)
                assert "{" not in words.id + words.en


def test_amounts_are_written_the_readers_way(policy: Policy) -> None:
    words = policy.catalogue.question("himbara", "balance_above").words({"rupiah": 5_000_000})

    assert "Rp 5.000.000?" in words.id
    assert "Rp 5,000,000?" in words.en


def test_an_unknown_question_is_an_error_where_it_must_exist(policy: Policy) -> None:
    with pytest.raises(PolicyError):
        policy.catalogue.question("polri", "owns_boat")
    with pytest.raises(PolicyError):
        policy.catalogue.agency("tax_office")


@pytest.mark.parametrize(
    ("expected", "kind", "least"),
    [
        (True, "broker-attested", "broker-attested"),
        (True, "passkey", "agent-passkey"),
        (False, "broker-attested", "agent-passkey"),
        (False, "id-token", "passkey"),
        (False, "my-word", "broker-attested"),
        (False, "passkey", "my-word"),
    ],
)
def test_evidence_is_ordered_and_unknown_kinds_never_suffice(
    expected: bool, kind: str, least: str
) -> None:
    assert expected is evidence_suffices(kind, least)
