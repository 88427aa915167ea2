"""Turn a located YAML formula into a `Formula`, each mistake with its place.

It must not evaluate (see `eligibility`). A formula that could never be asked for is refused
here, not found out in a village.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, cast

from policies.catalogue import Catalogue, QuestionKey, Value, validate_asked
from policies.eligibility import Effect, Formula, Row, Thresholds
from policies.located import Located
from policies.programmes import Area, Programme
from policies.purposes import Ceiling

_PURPOSE: Final = "eligibility"


def read_formula(
    top: Located,
    catalogue: Catalogue,
    programmes: Mapping[str, Programme],
    areas: Mapping[str, Area],
    ceilings: Mapping[tuple[str, str | None], Ceiling],
) -> Formula:
    """Return one formula; raise PolicyError with the place of a mistake."""
    members = top.mapping(
        ("v", "programme", "area", "version", "legal", "valid_from", "thresholds", "rows")
    )
    members["v"].version()
    programme = members["programme"].one_of(programmes)
    area = members["area"].one_of(
        [each.code for each in areas.values() if programme in each.programmes],
        "an area that is open to the programme",
    )
    limits = members["thresholds"].mapping(("eligible", "review"))
    thresholds = Thresholds(limits["eligible"].integer(), limits["review"].integer())
    if thresholds.review > thresholds.eligible:
        limits["review"].refuse("write points not above those of 'eligible'")
    ceiling = ceilings.get((_PURPOSE, programme)) or ceilings.get((_PURPOSE, None))
    rows: list[Row] = []
    values: dict[QuestionKey, Mapping[str, Value]] = {}
    for each in members["rows"].each():
        row = _read_row(each, catalogue)
        key = (row.agency, row.question)
        if ceiling is None or key not in ceiling.questions:
            each.refuse(f"remove it: this question may not be asked for the purpose {_PURPOSE}")
        if values.setdefault(key, row.params) != row.params:
            each.refuse("use one value for a question; a grant names one value only")
        if any(row.key == other.key and row.answer == other.answer for other in rows):
            each.refuse("stands already above with this answer; remove one of the two")
        rows.append(row)
    return Formula(
        programme=programme,
        area=area,
        version=members["version"].integer(least=1),
        legal=members["legal"].text(),
        valid_from=members["valid_from"].day(),
        thresholds=thresholds,
        rows=tuple(rows),
    )


def sort_formulas(
    located: Sequence[tuple[Located, Formula]],
) -> dict[tuple[str, str], tuple[Formula, ...]]:
    """Return the formulas by (programme, area), oldest first; refuse two in force at once."""
    sorted_: dict[tuple[str, str], tuple[Formula, ...]] = {}
    for top, formula in sorted(located, key=lambda each: each[1].version):
        earlier = sorted_.get((formula.programme, formula.area), ())
        if earlier and earlier[-1].version == formula.version:
            top.refuse("give it a version that no other formula of programme and area has")
        if earlier and earlier[-1].valid_from >= formula.valid_from:
            top.refuse("give it a valid_from after that of the version before")
        sorted_[formula.programme, formula.area] = (*earlier, formula)
    return sorted_


def _read_row(each: Located, catalogue: Catalogue) -> Row:
    members = each.mapping(
        ("agency", "question", "answer", "reason"), ("params", "points", "effect")
    )
    agency = members["agency"].one_of(catalogue.agencies)
    question = members["question"].identifier()
    params: dict[str, Value] = {}
    if "params" in members:
        params = {name: value.value() for name, value in members["params"].named()}
    for fault in validate_asked(catalogue, agency, question, params):
        name = fault.member.removeprefix("params.")
        place = members.get(name, each)
        if "params" in members:
            place = dict(members["params"].named()).get(name, place)
        place.refuse(f"{fault.member} {fault.reason}")
    if ("points" in members) == ("effect" in members):
        each.refuse("write either 'points' or 'effect', one of the two")
    effect = members["effect"].one_of(("exclude", "require")) if "effect" in members else None
    return Row(
        agency=agency,
        question=question,
        answer=cast("Literal['yes', 'no']", members["answer"].one_of(("yes", "no"))),
        reason=members["reason"].words(),
        points=members["points"].integer() if "points" in members else None,
        effect=cast("Effect | None", effect),
        params=params,
        asked=catalogue.question(agency, question).words(params),
    )
