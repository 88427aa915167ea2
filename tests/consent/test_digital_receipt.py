"""The digital receipt: it says all that 27560 asks for, names nobody, and bends nowhere."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from audit.note import format_vkey, parse_vkey
from consent.errors import DigitalReceiptError
from consent.receipt_check import check_digital_receipt
from consent.schema_check import SchemaError, check_schema
from tests.consent.digital import (
    ISSUER,
    OTHER_KEY,
    SCHEMA,
    changed,
    check,
    consent,
    issued,
    members,
    signed,
    step,
)
from tests.consent.world import NAME, NIK, PIN, VILLAGE, World

RECORD = "dpv:hasRecordOfActivity"


@pytest.fixture
def text(world: World, person_id: str) -> str:
    """Return the receipt of somebody's second grant: two things allowed, one declined."""
    consent(world, person_id, [0])
    return issued(world, consent(world, person_id))


def every_member(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every leaf of a document."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in pairs:
            yield from every_member(each, (*path, name))
    else:
        yield path


def other(value: object) -> object:
    """Return a value of the same kind that is another one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    text = str(value)
    swap = {"a": "b", "0": "1", "1": "2"}
    last = next((i for i in range(len(text) - 1, -1, -1) if text[i].isalnum()), 0)
    return (
        text[:last] + swap.get(text[last], "a" if text[last].isalpha() else "0") + text[last + 1 :]
    )


def test_it_holds(world: World, text: str) -> None:
    checked = check(world, text)
    assert ("live", "2027-02-28") == (checked.state, checked.valid_until.isoformat())
    assert checked.index == 1
    assert checked.created == "2026-11-24T12:00:30Z"


def test_it_holds_without_a_trusted_key_because_the_log_committed_to_what_it_signed(
    world: World, text: str
) -> None:
    assert "ok" == step(world, text, keys=())


def test_it_names_nobody(world: World, person_id: str, text: str) -> None:
    said = json.dumps(members(text))
    person = world.persons.open(person_id)
    record = world.grants.of_person(person_id)[0]
    secrets = (NIK, PIN, NAME, VILLAGE, person_id, record.grant_id, person.trace_key.hex())
    assert [] == [each for each in secrets if each in said]
    assert not re.search(r"(?<![0-9a-f])[0-9]{16}(?![0-9a-f])", said)


def test_two_receipts_of_one_person_have_nothing_of_hers_in_common(
    world: World, person_id: str
) -> None:
    """Part digests, references, commitments: but the programme's own pseudonym, in the parts."""
    one, two = (members(issued(world, consent(world, person_id))) for _ in range(2))
    for name in ("dct:identifier", "schema:recipient", "izin:w"):
        assert one[name] != two[name]
    assert one[RECORD]["dpv:hasDataSubject"] != two[RECORD]["dpv:hasDataSubject"]


def test_each_of_the_25_fields_of_a_record_and_4_of_a_receipt_stands_there(text: str) -> None:
    receipt = members(text)
    record = receipt[RECORD]
    process, entity = record["dpv:hasProcess"][0], record["dpv:hasEntity"][0]
    event = record["dpv:hasConsentStatus"][0]
    fields = {
        "schema version": record["dct:conformsTo"],
        "record identifier": record["dct:identifier"],
        "data subject": record["dpv:hasDataSubject"]["@id"],
        "notice": record["dpv:hasNotice"]["@id"],
        "notice language": record["dpv:hasNotice"]["dct:language"],
        "process": process["@type"],
        "purpose": process["dpv:hasPurpose"]["dct:identifier"],
        "personal data": process["dpv:hasPersonalData"][0]["dct:identifier"],
        "personal data type": process["dpv:hasPersonalData"][0]["skos:broader"],
        "storage condition": process["dpv:hasStorageCondition"],
        "data controller": process["dpv:hasDataController"],
        "recipients": process["dpv:hasRecipient"],
        "consent change and withdrawal": process["dpv:hasConsentControl"]["dpv:isExercisedAt"],
        "jurisdiction": process["dpv:hasJurisdiction"],
        "rights": process["dpv:hasRight"]["dpv:isExercisedAt"],
        "entity name": entity["dpv:hasName"],
        "entity identifier": entity["dpv:hasIdentifier"],
        "entity role": entity["@type"],
        "entity contact": entity["schema:contactPoint"],
        "entity postal address": entity["schema:address"],
        "consent type": event["@type"][1],
        "consent state": event["@type"][0],
        "event time": event["dpv:isIndicatedAtTime"],
        "event duration": event["dpv:hasDuration"]["rdf:value"],
        "expression by entity": event["dpv:isIndicatedBy"],
    }
    header = [receipt[n] for n in ("dct:conformsTo", "dct:identifier", RECORD, "dct:created")]
    assert (25, 4) == (len(fields), len(header))
    assert all(fields.values()) and all(header)  # noqa: PT018
    assert {each["@type"] for each in record["dpv:hasEntity"]} == {
        "dpv:DataController",
        "dpv:ThirdParty",
    }


def test_the_dpv_terms_are_those_of_the_guide(text: str, vectors: Path) -> None:
    """Written elsewhere by others: the names of the terms, not their sentences."""
    folder = vectors / "consent" / "dpv"
    known = (folder / "guide-consent-27560-20260215.txt").read_text("utf-8")
    schemes = (folder / "dpv-27560.ttl").read_text("utf-8")
    used = set(re.findall(r'"((?:dpv|dct|schema):[A-Za-z]+)"', json.dumps(members(text))))
    # Terms of DPV 2 and Dublin Core that the guide, which names some only, has no example of.
    more = {"dpv:PublicBenefit", "dpv:Frequency", "schema:addressCountry"}
    assert [] == sorted(each for each in used - more if each not in known)
    for profile in ("record", "receipt"):
        assert f"dpv-27560:{profile} a " in schemes


def test_it_fits_the_schema_in_the_eyes_of_a_library_too(text: str) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(members(text))
    check_schema(members(text), SCHEMA)


def test_our_own_check_of_the_schema_refuses_what_the_library_refuses(text: str) -> None:
    """A member more, a member less, another type: at every place of the document."""
    document = members(text)
    library = Draft202012Validator(SCHEMA)
    tried = 0
    for path in every_member(document):
        for twin in _twins(document, path):
            tried += 1
            try:
                check_schema(twin, SCHEMA)
                ours = True
            except SchemaError:
                ours = False
            assert library.is_valid(twin) == ours, path
    assert tried > 500


def test_a_document_that_is_bent_anywhere_never_breaks_the_check(world: World, text: str) -> None:
    """Signed by the true key, so that nothing but the later steps stands in the way."""
    document = members(text)
    seen = {
        step(world, signed(twin, world.consent_key))
        for path in every_member(document)
        for twin in _twins(document, path)
    }
    assert {"schema", "parts", "fields"} == seen - {"ok"}


def _twins(document: Any, path: tuple[Any, ...]) -> Iterator[Any]:
    for change in ("drop", "add", "number", "text", "list"):
        twin = copy.deepcopy(document)
        place = twin
        for name in path[:-1]:
            place = place[name]
        if change == "drop":
            del place[path[-1]]
        elif change == "add":
            if isinstance(place, list):
                place.append("more")
            else:
                place["more"] = "more"
        else:
            place[path[-1]] = {"number": 7, "text": "", "list": []}[change]
        yield twin


def test_no_member_is_without_consequence_to_whoever_lacks_the_key(world: World, text: str) -> None:
    document = members(text)
    for path in every_member(document):
        twin = copy.deepcopy(document)
        place = twin
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = other(place[path[-1]])
        header, _, signature = text.split(".")
        payload = signed(twin, OTHER_KEY).split(".")[1]
        assert step(world, f"{header}.{payload}.{signature}") in ("schema", "signature"), path


# What only the signature vouches for. `izin:w` cannot be tied to the entry without the secret gid.
FREE = {"dpv:hasIndicationMethod", "skos:broader", "izin:w", "izin:declined"}


def test_a_server_that_lies_is_caught_wherever_the_log_knows_better(
    world: World, text: str
) -> None:
    """Each member changed and signed again by the true key: the log committed to something else."""
    document = members(text)
    unnoticed = []
    for path in every_member(document):
        twin = copy.deepcopy(document)
        place = twin
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = other(place[path[-1]])
        if step(world, signed(twin, world.consent_key)) == "ok":
            unnoticed.append(path)
    assert unnoticed == [path for path in unnoticed if FREE & set(path)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: d["izin:parts"].pop(), "parts"),
        (lambda d: d["izin:parts"].reverse(), "fields"),
        (lambda d: d[RECORD]["dpv:hasProcess"].pop(), "fields"),
        (lambda d: d[RECORD]["dpv:hasProcess"].append(d[RECORD]["dpv:hasProcess"][0]), "fields"),
        (lambda d: d[RECORD]["dpv:hasProcess"].reverse(), "fields"),
        (lambda d: d[RECORD]["dpv:hasEntity"].pop(), "fields"),
        (lambda d: d["izin:declined"].pop(), "notice"),
        (lambda d: d["izin:notice"]["items"].pop(), "notice"),
        (lambda d: d["izin:notice"]["purpose"].update(en="Anything."), "notice"),
        (lambda d: d.update({"izin:more": "x"}), "schema"),
        (lambda d: d.update({"izin:ended": d["izin:given"]}), "ended"),
    ],
)
def test_what_is_left_out_put_in_or_put_elsewhere_is_noticed(
    world: World, text: str, change: Any, expected: str
) -> None:
    assert expected == step(world, changed(text, change, world.consent_key))


