"""Turn located YAML rows into the policy's values, each mistake with its place.

It must not open files (see `load`) nor decide anything; formulas have their own file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, cast

from policies.catalogue import EVIDENCE, Agency, Catalogue, Question, QuestionKey, Value
from policies.frequency import PERIODS, Frequency, Per
from policies.located import Located
from policies.programmes import Area, Programme
from policies.purposes import Ceiling, Purpose
from policies.words import Words

_HOLE: Final = re.compile(r"\{([^{}]*)\}")
_AREA: Final = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}")


def read_agencies(top: Located) -> dict[str, Agency]:
    """Return the agencies of agencies.yaml by id."""
    agencies: dict[str, Agency] = {}
    for row in _rows(top, "agencies"):
        members = row.mapping(("id", "name"))
        found = members["id"].identifier()
        _once(members["id"], found in agencies)
        agencies[found] = Agency(found, members["name"].words())
    return agencies


def read_programmes(top: Located) -> dict[str, Programme]:
    """Return the programmes of programmes.yaml by id."""
    programmes: dict[str, Programme] = {}
    for row in _rows(top, "programmes"):
        members = row.mapping(("id", "name"))
        found = members["id"].identifier()
        _once(members["id"], found in programmes)
        programmes[found] = Programme(found, members["name"].words())
    return programmes


def read_areas(top: Located, programmes: Mapping[str, Programme]) -> dict[str, Area]:
    """Return the areas of areas.yaml by code."""
    areas: dict[str, Area] = {}
    for row in _rows(top, "areas"):
        members = row.mapping(("code", "name", "programmes"))
        code = members["code"].text()
        if not _AREA.fullmatch(code):
            members["code"].refuse('write a village\'s code in quotes, like "35.10.15.2004"')
        _once(members["code"], code in areas)
        opened = frozenset(each.one_of(programmes) for each in members["programmes"].each())
        areas[code] = Area(code, members["name"].text(), opened)
    return areas


def read_questions(
    top: Located, agencies: Mapping[str, Agency], areas: Mapping[str, Area]
) -> dict[QuestionKey, Question]:
    """Return the questions of questions.yaml by (agency, question)."""
    questions: dict[QuestionKey, Question] = {}
    for row in _rows(top, "questions"):
        members = row.mapping(
            ("agency", "question", "text", "not_shared", "least_evidence"), ("params",)
        )
        key = (members["agency"].one_of(agencies), members["question"].identifier())
        _once(members["question"], key in questions)
        params: dict[str, tuple[Value, ...]] = {}
        labels: dict[tuple[str, Value], Words] = {}
        if "params" in members:
            for name, listed in members["params"].named():
                params[name] = _read_values(name, listed, labels, areas)
        text = members["text"].words()
        _check_holes(members["text"], text, params)
        questions[key] = Question(
            agency=key[0],
            id=key[1],
            text=text,
            not_shared=members["not_shared"].words(),
            least_evidence=members["least_evidence"].one_of(EVIDENCE),
            params=params,
            labels=labels,
        )
    return questions


def read_purposes(
    top: Located, catalogue: Catalogue, programmes: Mapping[str, Programme]
) -> tuple[dict[str, Purpose], dict[tuple[str, str | None], Ceiling]]:
    """Return the purposes of purposes.yaml by id, and their ceilings by (purpose, programme)."""
    both = top.mapping(("v", "purposes", "ceilings"))
    both["v"].version()
    purposes: dict[str, Purpose] = {}
    for row in both["purposes"].each():
        members = row.mapping(("id", "text"))
        found = members["id"].identifier()
        _once(members["id"], found in purposes)
        purposes[found] = Purpose(found, members["text"].words())
    ceilings: dict[tuple[str, str | None], Ceiling] = {}
    for row in both["ceilings"].each():
        ceiling = _read_ceiling(row, purposes, catalogue, programmes)
        _once(row, (ceiling.purpose, ceiling.programme) in ceilings)
        ceilings[ceiling.purpose, ceiling.programme] = ceiling
    return purposes, ceilings


def _read_ceiling(
    row: Located,
    purposes: Mapping[str, Purpose],
    catalogue: Catalogue,
    programmes: Mapping[str, Programme],
) -> Ceiling:
    members = row.mapping(
        ("purpose", "period_days", "frequency", "retention_days", "questions"), ("programme",)
    )
    allowed: set[QuestionKey] = set()
    for agency, listed in members["questions"].named():
        known = {question.id for question in catalogue.of_agency(agency)}
        if not known:
            listed.refuse(f"is no agency with questions; use one of: {_list(catalogue.agencies)}")
        for each in listed.each():
            key = (agency, each.one_of(known))
            _once(each, key in allowed)
            allowed.add(key)
    rate = members["frequency"].mapping(("per", "max"))
    per = cast("Per", rate["per"].one_of(PERIODS))
    return Ceiling(
        purpose=members["purpose"].one_of(purposes),
        programme=members["programme"].one_of(programmes) if "programme" in members else None,
        questions=frozenset(allowed),
        period_days=members["period_days"].integer(least=1),
        frequency=Frequency(per, rate["max"].integer(least=1)),
        retention_days=members["retention_days"].integer(least=1),
    )


def _read_values(
    name: str,
    listed: Located,
    labels: dict[tuple[str, Value], Words],
    areas: Mapping[str, Area],
) -> tuple[Value, ...]:
    values: list[Value] = []
    for each in listed.each():
        place, label = each, None
        if isinstance(each.content, Mapping):
            members = each.mapping(("value", "id", "en"))
            place, label = members["value"], Words(members["id"].text(), members["en"].text())
        value = place.value()
        _once(place, value in values)
        if name == "area" and value not in areas:
            place.refuse(f"write the code of an area of areas.yaml: {_list(areas)}")
        if values and type(value) is not type(values[0]):
            place.refuse("write all values of one parameter alike: integers or quoted texts")
        values.append(value)
        if label is not None:
            labels[name, value] = label
    return tuple(values)


def _check_holes(place: Located, text: Words, params: Mapping[str, object]) -> None:
    """Refuse a text that hides a parameter from the person, or names one that is not there."""
    for sentence in (text.id, text.en):
        if set(_HOLE.findall(sentence)) != set(params):
            holes = _list("{" + name + "}" for name in params) or "no {placeholder}"
            place.refuse(f"both languages must name exactly the parameters: use {holes}")


def _rows(top: Located, name: str) -> list[Located]:
    members = top.mapping(("v", name))
    members["v"].version()
    return list(members[name].each())


def _once(place: Located, repeated: bool) -> None:
    if repeated:
        place.refuse("stands already above; remove one of the two")


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
