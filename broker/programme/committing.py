"""A programme commits to its formulas: signed, in the log, at least 24 hours before they decide.

Until then every application ends with a person who looks: the broker takes no decision under a
formula that nobody could know (P10).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from audit.canonical import Json
from audit.note import Verifier
from broker.programme.applications import Programme
from broker.programme.committed import check_committed
from broker.programme.statements import formula_statement
from policies.eligibility import Formula, formula_digest
from policies.policy import Policy

NOTICE: Final = timedelta(hours=24)
# What passes between signing here and judging there, and how far two clocks may be apart.
_MARGIN: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class CommittedFormula:
    """A formula that is in the log. digest: hex SHA-256. index: of its entry."""

    programme: str
    area: str
    digest: str
    valid_from: datetime
    index: int


def commit_formulas(
    programmes: Mapping[str, Programme], policy: Policy, *, log: Verifier, at: datetime
) -> list[CommittedFormula]:
    """Commit to the newest formula of every programme and area; return what the log proves.

    log: from the trust file. Raises ProgrammeError; what was committed until then stays so, and
    committing again is safe.
    """
    known_from = at + NOTICE + _MARGIN
    return [
        _commit(programmes[name], formulas[-1], log=log, known_from=known_from)
        for (name, _), formulas in sorted(policy.formulas.items())
        if name in programmes
    ]


def next_hour(moment: datetime) -> datetime:
    """Return the first full hour after `moment`."""
    return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _commit(
    programme: Programme, formula: Formula, *, log: Verifier, known_from: datetime
) -> CommittedFormula:
    # A version that its authors date later begins with its day.
    its_day = datetime.combine(formula.valid_from, time.min, UTC)
    valid_from = its_day if its_day >= known_from else next_hour(known_from)
    statement = formula_statement(formula, programme.identity, valid_from=valid_from)
    told = programme.client.post_formula(statement)
    digest = formula_digest(formula)
    members: dict[str, Json] = {
        "programme": formula.programme,
        "area": formula.area,
        "formula": digest,
    }
    check_committed(
        told.entry, told.proof, told.index, log, kind="formula.committed", members=members
    )
    return CommittedFormula(formula.programme, formula.area, digest, valid_from, told.index)