def test_another_key_is_no_key_of_the_receipt(world: World, text: str) -> None:
    document = members(text)
    assert "signature" == step(world, signed(document, OTHER_KEY))
    document["izin:key"] = OTHER_KEY.public.jwk()
    assert "signature" == step(world, signed(document, OTHER_KEY))
    # Nobody names a trusted key: then the parts in the log show that this one made none of them.
    assert "parts" == step(world, signed(document, OTHER_KEY), keys=())


def test_another_log_s_key_does_not_hold(world: World, text: str) -> None:
    other_log = parse_vkey(format_vkey(world.log.origin, OTHER_KEY.public.raw))
    with pytest.raises(DigitalReceiptError) as caught:
        check_digital_receipt(text, other_log, schema=SCHEMA)
    assert "log" == caught.value.step


def test_the_proof_of_another_grant_s_entry_does_not_hold(world: World, text: str) -> None:
    logged = world.log.prove(0)

    def swap(document: Any) -> None:
        document["izin:given"]["izin:entry"] = logged.entry.decode()
        document["izin:given"]["izin:proof"] = logged.proof

    assert "grant" == step(world, changed(text, swap, world.consent_key))

    def proof_only(document: Any) -> None:
        document["izin:given"]["izin:proof"] = logged.proof

    assert "log" == step(world, changed(text, proof_only, world.consent_key))


def test_the_digest_of_other_words_does_not_hold(world: World, text: str) -> None:
    def change(document: Any) -> None:
        document[RECORD]["dpv:hasNotice"]["dct:identifier"] = "0" * 64
        document[RECORD]["dpv:hasNotice"]["@id"] = f"{ISSUER}/notices/{'0' * 64}"

    assert "notice" == step(world, changed(text, change, world.consent_key))


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "izin-receipt:2:x:1", "{}"])
def test_what_is_no_receipt_is_said_to_be_none(world: World, text: str) -> None:
    assert "text" == step(world, text)


def test_a_signed_text_of_another_type_is_no_receipt(
    world: World, person_id: str, text: str
) -> None:
    assert "text" == step(world, members(text)["izin:parts"][0])


@settings(max_examples=50)
@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{0,30}\.[A-Za-z0-9_-]{0,40}\.[a-z]*"))
def test_the_check_raises_only_our_error(text: str) -> None:
    verifier = parse_vkey(format_vkey("izin.example/log", OTHER_KEY.public.raw))
    with pytest.raises(DigitalReceiptError):
        check_digital_receipt(text, verifier, schema=SCHEMA)
